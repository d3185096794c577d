import { assertEquals, assertMatch } from "@std/assert";
import { textOfStream } from "../../tests/processes_contract.ts";
import { createLog, type LogRecord } from "./log.ts";
import { systemEnv } from "./runtime.ts";

Deno.test("systemEnv() offers the whole outside world", async () => {
  const records: LogRecord[] = [];
  const clock = { now: () => 0, unixMs: () => 0, schedule: () => () => {} };
  const env = systemEnv({ log: createLog({ clock, sink: (record) => records.push(record) }) });
  assertMatch(env.host.runtime, /^deno \d+\.\d+\.\d+/);
  assertEquals(env.host.pid, Deno.pid);
  const listener = await env.net.listen({ host: "127.0.0.1", port: 0 });
  listener.close();
  const server = await env.http.serve({ host: "127.0.0.1", port: 0 }, () => Promise.reject(new Error("no luck")));
  const conn = await env.net.dial(server.address);
  await conn.write(new TextEncoder().encode("GET /a HTTP/1.1\r\nHost: a\r\n\r\n"));
  const buffer = new Uint8Array(1_000);
  const count = await conn.read(buffer);
  assertMatch(new TextDecoder().decode(buffer.subarray(0, count ?? 0)), /^HTTP\/1.1 500 /);
  conn.close();
  await server.close();
  assertEquals(records.map(({ event }) => event), ["request failed"]);
  assertMatch(String(records[0]?.fields.what), /^GET \/a from 127\.0\.0\.1:\d+$/);
  assertEquals((await env.files.info(".")).kind, "folder");
  const child = await env.spawn({ command: [Deno.execPath(), "--version"] });
  assertMatch(await textOfStream(child.output), /^deno /);
  await child.ended;
});

Deno.test("systemEnv().host.variable() reads what is set", () => {
  const { host } = systemEnv();
  Deno.env.set("MICROCDN_TEST_VARIABLE", "set");
  assertEquals(host.variable("MICROCDN_TEST_VARIABLE"), "set");
  Deno.env.delete("MICROCDN_TEST_VARIABLE");
  assertEquals(host.variable("MICROCDN_TEST_VARIABLE"), undefined);
  for (const odd of ["", "=", "a=b", "a\0b"]) assertEquals(host.variable(odd), undefined);
});

Deno.test(
  "systemEnv().host.variable() neither asks nor throws without permission",
  { permissions: { env: ["HOME"] } },
  () => {
    const { host } = systemEnv();
    assertEquals(typeof host.variable("HOME"), "string");
    assertEquals(host.variable("PATH"), undefined);
  },
);
