import { assertEquals, assertMatch, assertStringIncludes } from "@std/assert";
import { VirtualClock } from "../base/virtual_clock.ts";
import { createLog, type LogLevel, type LogRecord, renderJson, renderText } from "./log.ts";

const UNIX_MS = Date.UTC(2026, 0, 2, 12, 0, 1, 5);

function record(fields: LogRecord["fields"] = {}, changes: Partial<LogRecord> = {}): LogRecord {
  return { unixMs: UNIX_MS, level: "info", source: "index", event: "server registered", fields, ...changes };
}

/** Texts with which a peer could try to forge a line or to drive a terminal. */
const FORGERIES = [
  "x\n12:00:02 index: server died id=CS1",
  "x\r12:00:02 index: all is well",
  'x" level="error',
  "x\x1b[2J\x1b[31mred",
  "x\x9b31mred",
  "x\x00\x07\x7f",
  "x\u2028line\u2029paragraph\u0085next",
  "x\u202egnp.exe",
  "x\u{e0041}tag",
  "x id=CS2",
  "\ud800",
];

Deno.test("createLog() passes records of its level and above, with time and source", () => {
  for (const [level, count] of [["debug", 4], ["info", 3], ["warn", 2], ["error", 1]] as [LogLevel, number][]) {
    const records: LogRecord[] = [];
    const log = createLog({ clock: new VirtualClock({ unixMs: UNIX_MS }), sink: (one) => records.push(one), level });
    log.debug("a");
    log.info("b");
    log.warn("c", { id: "CS1" });
    log.from("monitor").error("d");
    assertEquals(records.length, count);
    assertEquals(records.at(-1), { unixMs: UNIX_MS, level: "error", source: "monitor", event: "d", fields: {} });
    assertEquals(records.every(({ source }) => source === "microcdn" || source === "monitor"), true);
  }
});

Deno.test("renderText() writes time, source, event and fields", () => {
  assertEquals(
    renderText(record({ id: "CS1", files: 4, alive: true, reason: undefined, load: null })),
    "12:00:01 index: server registered id=CS1 files=4 alive=true load=null",
  );
  assertEquals(renderText(record({}, { level: "warn" })), "12:00:01 index: warn: server registered");
  assertEquals(renderText(record({ name: "", path: "a b" })), '12:00:01 index: server registered name="" path="a b"');
});

Deno.test("renderText() colours what is not plain info", () => {
  assertEquals(
    renderText(record({}, { level: "error" }), { colour: true }),
    "\x1b[31m12:00:01 index: error: server registered\x1b[0m",
  );
  assertEquals(renderText(record(), { colour: true }), renderText(record()));
});

Deno.test("renderText() keeps whatever a peer says in one line, in its field, and away from the terminal", () => {
  for (const text of FORGERIES) {
    for (
      const forged of [
        record({ id: text }),
        record({ [text]: 1 }),
        record({}, { source: text }),
        record({}, { event: text }),
      ]
    ) {
      const line = renderText(forged);
      assertMatch(line, /^[^\p{Cc}\p{Zl}\p{Zp}\p{Cf}]*$/u, JSON.stringify(text));
    }
    const line = renderText(record({ id: text, last: 1 }));
    const [, value] = line.match(/^12:00:01 index: server registered id=(.*) last=1$/) ?? [];
    if (/[\s"\p{Cc}\p{Cf}]/u.test(text)) assertEquals(JSON.parse(value!), text);
  }
});

Deno.test("renderJson() writes one line of JSON that says what was said, and nothing that drives a terminal", () => {
  for (const text of FORGERIES) {
    const line = renderJson(record({ id: text }, { event: text, source: text }));
    assertMatch(line, /^[^\p{Cc}\p{Zl}\p{Zp}\p{Cf}]*$/u);
    assertEquals(JSON.parse(line), {
      time: "2026-01-02T12:00:01.005Z",
      level: "info",
      source: text,
      event: text,
      id: text,
    });
  }
});

Deno.test("renderJson() begins with time, level, source and event, whatever fields there are", () => {
  const line = renderJson(record({ id: "CS1", event: "forged", time: 0, gone: undefined }));
  assertEquals(
    line,
    '{"time":"2026-01-02T12:00:01.005Z","level":"info","source":"index","event":"server registered","id":"CS1"}',
  );
  assertStringIncludes(renderJson(record({ ratio: NaN })), '"ratio":null');
});
