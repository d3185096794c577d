import { assertEquals, assertLess } from "@std/assert";
import type { Heartbeat } from "../protocol/cdn.ts";
import { type BeatEffect, Census, MAX_SERVERS } from "./census.ts";

const TIMEOUT_MS = 8_000;

function census(): Census {
  return new Census({ timeoutMs: TIMEOUT_MS, sweepIntervalMs: 1_000 });
}

function heartbeat(id: string, change: Partial<Heartbeat> = {}): Heartbeat {
  return { id, host: "10.0.0.1", tcpPort: 7001, load: 0, files: 0, ...change };
}

/** The entry of the list for {@link heartbeat}. */
function status(id: string, alive = true, change: Partial<Heartbeat> = {}): ReturnType<Census["list"]>[number] {
  const { host, tcpPort, load } = heartbeat(id, change);
  return { id, host, tcpPort, load, alive };
}

/** Sweeps each second after `fromMs`, up to and with `toMs`. */
function sweepUntil(members: Census, fromMs: number, toMs: number): string[] {
  const dead: string[] = [];
  for (let nowMs = fromMs + 1_000; nowMs <= toMs; nowMs += 1_000) dead.push(...members.sweep(nowMs));
  return dead;
}

Deno.test("Census.beat() says what a heartbeat changed", () => {
  const members = census();
  const effects: BeatEffect[] = [members.beat(heartbeat("CS1"), 0), members.beat(heartbeat("CS1", { load: 3 }), 1_000)];
  assertEquals(members.list(), [status("CS1", true, { load: 3 })]);
  sweepUntil(members, 1_000, 10_000);
  assertEquals(members.list(), [status("CS1", false, { load: 3 })]);
  effects.push(members.beat(heartbeat("CS1", { load: 1 }), 10_500), members.beat(heartbeat("CS1"), 11_000));
  assertEquals(effects, ["new", "same", "up", "same"]);
  assertEquals(members.list(), [status("CS1")]);
});

Deno.test("Census.beat() ignores another server of a live server's id", () => {
  for (const elsewhere of [{ host: "10.0.0.2" }, { tcpPort: 7101 }]) {
    const members = census();
    members.beat(heartbeat("CS1"), 0);
    sweepUntil(members, 0, 5_000);
    assertEquals(members.beat(heartbeat("CS1", { ...elsewhere, load: 9 }), 5_000), "foreign");
    assertEquals(members.list(), [status("CS1")]);
    assertEquals(members.silenceMs("CS1", 5_000), 5_000);
    assertEquals(sweepUntil(members, 5_000, 9_000), ["CS1"]);
    assertEquals(members.beat(heartbeat("CS1", elsewhere), 9_500), "up", "a dead one's id is free");
    assertEquals(members.list(), [status("CS1", true, elsewhere)]);
    assertEquals(members.beat(heartbeat("CS1"), 9_600), "foreign");
  }
});

Deno.test("Census.expect() waits for a server that the index knows", () => {
  const members = census();
  assertEquals(members.expect(status("CS1"), 1_000), true);
  assertEquals(members.expect(status("CS1"), 2_000), false);
  assertEquals(members.list(), [status("CS1")]);
  assertEquals(sweepUntil(members, 1_000, 10_000), ["CS1"]);
  assertEquals(members.expect(status("CS1"), 10_000), false, "a dead one stays dead");
  assertEquals(members.isAlive("CS1"), false);
});

Deno.test("Census.beat() of a server that was only expected decides where it is", () => {
  const members = census();
  members.expect(status("CS1"), 0);
  assertEquals(members.beat(heartbeat("CS1", { host: "cs1.lab", load: 2 }), 3_000), "same");
  assertEquals(members.list(), [status("CS1", true, { host: "cs1.lab", load: 2 })]);
  assertEquals(members.beat(heartbeat("CS1"), 4_000), "foreign");
  assertEquals(sweepUntil(members, 3_000, 11_000), []);
});

Deno.test("Census.sweep() reports each death once, and keeps it REPORTING until it is settled", () => {
  const members = census();
  assertEquals(members.state, "LISTENING");
  members.beat(heartbeat("CS1"), 0);
  members.beat(heartbeat("CS2"), 500);
  members.beat(heartbeat("CS3"), 8_000);
  assertEquals(sweepUntil(members, 0, 8_000), []);
  assertEquals(members.sweep(9_000), ["CS1", "CS2"]);
  assertEquals(members.state, "REPORTING");
  assertEquals(sweepUntil(members, 9_000, 16_000), []);
  members.settle("CS1");
  assertEquals(members.state, "REPORTING");
  members.settle("CS2");
  members.settle("CS2");
  members.settle("CS9");
  assertEquals(members.state, "LISTENING");
  assertEquals(sweepUntil(members, 16_000, 30_000), ["CS3"], "the others are checked all the while");
});

