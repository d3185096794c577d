import { assert, assertEquals, assertNotStrictEquals, assertRejects, assertStrictEquals } from "@std/assert";
import { pattern } from "../../tests/net_bench.ts";
import { VirtualClock } from "../base/virtual_clock.ts";
import { MemoryFiles } from "../env/memory_files.ts";
import { FileError, type FileInfo } from "../env/files.ts";
import { Metrics } from "../env/metrics.ts";
import { type FoundFile, scanFolder } from "./folder.ts";
import { type FillPiece, HotFiles, type Loan, PIECE_BYTES } from "./hot_files.ts";

const KIB = 1_024;

/** Files that count how often they are looked at. */
class WatchedFiles extends MemoryFiles {
  looks = 0;
  /** Called before each look. */
  beforeLook: () => void = () => {};

  constructor() {
    super({ clock: new VirtualClock() });
  }

  override async info(path: string): Promise<FileInfo> {
    this.looks++;
    this.beforeLook();
    return await super.info(path);
  }
}

interface Bench {
  readonly files: WatchedFiles;
  readonly hot: HotFiles;
  /** Puts a file there and finds it. */
  put(name: string, content: string | Uint8Array): Promise<FoundFile>;
  /** The counters: hits, misses, evictions. */
  counts(): number[];
}

function bench(maxBytes: number): Bench {
  const files = new WatchedFiles();
  const metrics = new Metrics();
  return {
    files,
    hot: new HotFiles({ files, metrics }, "/srv", maxBytes),
    async put(name, content): Promise<FoundFile> {
      files.write(`/srv/${name}`, content);
      const found = (await scanFolder(files, "/srv")).files.get(name)!;
      files.looks = 0;
      return found;
    },
    counts: () => ["hits", "misses", "evictions"].map((what) => metrics.values()[`microcdn_cache_${what}_total`]!),
  };
}

/** Fills a piece with one value. */
function fillWith(value: number): FillPiece {
  return (into) => {
    into.fill(value);
    return Promise.resolve(true);
  };
}

const refuse: FillPiece = () => Promise.resolve(false);

/** Brings a piece in and gives it back. */
async function bring({ hot }: Bench, found: FoundFile, index = 0): Promise<void> {
  const loan = await hot.lend(found, index, fillWith(index));
  assert(loan !== undefined, `${found.name} ${index}`);
  loan.release();
}

async function isHere({ hot }: Bench, found: FoundFile, index = 0): Promise<boolean> {
  const loan = await hot.lend(found, index);
  loan?.release();
  return loan !== undefined;
}

Deno.test("HotFiles.keeps() files of its own size and less, but not empty ones, and none without memory", async () => {
  const { hot, put } = bench(100);
  assertEquals(hot.keeps(await put("a", new Uint8Array(100))), true);
  assertEquals(hot.keeps(await put("b", new Uint8Array(101))), false);
  assertEquals(hot.keeps(await put("c", "")), false);
  assertEquals(bench(0).hot.keeps(await put("d", "d")), false);
});

Deno.test("HotFiles.lend() reads a piece once, and lends the same bytes to all who want it", async () => {
  const bed = bench(4 * PIECE_BYTES);
  const found = await bed.put("a", new Uint8Array(PIECE_BYTES + 10));
  let fills = 0;
  const filled = Promise.withResolvers<boolean>();
  const fill: FillPiece = (into) => {
    fills++;
    into.fill(7);
    return filled.promise;
  };
  const wanted = Promise.all(Array.from({ length: 20 }, () => bed.hot.lend(found, 1, fill)));
  filled.resolve(true);
  const loans = await wanted;
  for (const loan of loans) assertStrictEquals(loan!.bytes, loans[0]!.bytes);
  assertEquals([fills, loans[0]!.bytes], [1, new Uint8Array(10).fill(7)]);
  for (const loan of loans) loan!.release();
  assertEquals(bed.counts(), [19, 1, 0]);
  assertEquals([bed.hot.count, bed.hot.sizeBytes], [1, 10 + KIB]);
});

Deno.test("HotFiles.lend() without a way to read lends only what is here", async () => {
  const bed = bench(PIECE_BYTES);
  const found = await bed.put("a", "aaa");
  assertEquals(await isHere(bed, found), false);
  await bring(bed, found);
  assertEquals(await isHere(bed, found), true);
});

