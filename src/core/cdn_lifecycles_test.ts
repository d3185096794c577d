import { assertEquals } from "@std/assert";
import { CLIENT_LIFECYCLE, CONTENT_LIFECYCLE, INDEX_LIFECYCLE, MONITOR_LIFECYCLE } from "./cdn_lifecycles.ts";
import { Lifecycle, type LifecycleTable } from "./lifecycle.ts";

/** Each machine with the states and transitions of the common contract, in its order. */
const CONTRACT: { table: LifecycleTable<string>; states: string[]; transitions: string[] }[] = [
  {
    table: CONTENT_LIFECYCLE,
    states: ["INIT", "REGISTERING", "ACTIVE", "DEAD"],
    transitions: ["INIT-REGISTERING", "REGISTERING-ACTIVE", "ACTIVE-DEAD"],
  },
  {
    table: INDEX_LIFECYCLE,
    states: ["INIT", "RUNNING", "UPDATING"],
    transitions: ["INIT-RUNNING", "RUNNING-UPDATING", "UPDATING-RUNNING"],
  },
  {
    table: MONITOR_LIFECYCLE,
    states: ["LISTENING", "CHECKING", "REPORTING"],
    transitions: ["LISTENING-CHECKING", "CHECKING-REPORTING", "REPORTING-LISTENING"],
  },
  {
    table: CLIENT_LIFECYCLE,
    states: ["IDLE", "QUERYING", "DOWNLOADING", "DONE", "ERROR"],
    transitions: [
      "IDLE-QUERYING",
      "QUERYING-DOWNLOADING",
      "QUERYING-ERROR",
      "DOWNLOADING-DONE",
      "DOWNLOADING-ERROR",
    ],
  },
];

for (const { table, states, transitions } of CONTRACT) {
  Deno.test(`the ${table.name} lifecycle has the transitions of the contract, and marks all others as added`, () => {
    const own = table.transitions.filter(({ added }) => added === undefined).map(({ from, to }) => `${from}-${to}`);
    assertEquals(own, transitions);
  });

  Deno.test(`the ${table.name} lifecycle has the states of the contract, and reaches each from the first`, () => {
    assertEquals(table.initial, states[0]);
    const reached = new Set([table.initial]);
    for (const state of reached) {
      for (const { from, to } of table.transitions) if (from === state) reached.add(to);
    }
    assertEquals([...reached].sort(), [...states].sort());
    for (const { from, to } of table.transitions) {
      assertEquals([states.includes(from), states.includes(to)], [true, true]);
    }
  });

  Deno.test(`the ${table.name} lifecycle says once what triggers each transition, and never stands still`, () => {
    const rows = table.transitions.map(({ from, to, on }) => `${from}-${to} ${on}`);
    assertEquals(new Set(rows).size, rows.length);
    for (const { from, to, on } of table.transitions) assertEquals([from === to, on.length > 0], [false, true]);
  });
}

Deno.test("a content server that is DEAD, and a client that is DONE or failed, stay so", () => {
  for (
    const [table, path] of [
      [CONTENT_LIFECYCLE, ["DEAD"]],
      [CLIENT_LIFECYCLE, ["QUERYING", "DOWNLOADING", "DONE"]],
      [CLIENT_LIFECYCLE, ["QUERYING", "ERROR"]],
    ] as [LifecycleTable<string>, string[]][]
  ) {
    const machine = new Lifecycle(table);
    for (const state of path) machine.become(state);
    assertEquals(table.transitions.filter(({ to }) => machine.may(to)), []);
  }
});
