import { assertEquals, assertStrictEquals } from "@std/assert";
import { seededRandom } from "../base/random.ts";
import { VirtualClock } from "../base/virtual_clock.ts";
import { MemoryNetwork } from "../net/memory.ts";
import { textResponse } from "../protocol/http.ts";
import { virtualEnv, type VirtualEnvOptions } from "./virtual.ts";

function options(): Pick<VirtualEnvOptions, "clock" | "random" | "net"> {
  const clock = new VirtualClock();
  const random = seededRandom(1);
  return { clock, random, net: new MemoryNetwork({ clock, random }).host("10.0.0.1") };
}

Deno.test("virtualEnv() is a whole outside world in memory", async () => {
  const env = virtualEnv({ ...options(), variables: { NO_COLOR: "1" }, source: "index" });
  env.log.debug("hello", { id: "CS1" });
  assertEquals(env.records, [
    { unixMs: Date.UTC(2026, 0), level: "debug", source: "index", event: "hello", fields: { id: "CS1" } },
  ]);
  env.files.write("a.txt", "hello");
  assertEquals((await env.files.info("a.txt")).sizeBytes, 5);
  const at = { host: "10.0.0.1", port: 80 };
  await env.http.serve(at, () => Promise.resolve(textResponse(200, "")));
  assertEquals((await env.http.request(at)).status, 200);
  env.processes.install("true", () => Promise.resolve(0));
  assertEquals(await (await env.spawn({ command: ["true"] })).ended, { kind: "exited", code: 0 });
  assertEquals([env.host.variable("NO_COLOR"), env.host.variable("constructor")], ["1", undefined]);
});

Deno.test("virtualEnv() shares what it is given", () => {
  const first = virtualEnv(options());
  const second = virtualEnv({
    ...options(),
    files: first.files,
    http: first.http,
    processes: first.processes,
    records: first.records,
  });
  second.log.info("hello");
  assertEquals(first.records.length, 1);
  assertStrictEquals(second.files, first.files);
  assertStrictEquals(second.spawn, first.spawn);
});

Deno.test("virtualEnv() keeps the last records, and not more than 20,000", () => {
  const env = virtualEnv(options());
  for (let at = 0; at < 45_000; at++) env.log.info("tick", { at });
  assertEquals(env.records.length >= 10_000 && env.records.length <= 20_000, true);
  assertEquals(env.records.at(-1)?.fields.at, 44_999);
});
