import { assertEquals, assertLessOrEqual, assertStrictEquals } from "@std/assert";
import { SharedList } from "./shared_list.ts";

/** What is written, piece by piece. */
async function piecesOf(list: SharedList): Promise<Uint8Array[]> {
  const pieces: Uint8Array[] = [];
  await list.writeTo({ write: (bytes) => Promise.resolve(void pieces.push(bytes)) });
  return pieces;
}

async function textOf(list: SharedList): Promise<string> {
  return (await piecesOf(list)).map((piece) => new TextDecoder().decode(piece)).join("");
}

Deno.test("SharedList.writeTo() writes the lines and END", async () => {
  const clock = { now: () => 0 };
  assertEquals(await textOf(new SharedList(clock, () => ["SERVER 1", "SERVER 2"])), "SERVER 1\nSERVER 2\nEND\n");
  assertEquals(await textOf(new SharedList(clock, () => [])), "END\n");
});

Deno.test("SharedList.writeTo() writes a long list in pieces, the same bytes for all who ask at the same time", async () => {
  let nowMs = 0;
  let made = 0;
  const list = new SharedList({ now: () => nowMs }, () => {
    nowMs += 10;
    return Array.from({ length: 20_000 }, (_, at) => `SERVER ${at} ${made}`).concat(`MADE ${++made}`);
  });
  const [first, second] = [await piecesOf(list), await piecesOf(list)];
  for (const { length } of first) assertLessOrEqual(length, 65_536);
  for (const [at, { buffer }] of first.entries()) assertStrictEquals(second[at]!.buffer, buffer);
  list.outdate();
  assertEquals((await textOf(list)).endsWith("MADE 2\nEND\n"), true);
});
