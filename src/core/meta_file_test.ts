import { assertEquals, assertStrictEquals } from "@std/assert";
import {
  isStale,
  type MetaFile,
  noteHolder,
  type PublicationKind,
  publishVersion,
  releaseHolder,
  removeFile,
  splitHolders,
} from "./meta_file.ts";

function fileWith(holders: Record<number, string> = {}, change: Partial<MetaFile> = {}): MetaFile {
  const entries = Object.entries(holders).map(([id, hash]) => [Number(id), hash] as const);
  const map = new Map(entries);
  return { name: "a.txt", hash: "h1", timestamp: "t1", createdMs: 5, isRemoved: false, holders: map, ...change };
}

Deno.test("publishVersion() makes the version the present one, and says what that changed", () => {
  const table: [before: MetaFile | undefined, hash: string, timestamp: string, PublicationKind, createdMs: number][] = [
    [undefined, "h1", "t1", "new", 9],
    [fileWith(), "h1", "t1", "same", 5],
    [fileWith(), "h1", "t2", "touched", 5],
    [fileWith(), "h2", "t1", "changed", 5],
    [fileWith(), "", "", "changed", 5],
    [fileWith({ 1: "h1" }, { isRemoved: true }), "h1", "t1", "new", 9],
  ];
  for (const [before, hash, timestamp, kind, createdMs] of table) {
    const { file, kind: found } = publishVersion(before, { name: "a.txt", hash, timestamp }, 9);
    assertEquals(found, kind);
    const holders = before?.holders ?? new Map();
    assertEquals(file, { name: "a.txt", hash, timestamp, createdMs, isRemoved: false, holders });
  }
});

Deno.test("splitHolders() tells who has the present version", () => {
  const table: [file: MetaFile, current: number[], stale: number[]][] = [
    [fileWith(), [], []],
    [fileWith({ 10: "h1", 2: "h1" }), [2, 10], []],
    [fileWith({ 3: "h0", 1: "h1", 2: "" }), [1], [2, 3]],
    [fileWith({ 1: "h1", 2: "h0" }, { isRemoved: true }), [], [1, 2]],
  ];
  for (const [file, current, stale] of table) assertEquals(splitHolders(file), { current, stale });
});

Deno.test("noteHolder() notes a node, and never touches the file's own hash", () => {
  assertEquals(noteHolder(fileWith(), 1, "h0"), fileWith({ 1: "h0" }));
  assertEquals(noteHolder(fileWith({ 1: "h0" }), 1, "h1"), fileWith({ 1: "h1" }));
  const known = fileWith({ 1: "h1" });
  assertStrictEquals(noteHolder(known, 1, "h1"), known);
});

Deno.test("releaseHolder() lets go of the very bytes that are gone", () => {
  assertEquals(releaseHolder(fileWith({ 1: "h0", 2: "h1" }), 1, "h0"), fileWith({ 2: "h1" }));
  assertEquals(releaseHolder(fileWith({ 1: "h0" }), 1, undefined), fileWith());
  // It filled itself anew before the news of the purge came.
  const refilled = fileWith({ 1: "h1" });
  assertStrictEquals(releaseHolder(refilled, 1, "h0"), refilled);
  assertStrictEquals(releaseHolder(refilled, 7, undefined), refilled);
});

Deno.test("a removed file is remembered until the last node has let go of it", () => {
  assertEquals(removeFile(fileWith()), undefined);
  const remains = removeFile(fileWith({ 1: "h1", 2: "h0" }))!;
  assertEquals(remains.isRemoved, true);
  assertStrictEquals(removeFile(remains), remains);
  assertEquals(isStale(remains, "h1"), true);
  const one = releaseHolder(remains, 1, "h1")!;
  assertEquals(splitHolders(one), { current: [], stale: [2] });
  assertEquals(releaseHolder(one, 2, "h0"), undefined);
});

Deno.test("a file that is published again after its removal keeps who has old bytes", () => {
  const remains = removeFile(fileWith({ 1: "h1", 2: "h0" }))!;
  const { file, kind } = publishVersion(remains, { name: "a.txt", hash: "h1", timestamp: "t9" }, 20);
  assertEquals(kind, "new");
  assertEquals(splitHolders(file), { current: [1], stale: [2] });
});