Deno.test("Census.beat() of a server that comes back ends the report of its death", () => {
  const members = census();
  members.beat(heartbeat("CS1"), 0);
  assertEquals(sweepUntil(members, 0, 9_000), ["CS1"]);
  assertEquals(members.beat(heartbeat("CS1"), 9_500), "up");
  assertEquals(members.state, "LISTENING");
  assertEquals(sweepUntil(members, 9_500, 18_500), ["CS1"], "and it may die again");
});

Deno.test("Census.list() is sorted by id, and Census.count() agrees with it", () => {
  const members = census();
  for (const id of ["CS10", "a", "CS2", "CS1"]) members.beat(heartbeat(id), id === "a" ? 0 : 5_000);
  sweepUntil(members, 5_000, 9_000);
  assertEquals(members.list().map(({ id, alive }) => `${id} ${alive}`), [
    "CS1 true",
    "CS10 true",
    "CS2 true",
    "a false",
  ]);
  assertEquals(members.count(), { known: 4, alive: 3 });
  assertEquals([members.isAlive("CS9"), members.silenceMs("CS9", 0)], [undefined, undefined]);
});

Deno.test("Census keeps MAX_SERVERS: a dead one makes room once its death is told, a live one never", () => {
  const members = census();
  for (let at = 0; at < MAX_SERVERS; at++) members.beat(heartbeat(`CS${at}`), at === 7 ? 0 : 5_000);
  assertEquals(members.beat(heartbeat("new"), 5_000), "full");
  assertEquals(members.expect(status("new"), 5_000), false);
  assertEquals(sweepUntil(members, 5_000, 9_000), ["CS7"]);
  assertEquals(members.beat(heartbeat("new"), 9_000), "full", "its death is not told yet");
  members.settle("CS7");
  assertEquals(members.beat(heartbeat("new"), 9_000), "new");
  assertEquals([members.isAlive("CS7"), members.isAlive("new")], [undefined, true]);
  assertEquals(members.count(), { known: MAX_SERVERS, alive: MAX_SERVERS });
  assertEquals(members.beat(heartbeat("CS8"), 9_000), "same", "those who are known still count");
});

Deno.test("Census.beat() ignores a newcomer at once when everyone it knows is alive", () => {
  const members = census();
  for (let at = 0; at < MAX_SERVERS; at++) members.beat(heartbeat(`CS${at}`), 0);
  const beganMs = performance.now();
  for (let at = 0; at < 200_000; at++) members.beat(heartbeat(`Ghost${at}`), 0);
  assertLess(performance.now() - beganMs, 10_000, "looking through all of them takes longer than a minute");
  assertEquals(members.count(), { known: MAX_SERVERS, alive: MAX_SERVERS });
});

Deno.test("Census.suspects() names where a silent server is to be asked, and an answer spares it", () => {
  const members = census();
  members.beat(heartbeat("CS1"), 0);
  assertEquals(members.suspects(4_000), []);
  assertEquals(members.suspects(4_500), [{ id: "CS1", host: "10.0.0.1", tcpPort: 7001 }]);
  members.vouch("CS1", 4_500);
  assertEquals(sweepUntil(members, 0, 12_000), []);
  assertEquals(members.sweep(13_000), ["CS1"]);
});

Deno.test("Census.suspects() leaves out whose id is claimed elsewhere, until it is heard again", () => {
  const members = census();
  members.beat(heartbeat("CS1"), 0);
  assertEquals(members.beat(heartbeat("CS1", { tcpPort: 7101 }), 3_000), "foreign");
  assertEquals(members.suspects(5_000), []);
  assertEquals(sweepUntil(members, 0, 9_000), ["CS1"]);
  assertEquals(members.beat(heartbeat("CS1", { tcpPort: 7101 }), 9_000), "up");
  assertEquals(members.suspects(14_000), [{ id: "CS1", host: "10.0.0.1", tcpPort: 7101 }]);
});

Deno.test("Census.suspects() leaves out whose address another server has by now", () => {
  const members = census();
  members.beat(heartbeat("CS1"), 0);
  members.beat(heartbeat("CS9"), 3_000);
  assertEquals(members.suspects(5_000), []);
  assertEquals(members.suspects(7_500).map(({ id }) => id), ["CS9"]);
});
