import { assertEquals } from "@std/assert";
import { StreamBench } from "../../tests/stream_bench.ts";
import { ProtocolError } from "../protocol/protocol_error.ts";
import { Reachability } from "./reachability.ts";

const AT = { host: "::1", port: 5050 };

function fail(reason: unknown): () => Promise<never> {
  return () => Promise.reject(reason);
}

Deno.test("Reachability.attempt() says once that a peer went away and once that it came back", async () => {
  const bench = new StreamBench();
  const { signal } = new AbortController();
  const reach = new Reachability(bench.log, "index", AT);
  const outcomes: [succeeded: boolean, failing: boolean][] = [];
  for (const isUp of [true, false, false, false, true, true, false]) {
    const succeeded = await reach.attempt(signal, isUp ? () => Promise.resolve("fine") : fail(new Error("refused")));
    outcomes.push([succeeded, reach.failing]);
  }
  assertEquals(outcomes.map(([succeeded, failing]) => succeeded !== failing), Array(7).fill(true));
  assertEquals(outcomes.map(([succeeded]) => succeeded), [true, false, false, false, true, true, false]);
  assertEquals(bench.events(), [
    "warn: index unreachable",
    "debug: index still unreachable",
    "debug: index still unreachable",
    "info: index reachable again",
    "warn: index unreachable",
  ]);
  assertEquals(bench.records[0]?.fields, { at: "[::1]:5050", reason: "refused" });
});

Deno.test("Reachability.attempt() tells a peer that refuses from one that is away", async () => {
  const bench = new StreamBench();
  const { signal } = new AbortController();
  const reach = new Reachability(bench.log, "index", AT);
  const hints = new Map([["ID_TAKEN", "choose another"]]);
  const refuse = fail(new ProtocolError("ID_TAKEN", "Cannot register"));
  const succeed = (): Promise<void> => Promise.resolve();
  for (const run of [fail(new Error("reset")), refuse, refuse, succeed, refuse, fail(new Error("reset")), succeed]) {
    await reach.attempt(signal, run, hints);
  }
  assertEquals(bench.events(), [
    "warn: index unreachable",
    "warn: index refuses",
    "debug: index still refuses",
    "info: index accepts again",
    "warn: index refuses",
    "warn: index unreachable",
    "info: index reachable again",
  ]);
  const fields = { at: "[::1]:5050", code: "ID_TAKEN", reason: "Cannot register", hint: "choose another" };
  assertEquals(bench.records.slice(1, 3).map((record) => record.fields), [fields, fields]);
  assertEquals(bench.records[3]?.fields, { at: "[::1]:5050" });
});

Deno.test("Reachability.attempt() gives no hint for another code, and shows the beginning of a long one", async () => {
  const bench = new StreamBench();
  const { signal } = new AbortController();
  const reach = new Reachability(bench.log, "index", AT);
  await reach.attempt(signal, fail(new ProtocolError("X".repeat(81), "no")), new Map([["ID_TAKEN", "choose another"]]));
  assertEquals(bench.records[0]?.fields, { at: "[::1]:5050", code: "X".repeat(80), reason: "no" });
});

Deno.test("Reachability.attempt() holds nothing against a peer once we stop", async () => {
  const bench = new StreamBench();
  const controller = new AbortController();
  const reach = new Reachability(bench.log, "index", AT);
  controller.abort();
  assertEquals(await reach.attempt(controller.signal, fail(controller.signal.reason)), false);
  assertEquals([reach.failing, bench.records], [false, []]);
});

Deno.test("Reachability.attempt() never throws, whatever is thrown, and when", async () => {
  const bench = new StreamBench();
  const { signal } = new AbortController();
  const reach = new Reachability(bench.log, "index", AT);
  assertEquals(await reach.attempt(signal, fail("text")), false);
  const throwAtOnce = (): Promise<never> => {
    throw new TypeError("a bug");
  };
  assertEquals(await reach.attempt(signal, throwAtOnce), false);
  assertEquals(bench.records.map(({ fields }) => fields["reason"]), ["text", "a bug"]);
});
