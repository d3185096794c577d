import { assertEquals, assertStrictEquals } from "@std/assert";
import {
  copyOf,
  type HoldVerdict,
  holdVersion,
  isStale,
  type MetaFile,
  noteHolder,
  notePublisher,
  type PublicationKind,
  type PublishedVersion,
  publishVersion,
  purgeFile,
  releaseHolder,
  removeFile,
  splitHolders,
  updateVersion,
  versionOf,
} from "./meta_file.ts";

const [A, B, C] = ["a", "b", "c"].map((digit) => digit.repeat(64)) as [string, string, string];
const [M1, M2] = ["1", "2"].map((digit) => digit.repeat(32)) as [string, string];

/** A version as the store tells of it. */
function stored(
  sha256: string,
  generation: number | undefined,
  change: Partial<PublishedVersion> = {},
): PublishedVersion {
  return { hash: sha256, timestamp: "t1", sha256, generation, ...change };
}

function fileWith(holders: Record<number, string> = {}, change: Partial<MetaFile> = {}): MetaFile {
  const map = new Map(Object.entries(holders).map(([id, bytes]) => [Number(id), bytes] as const));
  return { name: "a.txt", ...stored(A, 5), createdMs: 5, isRemoved: false, holders: map, ...change };
}

/** A file of which only existing programs have told. */
function claimed(hash: string, holders: Record<number, string> = {}): MetaFile {
  return fileWith(holders, versionOf({ hash, timestamp: "t1" }));
}

Deno.test("publishVersion() of the store follows its order, and says what that changed", () => {
  const table: [before: MetaFile | undefined, PublishedVersion, PublicationKind][] = [
    [undefined, stored(A, 5), "new"],
    [fileWith(), stored(A, 5), "same"],
    [fileWith(), stored(A, 5, { timestamp: "t2" }), "same"],
    [fileWith(), stored(A, 6), "touched"],
    [fileWith(), stored(A, 6, { timestamp: "t2" }), "touched"],
    [fileWith(), stored(A, 6, { hash: "v1" }), "touched"],
    [fileWith(), stored(B, 6), "changed"],
    [fileWith(), stored(B, 4), "outdated"],
    [fileWith(), stored(A, 4, { timestamp: "t0" }), "outdated"],
    // Somebody else claimed another version meanwhile: what the store repeats counts.
    [fileWith({}, { sha256: "", hash: "v2" }), stored(A, 5), "changed"],
    [claimed("v1"), stored(A, 5), "changed"],
    [claimed("v1"), stored(A, 5, { hash: "v1" }), "touched"],
    [claimed(A), stored(A, 5), "touched"],
    [fileWith({ 1: A }, { isRemoved: true }), stored(A, 5), "outdated"],
    [fileWith({ 1: A }, { isRemoved: true }), stored(B, 4), "outdated"],
    [fileWith({ 1: A }, { isRemoved: true }), stored(A, 6), "new"],
  ];
  for (const [before, version, expected] of table) {
    const { file, kind } = publishVersion(before, { ...version, name: "a.txt" }, 9);
    const row = `${before?.hash} ${before?.generation}, then ${version.hash} ${version.generation}`;
    assertEquals(kind, expected, row);
    const isTaken = kind !== "same" && kind !== "outdated";
    const createdMs = kind === "new" ? 9 : before!.createdMs;
    const holders = before?.holders ?? new Map();
    if (isTaken) assertEquals(file, { name: "a.txt", ...version, createdMs, isRemoved: false, holders }, row);
    else assertStrictEquals(file, before!, row);
  }
});

