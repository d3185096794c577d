import { assertEquals } from "@std/assert";
import { BOOK_CASES, contentOf, registration } from "../../tests/registrations_contract.ts";
import { MemoryRegistrations } from "./memory_registrations.ts";

for (const [name, run] of Object.entries(BOOK_CASES)) {
  Deno.test(`MemoryRegistrations: ${name}`, async () => {
    const book = new MemoryRegistrations();
    await run(book, book);
  });
}

Deno.test("MemoryRegistrations.forget() drops a server, and close() leaves it to others", async () => {
  const book = new MemoryRegistrations();
  await book.put(registration("CS1", 1, ["a"]));
  await book.put(registration("CS2", 2, ["a"]));
  book.forget("CS1");
  await book.close();
  assertEquals(contentOf(book), ["CS2 2 a a=0"]);
});
