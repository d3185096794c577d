import { assertEquals } from "@std/assert";
import { reconcile, type ServerLife, type Verdict } from "./reconciliation.ts";

const HOST = "10.0.0.1";
const GRACE_MS = 8_000;

interface Row {
  readonly what: string;
  /** Whether the index routes to it, since when, and at which port; undefined if it does not know it. */
  readonly life: { alive: boolean; decidedMs: number; tcpPort?: number; host?: string } | undefined;
  /** What the monitor lists. */
  readonly listedAlive: boolean;
  readonly askedMs: number;
  readonly verdict: Verdict["kind"] | undefined;
}

const TABLE: Row[] = [
  { what: "both alive", life: { alive: true, decidedMs: 0 }, listedAlive: true, askedMs: 99_999, verdict: undefined },
  { what: "both dead", life: { alive: false, decidedMs: 0 }, listedAlive: false, askedMs: 99_999, verdict: undefined },
  { what: "unknown here", life: undefined, listedAlive: true, askedMs: 99_999, verdict: undefined },
  { what: "unknown and dead", life: undefined, listedAlive: false, askedMs: 99_999, verdict: undefined },
  { what: "heard again", life: { alive: false, decidedMs: 100 }, listedAlive: true, askedMs: 101, verdict: "revive" },
  {
    what: "the list was asked for when the death was decided",
    life: { alive: false, decidedMs: 100 },
    listedAlive: true,
    askedMs: 100,
    verdict: undefined,
  },
  {
    what: "the list is older than the death",
    life: { alive: false, decidedMs: 100 },
    listedAlive: true,
    askedMs: 99,
    verdict: undefined,
  },
  {
    what: "the list is older than the registration",
    life: { alive: true, decidedMs: 100 },
    listedAlive: false,
    askedMs: 50,
    verdict: undefined,
  },
  {
    what: "just registered, not heard yet",
    life: { alive: true, decidedMs: 100 },
    listedAlive: false,
    askedMs: 101,
    verdict: undefined,
  },
  {
    what: "not heard for exactly the grace period",
    life: { alive: true, decidedMs: 100 },
    listedAlive: false,
    askedMs: 100 + GRACE_MS,
    verdict: undefined,
  },
  {
    what: "not heard for longer",
    life: { alive: true, decidedMs: 100 },
    listedAlive: false,
    askedMs: 101 + GRACE_MS,
    verdict: "bury",
  },
  {
    what: "heard at another port",
    life: { alive: false, decidedMs: 0, tcpPort: 7101 },
    listedAlive: true,
    askedMs: 99_999,
    verdict: undefined,
  },
  {
    what: "silent at another port",
    life: { alive: true, decidedMs: 0, tcpPort: 7101 },
    listedAlive: false,
    askedMs: 99_999,
    verdict: undefined,
  },
  {
    what: "known by another name of its host",
    life: { alive: true, decidedMs: 0, host: "cs1.lab" },
    listedAlive: false,
    askedMs: 99_999,
    verdict: "bury",
  },
];

for (const { what, life, listedAlive, askedMs, verdict } of TABLE) {
  Deno.test(`reconcile() ${verdict === undefined ? "leaves alone" : `has to ${verdict}`} a server: ${what}`, () => {
    const listed = [{ id: "CS1", host: HOST, tcpPort: 7001, load: 0, alive: listedAlive }];
    const known: ServerLife | undefined = life && { id: "CS1", host: HOST, tcpPort: 7001, ...life };
    const verdicts = reconcile(listed, () => known, { askedMs, graceMs: GRACE_MS });
    assertEquals(verdicts, verdict === undefined ? [] : [{ kind: verdict, id: "CS1" }]);
  });
}

Deno.test("reconcile() judges each listed server by itself, in the order of the list", () => {
  const lives = new Map<string, ServerLife>();
  for (const [id, alive] of [["CS1", true], ["CS2", false], ["CS3", true]] as const) {
    lives.set(id, { id, host: HOST, tcpPort: 7001, alive, decidedMs: 0 });
  }
  const listed = ["CS3", "CS2", "CS9"].map((id) => (
    { id, host: HOST, tcpPort: 7001, load: 0, alive: id === "CS2" }
  ));
  const verdicts = reconcile(listed, (id) => lives.get(id), { askedMs: 10_000, graceMs: GRACE_MS });
  assertEquals(verdicts, [{ kind: "bury", id: "CS3" }, { kind: "revive", id: "CS2" }]);
});
