import { assertEquals } from "@std/assert";
import { VirtualClock } from "../base/virtual_clock.ts";
import type { Conn } from "../net/net.ts";
import { IdleGuard } from "./idle_guard.ts";

const IDLE_MS = 1_000;

interface Bench {
  readonly clock: VirtualClock;
  readonly guard: IdleGuard;
  /** The stream as far as a guard sees it. */
  readonly conn: { sentBytes: number; closedAtMs: number | undefined };
}

function bench(): Bench {
  const clock = new VirtualClock();
  const conn = {
    sentBytes: 0,
    closedAtMs: undefined as number | undefined,
    close(): void {
      conn.closedAtMs = clock.now();
    },
  };
  return { clock, conn, guard: new IdleGuard(clock, conn as unknown as Conn, IDLE_MS) };
}

Deno.test("IdleGuard closes a connection when a wait stands still for exactly its time", async () => {
  const { clock, guard, conn } = bench();
  guard.begin();
  await clock.advance(IDLE_MS - 1);
  assertEquals([conn.closedAtMs, guard.expired], [undefined, false]);
  await clock.advance(1);
  assertEquals([conn.closedAtMs, guard.expired, clock.pending], [IDLE_MS, true, 0]);
});

Deno.test("IdleGuard does not count while nobody waits for the peer", async () => {
  const { clock, guard, conn } = bench();
  guard.begin();
  await clock.advance(IDLE_MS - 1);
  guard.end();
  await clock.advance(10 * IDLE_MS);
  guard.begin();
  await clock.advance(IDLE_MS - 1);
  guard.end();
  assertEquals([conn.closedAtMs, guard.expired], [undefined, false]);
});

Deno.test("IdleGuard gives each wait its whole time, also when its timer is set already", async () => {
  const { clock, guard, conn } = bench();
  guard.begin();
  guard.end();
  await clock.advance(600);
  guard.begin();
  await clock.advance(IDLE_MS - 1);
  assertEquals(conn.closedAtMs, undefined);
  await clock.advance(1);
  assertEquals(conn.closedAtMs, 1_600);
});

Deno.test("IdleGuard.progress() begins the time anew", async () => {
  const { clock, guard, conn } = bench();
  guard.begin();
  for (let round = 0; round < 5; round++) {
    await clock.advance(900);
    guard.progress();
  }
  assertEquals(conn.closedAtMs, undefined);
  await clock.advance(IDLE_MS);
  assertEquals(conn.closedAtMs, 4_500 + IDLE_MS);
});

Deno.test("IdleGuard gives a wait its time to the fraction of a millisecond", async () => {
  const { clock, guard, conn } = bench();
  guard.begin();
  await clock.advance(0.25);
  guard.progress();
  await clock.advance(IDLE_MS - 0.125);
  assertEquals(conn.closedAtMs, undefined);
  await clock.advance(0.125);
  assertEquals(conn.closedAtMs, IDLE_MS + 0.25);
});

Deno.test("IdleGuard takes bytes that leave during a wait for progress, however few", async () => {
  const { clock, guard, conn } = bench();
  guard.begin();
  for (let round = 0; round < 5; round++) {
    await clock.advance(900);
    conn.sentBytes++;
  }
  assertEquals(conn.closedAtMs, undefined);
  await clock.advance(2 * IDLE_MS);
  assertEquals(guard.expired, true);
});

Deno.test("IdleGuard does not take bytes for progress that left before the wait", async () => {
  const { clock, guard, conn } = bench();
  conn.sentBytes = 5;
  guard.begin();
  await clock.advance(IDLE_MS);
  assertEquals(conn.closedAtMs, IDLE_MS);
});

Deno.test("IdleGuard counts until the last of several waits has ended", async () => {
  const { clock, guard, conn } = bench();
  guard.begin();
  guard.begin();
  guard.end();
  await clock.advance(IDLE_MS);
  assertEquals(conn.closedAtMs, IDLE_MS);
});

Deno.test("IdleGuard sets one timer, however many waits there are", () => {
  const { clock, guard } = bench();
  for (let wait = 0; wait < 100; wait++) {
    guard.begin();
    guard.end();
  }
  assertEquals(clock.pending, 1);
});

Deno.test("IdleGuard.stop() takes the timer off for good", async () => {
  const { clock, guard, conn } = bench();
  guard.begin();
  guard.stop();
  guard.stop();
  assertEquals(clock.pending, 0);
  guard.end();
  guard.begin();
  assertEquals(clock.pending, 0);
  await clock.advance(10 * IDLE_MS);
  assertEquals([conn.closedAtMs, guard.expired], [undefined, false]);
});

Deno.test("IdleGuard sets no timer for a wait on a connection that it has closed", async () => {
  const { clock, guard } = bench();
  guard.begin();
  await clock.advance(IDLE_MS);
  guard.end();
  guard.begin();
  assertEquals(clock.pending, 0);
});