Deno.test("HotFiles.lend() gives nobody a piece that could not be read, and reads it again for the next", async () => {
  const bed = bench(PIECE_BYTES);
  const found = await bed.put("a", "aaa");
  const fail: FillPiece = () => Promise.reject(new FileError("other", "read a"));
  for (const fill of [refuse, fail]) {
    const loans = await Promise.all([bed.hot.lend(found, 0, fill), bed.hot.lend(found, 0, fill)]);
    assertEquals(loans, [undefined, undefined]);
    assertEquals([bed.hot.count, bed.hot.sizeBytes], [0, 0]);
  }
  await bring(bed, found);
  assertEquals(await isHere(bed, found), true);
});

Deno.test("HotFiles.lend() hands on a bug, and keeps nothing", async () => {
  const { hot, put } = bench(PIECE_BYTES);
  const found = await put("a", "aaa");
  await assertRejects(() => hot.lend(found, 0, () => Promise.reject(new TypeError("a bug"))), TypeError, "a bug");
  assertEquals([hot.count, hot.sizeBytes], [0, 0]);
});

Deno.test("HotFiles keeps pieces of two versions apart", async () => {
  const bed = bench(PIECE_BYTES);
  const old = await bed.put("a", "old");
  await bring(bed, old);
  const young = await bed.put("a", "new");
  assertEquals(await isHere(bed, young), false);
  const loan = await bed.hot.lend(young, 0, fillWith(9));
  assertEquals(loan!.bytes, new Uint8Array(3).fill(9));
  loan!.release();
});

Deno.test("HotFiles never holds more than it may, and uses the memory of what it gives up", async () => {
  const bed = bench(2 * PIECE_BYTES);
  const found = await bed.put("a", new Uint8Array(2 * PIECE_BYTES));
  const other = await bed.put("b", new Uint8Array(2 * PIECE_BYTES));
  const first = await bed.hot.lend(found, 0, fillWith(0));
  const memory = first!.bytes.buffer;
  first!.release();
  await bring(bed, found, 1);
  const next = await bed.hot.lend(other, 0, fillWith(5));
  assertStrictEquals(next!.bytes.buffer, memory);
  assertEquals([bed.hot.count, bed.hot.sizeBytes], [2, 2 * PIECE_BYTES]);
  assertEquals(await isHere(bed, found, 0), false);
  assertEquals(await isHere(bed, found, 1), true);
  next!.release();
  assertEquals(bed.counts()[2], 1);
});

Deno.test("HotFiles gives up nothing that is lent or being read, and says when that leaves no room", async () => {
  const bed = bench(2 * PIECE_BYTES);
  const found = await bed.put("a", pattern(2 * PIECE_BYTES));
  const other = await bed.put("b", new Uint8Array(PIECE_BYTES));
  const lent = await bed.hot.lend(found, 0, fillWith(1));
  const filled = Promise.withResolvers<boolean>();
  const reading = bed.hot.lend(found, 1, () => filled.promise);
  assertEquals(await bed.hot.lend(other, 0, fillWith(2)), undefined);
  assertEquals(bed.hot.sizeBytes, 2 * PIECE_BYTES);
  filled.resolve(true);
  (await reading)!.release();
  const loan = await bed.hot.lend(other, 0, fillWith(2));
  assertEquals([lent!.bytes[0], loan!.bytes[0]], [1, 2]);
  assertNotStrictEquals(lent!.bytes.buffer, loan!.bytes.buffer);
  assertEquals([await isHere(bed, found, 0), await isHere(bed, found, 1)], [true, false]);
});

Deno.test("HotFiles counts 1 KiB more than a small file has, so that a crowd of them is not free", async () => {
  const bed = bench(3 * KIB + 5);
  for (const name of ["a", "b", "c", "d"]) await bring(bed, await bed.put(name, "x"));
  assertEquals([bed.hot.count, bed.hot.sizeBytes], [3, 3 + 3 * KIB]);
});

Deno.test("HotFiles has room for a file of all its memory, whatever the last piece has", async () => {
  for (const sizeBytes of [4 * PIECE_BYTES, 4 * PIECE_BYTES - 1, 3 * PIECE_BYTES + 1]) {
    const bed = bench(4 * PIECE_BYTES);
    const found = await bed.put("a", new Uint8Array(sizeBytes));
    for (let index = 0; index < 4; index++) await bring(bed, found, index);
    for (let index = 0; index < 4; index++) assertEquals(await isHere(bed, found, index), true);
  }
});

Deno.test("HotFiles keeps what is in demand through a pass over a large file", async () => {
  const bed = bench(8 * PIECE_BYTES);
  const hot: FoundFile[] = [];
  for (const name of ["a", "b", "c"]) hot.push(await bed.put(name, new Uint8Array(PIECE_BYTES)));
  for (const found of hot) for (let times = 0; times < 2; times++) await bring(bed, found);
  for (const name of ["y", "z"]) {
    const large = await bed.put(name, new Uint8Array(8 * PIECE_BYTES));
    for (let index = 0; index < 8; index++) await bring(bed, large, index);
  }
  for (const found of hot) assertEquals(await isHere(bed, found), true, found.name);
});

