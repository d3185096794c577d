import { assertEquals, assertThrows } from "@std/assert";
import { MAX_SERIES, Metrics } from "./metrics.ts";

Deno.test("Metrics.counter() returns the same counter for the same name and labels", () => {
  const metrics = new Metrics();
  const hits = metrics.counter("hits_total", "Hits.", { server: "CS1" });
  hits.add();
  metrics.counter("hits_total", "Hits.", { server: "CS1" }).add(2);
  metrics.counter("hits_total", "Hits.", { server: "CS2" }).add(5);
  assertEquals(hits.value, 3);
  assertEquals(metrics.values(), { 'hits_total{server="CS1"}': 3, 'hits_total{server="CS2"}': 5 });
});

Deno.test("Metrics.gauge() shows what is so at the moment of asking, and the last one wins", () => {
  const metrics = new Metrics();
  let load = 1;
  metrics.gauge("load", "Load.", () => 99);
  metrics.gauge("load", "Load.", () => load);
  assertEquals(metrics.values(), { load: 1 });
  load = 2;
  assertEquals(metrics.values(), { load: 2 });
});

Deno.test("Metrics.include() adds what others count to what is counted here", () => {
  const metrics = new Metrics();
  metrics.counter("hits_total", "Hits.", { server: "CS1" }).add(2);
  metrics.gauge("load", "Load.", () => 1);
  metrics.gauge("files", "Files.", () => 7);
  let load = 10;
  metrics.include(() => ({
    'hits_total{server="CS1"}': 5,
    'hits_total{server="CS2"}': 3,
    load,
    hits: 99,
    hits_total_more: 99,
  }));
  const sums = { 'hits_total{server="CS1"}': 7, 'hits_total{server="CS2"}': 3, load: 11, files: 7 };
  assertEquals(metrics.values(), sums);
  load = 20;
  assertEquals(metrics.values(), { ...sums, load: 21 });
  assertEquals(metrics.render().split("\n").filter((line) => !line.startsWith("#")), [
    'hits_total{server="CS1"} 7',
    'hits_total{server="CS2"} 3',
    "load 21",
    "files 7",
    "",
  ]);
});

Deno.test("Metrics.samples() tells counters from gauges", () => {
  const metrics = new Metrics();
  metrics.counter("hits_total", "Hits.", { server: "CS1" }).add(2);
  metrics.gauge("load", "Load.", () => 1);
  assertEquals(metrics.samples(), [
    { series: 'hits_total{server="CS1"}', kind: "counter", value: 2 },
    { series: "load", kind: "gauge", value: 1 },
  ]);
});

Deno.test("Metrics refuses one name for a counter and a gauge", () => {
  const metrics = new Metrics();
  metrics.counter("hits_total", "Hits.");
  assertThrows(() => metrics.gauge("hits_total", "Hits.", () => 1), TypeError);
});

Deno.test("Metrics.render() writes Prometheus text, with what could break it escaped", () => {
  const metrics = new Metrics();
  metrics.counter("sent_bytes_total", "Bytes \\ sent\nso far.", { name: 'a"b\\c\nd', to: "x" }).add(12);
  metrics.gauge("ratio", "Ratio.", () => 0.5);
  metrics.gauge("most", "Most.", () => Infinity);
  metrics.gauge("least", "Least.", () => -Infinity);
  metrics.gauge("none", "None.", () => NaN);
  assertEquals(
    metrics.render(),
    [
      "# HELP sent_bytes_total Bytes \\\\ sent\\nso far.",
      "# TYPE sent_bytes_total counter",
      'sent_bytes_total{name="a\\"b\\\\c\\nd",to="x"} 12',
      "# HELP ratio Ratio.",
      "# TYPE ratio gauge",
      "ratio 0.5",
      "# HELP most Most.",
      "# TYPE most gauge",
      "most +Inf",
      "# HELP least Least.",
      "# TYPE least gauge",
      "least -Inf",
      "# HELP none None.",
      "# TYPE none gauge",
      "none NaN",
      "",
    ].join("\n"),
  );
  assertEquals(new Metrics().render(), "");
});

Deno.test("Metrics holds a limited number of series; one more is counted and not shown", () => {
  const metrics = new Metrics();
  for (let at = 0; at < MAX_SERIES; at++) metrics.counter("hits_total", "Hits.", { at: String(at) });
  const late = metrics.counter("hits_total", "Hits.", { at: "late" });
  late.add(3);
  assertEquals(late.value, 3);
  assertEquals(Object.keys(metrics.values()).length, MAX_SERIES);
  metrics.counter("hits_total", "Hits.", { at: "0" }).add();
  assertEquals(metrics.values()['hits_total{at="0"}'], 1);
});
