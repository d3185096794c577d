import { assertEquals } from "@std/assert";
import { StaleNotes } from "./stale_notes.ts";

Deno.test("StaleNotes.gone() takes a node's word for the copies that it was told to drop", () => {
  const notes = new StaleNotes();
  assertEquals(notes.gone(1, ["a"]), []);
  notes.tell(1, [{ name: "a", bytes: "v1" }, { name: "b", bytes: "v1" }]);
  assertEquals(notes.gone(1, ["a", "c"]), [{ name: "a", bytes: "v1" }]);
  // The answer was lost, or the question is repeated.
  assertEquals(notes.gone(1, ["a"]), [{ name: "a", bytes: "v1" }]);
  assertEquals(notes.gone(2, ["a"]), []);
  // It has a later copy, which is stale by now, too.
  notes.tell(1, [{ name: "a", bytes: "v2" }]);
  assertEquals(notes.gone(1, ["a", "b"]), [{ name: "a", bytes: "v2" }]);
  notes.tell(1, []);
  assertEquals(notes.gone(1, ["a"]), []);
});
