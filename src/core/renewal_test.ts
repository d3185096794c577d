import { assertEquals } from "@std/assert";
import { type HeldStanding, judgeRenewal, type RenewalVerdict, type Standing } from "./renewal.ts";

const server = { id: "CS1", host: "10.0.0.1", tcpPort: 7001, udpPort: 7002 };
const CLAIMED: Standing = { server, sha256: "ab" };
const HELD: HeldStanding = { ...CLAIMED, alive: true };

const CASES: [what: string, held: HeldStanding | undefined, verdict: RenewalVerdict][] = [
  ["nothing is registered, as after a restart of the index", undefined, "unknown"],
  ["the same is registered", HELD, "renewed"],
  ["the same is registered, and the server was reported dead", { ...HELD, alive: false }, "revived"],
  ["another list is registered", { ...HELD, sha256: "cd" }, "unknown"],
  ["no list is registered, as after a stop", { ...HELD, sha256: "" }, "unknown"],
  ["another list of a dead server is registered", { ...HELD, sha256: "cd", alive: false }, "unknown"],
  ["the id is alive at another host", { ...HELD, server: { ...server, host: "10.0.0.2" } }, "unknown"],
  ["the id is dead at another host", { ...HELD, server: { ...server, host: "10.0.0.2" }, alive: false }, "unknown"],
  ["the id is alive at another port", { ...HELD, server: { ...server, tcpPort: 7101 } }, "unknown"],
  ["its heartbeats come from another port now", { ...HELD, server: { ...server, udpPort: 7102 } }, "unknown"],
  ["another id is registered there", { ...HELD, server: { ...server, id: "CS2" } }, "unknown"],
];

for (const [what, held, verdict] of CASES) {
  Deno.test(`judgeRenewal() where ${what}: ${verdict}`, () => {
    assertEquals(judgeRenewal(held, CLAIMED), verdict);
  });
}
