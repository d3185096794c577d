import { assertEquals } from "@std/assert";
import { isHeartbeat, parseRecord, renderRecord } from "./log_line.ts";
import { ansiPaint, plainPaint } from "./paint.ts";

const TIME = "2026-01-01T12:00:01.234Z";

Deno.test("parseRecord() reads a role's log line", () => {
  const line = `{"id":"CS1","files":4,"time":"${TIME}","level":"info","source":"index","event":"server registered"}`;
  assertEquals(parseRecord(line), {
    time: "12:00:01",
    level: "info",
    event: "server registered",
    fields: { id: "CS1", files: 4 },
  });
});

Deno.test("parseRecord() takes nothing else for one", () => {
  const lines = ["", "error: Uncaught (in promise)", "{", "null", "[]", "42", "{}", '{"event":"ready"}'];
  lines.push(`{"time":1,"level":"info","event":"ready"}`, `{"time":"${TIME}","level":"info","event":["ready"]}`);
  for (const line of lines) assertEquals(parseRecord(line), undefined, line);
});

Deno.test("renderRecord() writes one line that no peer's text can break, forge or colour", () => {
  const cases: ReadonlyArray<readonly [Record<string, unknown>, string]> = [
    [{}, ""],
    [{ id: "CS1", files: 4, alive: true, reason: null }, " id=CS1 files=4 alive=true reason=null"],
    [{ reason: "no route" }, ' reason="no route"'],
    [{ reason: "" }, ' reason=""'],
    [{ reason: 'a"b' }, ' reason="a\\"b"'],
    [{ reason: "a\nb" }, ' reason="a\\nb"'],
    [{ reason: "\x1b[31mred\x9b" }, " reason=\\u001b[31mred\\u009b"],
    [{ "ke\x07y": "x\u202ey" }, " ke\\u0007y=x\\u202ey"],
    [{ list: [1, "two"] }, ' list="[1,\\"two\\"]"'],
  ];
  for (const [fields, text] of cases) {
    const record = { time: "12:00:01", level: "info", event: "it\x1bhappens", fields };
    assertEquals(renderRecord("CS1    ", record, plainPaint), `12:00:01 CS1     it\\u001bhappens${text}`);
  }
});

Deno.test("renderRecord() makes grave lines stand out", () => {
  const record = { time: "12:00:01", event: "server dead", fields: { id: "CS1" } };
  const render = (level: string): string => renderRecord("monitor", { ...record, level }, ansiPaint);
  assertEquals(render("warn"), "\x1b[2m12:00:01\x1b[0m monitor \x1b[33mwarn: server dead id=CS1\x1b[0m");
  assertEquals(render("error"), "\x1b[2m12:00:01\x1b[0m monitor \x1b[31merror: server dead id=CS1\x1b[0m");
  assertEquals(render("debug"), "\x1b[2m12:00:01\x1b[0m monitor \x1b[2mserver dead id=CS1\x1b[0m");
  assertEquals(render("info"), "\x1b[2m12:00:01\x1b[0m monitor server dead id=CS1");
});

Deno.test("isHeartbeat() knows the events that come all the time", () => {
  const isShown = (event: string): boolean => !isHeartbeat({ time: "", level: "info", event, fields: {} });
  assertEquals(["heartbeat", "heartbeats", "server alive"].map(isShown), [false, false, true]);
});
