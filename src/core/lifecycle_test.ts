import { assertEquals, assertThrows } from "@std/assert";
import { Lifecycle, type LifecycleTable } from "./lifecycle.ts";

const DOOR: LifecycleTable<"OPEN" | "SHUT" | "GONE"> = {
  name: "door",
  initial: "SHUT",
  transitions: [
    { from: "SHUT", to: "OPEN", on: "pulled" },
    { from: "OPEN", to: "SHUT", on: "pushed" },
    { from: "OPEN", to: "GONE", on: "unhinged" },
  ],
};

Deno.test("Lifecycle.become() follows the table and tells the listener of each change", () => {
  const changes: string[] = [];
  const door = new Lifecycle(DOOR, (from, to) => changes.push(`${from}-${to} ${door.state}`));
  assertEquals(door.state, "SHUT");
  for (const state of ["OPEN", "SHUT", "OPEN", "GONE"] as const) door.become(state);
  assertEquals(changes, ["SHUT-OPEN OPEN", "OPEN-SHUT SHUT", "SHUT-OPEN OPEN", "OPEN-GONE GONE"]);
});

Deno.test("Lifecycle.become() throws on what the table does not allow, and stays where it was", () => {
  const changes: string[] = [];
  const door = new Lifecycle(DOOR, (from, to) => changes.push(`${from}-${to}`));
  for (const state of ["SHUT", "GONE"] as const) {
    assertEquals(door.may(state), false);
    assertThrows(() => door.become(state), Error, `Broken invariant: door cannot go from SHUT to ${state}`);
  }
  assertEquals([door.state, door.may("OPEN"), changes], ["SHUT", true, []]);
});