Deno.test("updateVersion() takes an existing program's word where the store said nothing else", () => {
  const table: [before: MetaFile | undefined, hash: string, timestamp: string, PublicationKind, Partial<MetaFile>][] = [
    [undefined, "v1", "t1", "new", { hash: "v1", sha256: "", generation: undefined }],
    [undefined, A.toUpperCase(), "t1", "new", { hash: A.toUpperCase(), sha256: A }],
    [undefined, "", "t1", "new", { hash: "", sha256: "" }],
    // What existing nodes send after they filled themselves.
    [fileWith(), "", "t9", "same", { hash: A, timestamp: "t1", sha256: A }],
    [claimed("v1"), "", "", "same", { hash: "v1", timestamp: "t1", sha256: "" }],
    [fileWith(), A.toUpperCase(), "t1", "same", { hash: A, sha256: A }],
    [fileWith(), A, "t2", "touched", { timestamp: "t2", sha256: A }],
    // The store's own message came first, and named the bytes.
    [fileWith(), M1, "t2", "touched", { hash: M1, timestamp: "t2", sha256: A, generation: 5 }],
    [fileWith({}, { hash: M1 }), A, "t1", "touched", { hash: A, sha256: A, generation: 5 }],
    [fileWith({}, { hash: M1 }), M2, "t1", "changed", { hash: M2, sha256: "", generation: 5 }],
    [fileWith(), B, "t2", "changed", { hash: B, timestamp: "t2", sha256: B, generation: 5 }],
    // Without a store's word, hashes of two kinds are two versions.
    [claimed(A), M1, "t2", "changed", { hash: M1, sha256: "" }],
    [claimed("v1"), "v1", "t1", "same", { hash: "v1", sha256: "" }],
    [claimed("v1"), "v1", "t2", "touched", { hash: "v1", timestamp: "t2", sha256: "" }],
    [claimed(M1.toUpperCase()), M1, "t1", "same", { hash: M1.toUpperCase(), sha256: "" }],
    [claimed("v1"), "v2", "t2", "changed", { hash: "v2", timestamp: "t2", sha256: "" }],
    [fileWith({ 1: A }, { isRemoved: true }), "v2", "t2", "new", { hash: "v2", sha256: "", generation: undefined }],
  ];
  for (const [before, hash, timestamp, expected, part] of table) {
    const row = `${before?.hash}, then ${hash} ${timestamp}`;
    const { file, kind } = updateVersion(before, { name: "a.txt", hash, timestamp }, { nodeId: 3, nowMs: 9 });
    assertEquals(kind, expected, row);
    for (const [key, value] of Object.entries(part)) assertEquals(file[key as keyof MetaFile], value, `${row}: ${key}`);
    assertEquals(splitHolders(file).current.includes(3), true, row);
    const { file: storeOnly } = updateVersion(before, { name: "a.txt", hash, timestamp }, {
      nodeId: undefined,
      nowMs: 9,
    });
    assertEquals(storeOnly.holders.has(3), false, row);
  }
});

Deno.test("updateVersion() of a removed file without a hash notes who has to drop it", () => {
  const removed = fileWith({ 1: A }, { isRemoved: true });
  const { file, kind } = updateVersion(removed, { name: "a.txt", hash: "", timestamp: "" }, { nodeId: 3, nowMs: 9 });
  assertEquals(kind, "same");
  assertEquals(splitHolders(file), { current: [], stale: [1, 3] });
});

Deno.test("a version that only its name tells apart makes the holders of another one stale", () => {
  const first = updateVersion(undefined, { name: "a.txt", hash: "v1", timestamp: "" }, { nodeId: 1, nowMs: 9 }).file;
  const second = updateVersion(first, { name: "a.txt", hash: "v2", timestamp: "" }, { nodeId: 2, nowMs: 9 }).file;
  assertEquals(splitHolders(second), { current: [2], stale: [1] });
  // The store names the bytes of it.
  const { file, kind } = publishVersion(second, { name: "a.txt", ...stored(B, 7, { hash: "v2" }) }, 9);
  assertEquals(kind, "touched");
  assertEquals(file.holders, new Map([[1, "=v1"], [2, `7|${B}`]]));
});

Deno.test("holdVersion() lets a node keep the present version, and takes a later one for news", () => {
  const removed = fileWith({ 9: A }, { isRemoved: true });
  const table: [
    before: MetaFile | undefined,
    PublishedVersion,
    HoldVerdict,
    sha256: string,
    generation?: number | undefined,
  ][] = [
    [undefined, stored(A, 5), "unknown", ""],
    [fileWith(), stored(A, 5), "current", A, 5],
    [fileWith(), stored(A, undefined), "current", A, 5],
    [fileWith(), stored(B, undefined), "stale", A, 5],
    [fileWith(), stored(B, 4), "stale", A, 5],
    // The bytes of an earlier version may be those of the present one again.
    [fileWith(), stored(A, 4), "current", A, 5],
    [fileWith(), stored(B, 6), "current", B, 6],
    [claimed("v1"), stored(A, undefined, { hash: "v1" }), "current", A, undefined],
    [claimed("v1"), stored(A, undefined, { hash: "v2" }), "stale", "", undefined],
    [claimed("v1"), stored(A, 1), "current", A, 1],
    [claimed("v1"), stored("", undefined, { hash: "v1" }), "current", "", undefined],
    [claimed(""), stored(A, undefined, { hash: "" }), "stale", "", undefined],
    [fileWith({}, { sha256: "", hash: M2 }), stored(A, 5, { hash: M1 }), "current", A, 5],
    [removed, stored(A, 5), "unknown", A, 5],
    [removed, stored(A, undefined), "unknown", A, 5],
    [removed, stored(C, 6), "current", C, 6],
  ];
  for (const [before, version, expected, sha256, generation] of table) {
    const row = `${before?.hash} ${before?.generation}, then ${version.hash} ${version.generation}`;
    const { file, verdict } = holdVersion(before, version, { nodeId: 3, nowMs: 9 });
    assertEquals(verdict, expected, row);
    assertEquals(file?.sha256 ?? "", sha256, row);
    assertEquals(file?.generation, generation, row);
    assertEquals(file?.holders.get(3), verdict === "current" ? copyOf(file!) : undefined, row);
  }
});

