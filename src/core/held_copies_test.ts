import { assert, assertEquals } from "@std/assert";
import { HeldCopies } from "./held_copies.ts";

const V1 = { sha256: "11", generation: 1 };
const V2 = { sha256: "22", generation: 2 };

Deno.test("HeldCopies tells since when a version is on record under this registration", () => {
  const held = new HeldCopies();
  const ticket = held.ask("a", 1);
  assert(held.note(ticket, V1, 50));
  held.end(ticket);
  held.end(ticket);
  assertEquals(held.heldSince("a", "11", 1), 50);
  assertEquals(held.heldSince("a", "22", 1), undefined, "another version");
  assertEquals(held.heldSince("a", "11", 2), undefined, "another registration");
  assertEquals(held.note(held.ask("a", 1), { sha256: "00", generation: 0 }, 60), false, "an older version");
});

Deno.test("HeldCopies.drop() wins over answers that are under way, but for those about later versions", () => {
  const held = new HeldCopies();
  const [unknown, one, two] = [held.ask("a", 1), held.ask("a", 1, V1), held.ask("a", 1, { ...V1, generation: 2 })];
  held.drop("a", 2);
  assertEquals([held.note(unknown, V2, 0), held.note(one, V1, 0), held.note(two, V2, 0)], [false, false, true]);
  held.drop("a", 2);
  assertEquals(held.heldSince("a", "22", 1), 0);
  held.drop("a");
  assertEquals([held.heldSince("a", "22", 1), held.note(two, V2, 0)], [undefined, false]);
});

Deno.test("HeldCopies remembers so many names, the latest", () => {
  const held = new HeldCopies({ maxEntries: 2 });
  for (const name of ["a", "b", "c"]) held.note(held.ask(name, 1), V1, 0);
  assertEquals([held.count, held.heldSince("a", "11", 1), held.heldSince("c", "11", 1)], [2, undefined, 0]);
});

Deno.test("HeldCopies.ask() relies on nothing but its answer, if it is about other bytes", () => {
  const held = new HeldCopies();
  const one = held.ask("a", 1, V1);
  const again = held.ask("a", 1, { ...V1, generation: 3 });
  assert(held.note(one, V1, 5), "the same bytes");
  const two = held.ask("a", 1, V2);
  // Whether the answer arrives or not: the other bytes may have taken the place of the first ones on record.
  assertEquals(held.heldSince("a", "11", 1), undefined);
  assertEquals([held.note(again, V1, 6), held.note(two, V2, 6)], [false, true]);
  assertEquals(held.heldSince("a", "22", 1), 6);
});