Deno.test("HotFiles.retain() gives up versions that are served no more, what is lent when it comes back", async () => {
  const bed = bench(8 * PIECE_BYTES);
  const stays = await bed.put("stays", "s");
  const goes = await bed.put("goes", new Uint8Array(2 * PIECE_BYTES));
  await bring(bed, stays);
  await bring(bed, goes, 0);
  const lent = await bed.hot.lend(goes, 1, fillWith(3));
  const filled = Promise.withResolvers<boolean>();
  const other = await bed.put("other", "o");
  const reading = bed.hot.lend(other, 0, () => filled.promise);
  bed.hot.retain((name, version) => name === "stays" && version === stays.info.version);
  assertEquals([bed.hot.count, bed.hot.sizeBytes], [3, PIECE_BYTES + 2 + 2 * KIB]);
  assertEquals([await isHere(bed, goes, 1), await isHere(bed, stays)], [false, true]);
  assertEquals(lent!.bytes[0], 3);
  lent!.release();
  filled.resolve(false);
  assertEquals(await reading, undefined);
  assertEquals([bed.hot.count, bed.hot.sizeBytes], [1, 1 + KIB]);
  bed.hot.retain(() => false);
  assertEquals([bed.hot.count, bed.hot.sizeBytes], [0, 0]);
});

Deno.test("HotFiles.retain() during a read does not take away what is brought in anew", async () => {
  const bed = bench(8 * PIECE_BYTES);
  const found = await bed.put("a", new Uint8Array(2 * PIECE_BYTES));
  const filled = Promise.withResolvers<boolean>();
  const reading = bed.hot.lend(found, 0, () => filled.promise);
  bed.hot.retain(() => false);
  await bring(bed, found, 0);
  filled.resolve(false);
  assertEquals(await reading, undefined);
  assertEquals(await isHere(bed, found, 0), true);
  assertEquals(bed.hot.count, 1);
});

/** What happens to the file, so that its path leads elsewhere. */
const CHANGES: Record<string, (files: MemoryFiles) => void> = {
  "was written to": (files) => files.overwrite("/srv/a", "other"),
  "was written to with as many bytes": (files) => files.overwrite("/srv/a", "seen!"),
  "was replaced by the same bytes": (files) => files.write("/srv/a", "bytes"),
  "was removed": (files) => files.removeFolder("/srv/a"),
  "became a link": (files) => files.addLink("/srv/a", "/srv/b"),
};

for (const [what, change] of Object.entries(CHANGES)) {
  Deno.test(`HotFiles.lendWhole() does not lend a file that ${what}`, async () => {
    const bed = bench(PIECE_BYTES);
    const found = await bed.put("a", "bytes");
    await bring(bed, found);
    const loan = await bed.hot.lendWhole(found);
    assertEquals(loan!.bytes.length, 5);
    loan!.release();
    change(bed.files);
    assertEquals(await bed.hot.lendWhole(found), undefined);
  });
}

Deno.test("HotFiles.lendWhole() lends small files that are here, without opening them", async () => {
  const bed = bench(8 * PIECE_BYTES);
  const small = await bed.put("small", new Uint8Array(PIECE_BYTES));
  const large = await bed.put("large", new Uint8Array(PIECE_BYTES + 1));
  bed.files.failNext("open", "denied", 10);
  for (const found of [small, large]) assertEquals(await bed.hot.lendWhole(found), undefined);
  await bring(bed, small);
  await bring(bed, large);
  const loan = await bed.hot.lendWhole(small);
  assertEquals([loan!.bytes.length, await bed.hot.lendWhole(large)], [PIECE_BYTES, undefined]);
  loan!.release();
  bed.files.failNext("info", "denied");
  assertEquals(await bed.hot.lendWhole(small), undefined, "a file that cannot be looked at");
});

Deno.test("HotFiles.lendWhole() looks once for all who came before the look, and again for who comes later", async () => {
  const bed = bench(PIECE_BYTES);
  const found = await bed.put("a", "bytes");
  await bring(bed, found);
  const loans = await Promise.all(Array.from({ length: 5 }, () => bed.hot.lendWhole(found)));
  assertEquals(bed.files.looks, 1);
  for (const loan of loans) loan!.release();
  let late: Promise<Loan | undefined> | undefined;
  bed.files.beforeLook = () => late ??= bed.hot.lendWhole(found);
  (await bed.hot.lendWhole(found))!.release();
  (await late)!.release();
  assertEquals(bed.files.looks, 3);
});