Deno.test("splitHolders() tells who has the present version", () => {
  const table: [file: MetaFile, current: number[], stale: number[]][] = [
    [fileWith(), [], []],
    [fileWith({ 10: A, 2: A }), [2, 10], []],
    [fileWith({ 3: B, 1: A, 2: "" }), [1], [2, 3]],
    [fileWith({ 1: A, 2: B }, { isRemoved: true }), [], [1, 2]],
    [claimed("v1", { 1: "=v1", 2: "=v0", 3: A }), [1], [2, 3]],
  ];
  for (const [file, current, stale] of table) assertEquals(splitHolders(file), { current, stale });
});

Deno.test("noteHolder() notes a node, and never touches the file's own version", () => {
  assertEquals(noteHolder(fileWith(), 1, B), fileWith({ 1: B }));
  assertEquals(noteHolder(fileWith({ 1: B }), 1, A), fileWith({ 1: A }));
  const known = fileWith({ 1: A });
  assertStrictEquals(noteHolder(known, 1, A), known);
});

Deno.test("notePublisher() notes who put a version, unless something else is on record of him", () => {
  const note = `5|${A}`;
  assertEquals(notePublisher(fileWith({ 2: B }), 1, note), fileWith({ 1: note, 2: B }));
  for (const known of [fileWith({ 1: B }), fileWith({ 1: `4|${A}` }), fileWith({ 1: "p|purged" })]) {
    assertStrictEquals(notePublisher(known, 1, note), known);
  }
});

Deno.test("releaseHolder() lets go of the very bytes that are gone", () => {
  assertEquals(releaseHolder(fileWith({ 1: B, 2: A }), 1, B), fileWith({ 2: A }));
  assertEquals(releaseHolder(fileWith({ 1: B }), 1, undefined), fileWith());
  // It filled itself anew before the news of the purge came.
  const refilled = fileWith({ 1: A });
  assertStrictEquals(releaseHolder(refilled, 1, B), refilled);
  assertStrictEquals(releaseHolder(refilled, 7, undefined), refilled);
});

Deno.test("purgeFile() has every holder drop its copy, and a node that fills itself anew is a holder again", () => {
  const purged = purgeFile(fileWith({ 1: A, 2: B }));
  assertEquals(splitHolders(purged), { current: [], stale: [1, 2] });
  assertStrictEquals(purgeFile(purged), purged);
  const { file } = holdVersion(purged, stored(A, 5), { nodeId: 1, nowMs: 9 });
  assertEquals(splitHolders(file!), { current: [1], stale: [2] });
  // The node's word about the copy that is gone comes late.
  assertStrictEquals(releaseHolder(file!, 1, purged.holders.get(1)), file);
  const empty = fileWith();
  assertStrictEquals(purgeFile(empty), empty);
});

Deno.test("the late word that a copy is gone is none about a later copy of the same bytes", () => {
  const versions = [stored(A, 5), stored(B, 6), stored(A, 7), stored(B, 8)].map((one) => ({ ...one, name: "a.txt" }));
  const first = holdVersion(fileWith(), versions[0]!, { nodeId: 1, nowMs: 9 }).file!;
  const told = first.holders.get(1);
  const again = holdVersion(first, versions[2]!, { nodeId: 1, nowMs: 9 }).file!;
  const last = publishVersion(again, versions[3]!, 9).file;
  assertStrictEquals(releaseHolder(last, 1, told), last);
  assertEquals(splitHolders(last), { current: [], stale: [1] });
  // Purged, filled anew, and purged again.
  const purged = purgeFile(first, "p1");
  const refilled = holdVersion(purged, versions[0]!, { nodeId: 1, nowMs: 9 }).file!;
  const twice = purgeFile(refilled, "p2");
  assertStrictEquals(releaseHolder(twice, 1, purged.holders.get(1)), twice);
  assertEquals(releaseHolder(twice, 1, "p2|purged")!.holders.size, 0);
});

Deno.test("a removed file is remembered until the last node has let go of it", () => {
  assertEquals(removeFile(fileWith()), undefined);
  const remains = removeFile(fileWith({ 1: A, 2: B }))!;
  assertEquals(remains.isRemoved, true);
  assertStrictEquals(removeFile(remains), remains);
  assertStrictEquals(purgeFile(remains), remains);
  assertEquals(isStale(remains, A), true);
  const one = releaseHolder(remains, 1, A)!;
  assertEquals(splitHolders(one), { current: [], stale: [2] });
  assertEquals(releaseHolder(one, 2, B), undefined);
});

Deno.test("a file that is published again after its removal keeps who has old bytes", () => {
  const remains = removeFile(fileWith({ 1: A, 2: B }))!;
  const { file, kind } = publishVersion(remains, { name: "a.txt", ...stored(A, 6) }, 20);
  assertEquals(kind, "new");
  assertEquals(splitHolders(file), { current: [1], stale: [2] });
});
