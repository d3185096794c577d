import { assertEquals, assertRejects } from "@std/assert";
import { DeadlineError } from "../../src/base/deadline.ts";
import { VirtualClock } from "../../src/base/virtual_clock.ts";
import { Witness } from "./witness.ts";

const { signal } = new AbortController();

function heartbeat(id: string): string {
  return `{"time":"2026-01-01T12:00:00.000Z","level":"debug","event":"heartbeat","id":"${id}"}`;
}

Deno.test("Witness.waitFor() finds what was said before and what is said later", async () => {
  const clock = new VirtualClock();
  const witness = new Witness("monitor");
  witness.add(heartbeat("CS1"));
  const where = ({ fields }: { fields: Readonly<Record<string, unknown>> }): boolean => fields["id"] === "CS2";
  assertEquals((await witness.waitFor(clock, "heartbeat", { deadlineMs: 10, signal })).fields, { id: "CS1" });
  const second = witness.waitFor(clock, "heartbeat", { where, deadlineMs: 1_000, signal });
  const twice = witness.waitFor(clock, "heartbeat", { where, count: 2, deadlineMs: 1_000, signal });
  await clock.advance(500);
  witness.add(heartbeat("CS2"));
  assertEquals((await second).fields, { id: "CS2" });
  witness.add("something else");
  witness.add(heartbeat("CS2"));
  assertEquals((await twice).fields, { id: "CS2" });
  assertEquals(clock.pending, 0);
});

Deno.test("Witness.waitFor() does not count what was said before a mark", async () => {
  const clock = new VirtualClock();
  const witness = new Witness("monitor");
  witness.add(heartbeat("CS1"));
  const waiting = witness.waitFor(clock, "heartbeat", { since: witness.mark, deadlineMs: 1_000, signal });
  await assertRejects(() => clock.until(waiting), DeadlineError, 'Cannot see "heartbeat" in the log of monitor');
});

Deno.test("Witness.waitFor() is called off by its signal", async () => {
  const clock = new VirtualClock();
  const stop = new AbortController();
  const waiting = new Witness("monitor").waitFor(clock, "ready", { deadlineMs: 1_000, signal: stop.signal });
  stop.abort(new Error("enough"));
  await assertRejects(() => waiting, Error, "enough");
  assertEquals(clock.pending, 0);
});

Deno.test("Witness.last() shows the end of the log for people", () => {
  const witness = new Witness("CS1");
  for (const line of ["one", heartbeat("CS1"), "t\x1bo"]) witness.add(line);
  assertEquals(witness.last(2), ["12:00:00 CS1     heartbeat id=CS1", "CS1     t\\u001bo"]);
});
