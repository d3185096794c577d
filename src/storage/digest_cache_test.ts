import { assertEquals, assertRejects } from "@std/assert";
import { sha256 } from "../base/digest.ts";
import { VirtualClock } from "../base/virtual_clock.ts";
import { FileError, type OpenFile } from "../env/files.ts";
import { MemoryFiles } from "../env/memory_files.ts";
import { DigestCache } from "./digest_cache.ts";
import { type FoundFile, scanFolder } from "./folder.ts";

const MIB = 1_048_576;

/** Files that tell of what is opened and read. */
class WatchedFiles extends MemoryFiles {
  readonly opened: string[] = [];
  /** The most files that were open at once. */
  mostOpen = 0;
  /** Called before each read, with its offset. */
  onRead: (path: string, offsetBytes: number) => void = () => {};

  constructor() {
    super({ clock: new VirtualClock() });
  }

  override async open(path: string): Promise<OpenFile> {
    this.opened.push(path);
    const file = await super.open(path);
    this.mostOpen = Math.max(this.mostOpen, this.openFiles);
    const { onRead } = this;
    return {
      info: () => file.info(),
      // deno-lint-ignore require-await -- what `onRead` throws must become a rejection
      readAt: async (into, offsetBytes): Promise<number> => {
        onRead(path, offsetBytes);
        return file.readAt(into, offsetBytes);
      },
      writeAt: (bytes, offsetBytes) => file.writeAt(bytes, offsetBytes),
      truncate: (sizeBytes) => file.truncate(sizeBytes),
      sync: () => file.sync(),
      close: () => file.close(),
    };
  }
}

async function findIn(files: MemoryFiles, name: string): Promise<FoundFile> {
  return (await scanFolder(files, "/srv")).files.get(name)!;
}

function hexOf(bytes: Uint8Array): string {
  const digest = sha256();
  digest.update(bytes);
  return digest.hex();
}

Deno.test("DigestCache.digest() returns a file's SHA-256", async () => {
  const files = new WatchedFiles();
  files.write("/srv/empty", "");
  files.write("/srv/abc", "abc");
  const cache = new DigestCache(files, "/srv");
  assertEquals(
    await cache.digest(await findIn(files, "empty")),
    "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855",
  );
  assertEquals(
    await cache.digest(await findIn(files, "abc")),
    "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad",
  );
  assertEquals(files.openFiles, 0);
});

Deno.test("DigestCache.digest() reads large files piece by piece", async () => {
  const files = new WatchedFiles();
  const bytes = Uint8Array.from({ length: 3 * MIB + 5 }, (_, at) => at % 251);
  files.write("/srv/large", bytes);
  const offsets: number[] = [];
  files.onRead = (_, offset) => void offsets.push(offset);
  const cache = new DigestCache(files, "/srv");
  assertEquals(await cache.digest(await findIn(files, "large")), hexOf(bytes));
  assertEquals(offsets, [0, MIB, 2 * MIB, 3 * MIB]);
});

Deno.test("DigestCache.digest() reads a version once, however often and however many ask at once", async () => {
  const files = new WatchedFiles();
  files.write("/srv/a", "one");
  const cache = new DigestCache(files, "/srv");
  const found = await findIn(files, "a");
  const digests = await Promise.all(Array.from({ length: 5 }, () => cache.digest(found)));
  assertEquals(new Set(digests).size, 1);
  assertEquals(await cache.digest(await findIn(files, "a")), digests[0]);
  assertEquals(files.opened, ["/srv/a"]);
  files.write("/srv/a", "two");
  assertEquals(await cache.digest(await findIn(files, "a")), hexOf(new TextEncoder().encode("two")));
  assertEquals(files.opened.length, 2);
});

/** What happens to `/srv/a`, of 2 MiB, while its second half is about to be read. */
const CHANGES: Record<string, (files: MemoryFiles) => void> = {
  "written to": (files) => files.overwrite("/srv/a", new Uint8Array(2 * MIB).fill(1)),
  "cut short": (files) => files.overwrite("/srv/a", "short"),
  "extended": (files) => files.overwrite("/srv/a", new Uint8Array(2 * MIB + 1)),
};

for (const [what, change] of Object.entries(CHANGES)) {
  Deno.test(`DigestCache.digest() has no digest of a file that is ${what} meanwhile, and finds the new one`, async () => {
    const files = new WatchedFiles();
    files.write("/srv/a", new Uint8Array(2 * MIB));
    const cache = new DigestCache(files, "/srv");
    const found = await findIn(files, "a");
    files.onRead = (_, offset) => offset > 0 && change(files);
    assertEquals(await cache.digest(found), undefined);
    files.onRead = () => {};
    assertEquals(await cache.digest(found), undefined, "that version is gone");
    assertEquals(await cache.digest(await findIn(files, "a")), hexOf(files.read("/srv/a")));
    assertEquals(files.openFiles, 0);
  });
}

Deno.test("DigestCache.digest() finishes a file that is replaced meanwhile: its bytes are still there", async () => {
  const files = new WatchedFiles();
  const bytes = new Uint8Array(2 * MIB).fill(7);
  files.write("/srv/a", bytes);
  const cache = new DigestCache(files, "/srv");
  const found = await findIn(files, "a");
  files.onRead = (_, offset) => offset > 0 && files.write("/srv/a", "new");
  assertEquals(await cache.digest(found), hexOf(bytes));
});

Deno.test("DigestCache.digest() has no digest of a file that is gone, and tries again later", async () => {
  const files = new WatchedFiles();
  files.write("/srv/a", "a");
  const cache = new DigestCache(files, "/srv");
  const found = await findIn(files, "a");
  files.removeFolder("/srv/a");
  assertEquals([await cache.digest(found), await cache.digest(found)], [undefined, undefined]);
  assertEquals(files.opened.length, 2);
});

Deno.test("DigestCache.digest() throws what reading throws, to all who wait, and forgets it", async () => {
  const files = new WatchedFiles();
  files.write("/srv/a", "a");
  const cache = new DigestCache(files, "/srv");
  const found = await findIn(files, "a");
  files.failNext("readAt", "other");
  const attempts = [cache.digest(found), cache.digest(found)];
  for (const attempt of attempts) await assertRejects(() => attempt, FileError);
  assertEquals(files.openFiles, 0);
  assertEquals(await cache.digest(found), hexOf(new TextEncoder().encode("a")));
});

Deno.test("DigestCache.digest() reads two files at once and no more, and all in the end", async () => {
  const files = new WatchedFiles();
  const expected: string[] = [];
  for (let at = 0; at < 12; at++) {
    files.write(`/srv/f${at}`, `content ${at}`);
    expected.push(hexOf(new TextEncoder().encode(`content ${at}`)));
  }
  const cache = new DigestCache(files, "/srv");
  const found = await Promise.all(expected.map((_, at) => findIn(files, `f${at}`)));
  files.failNext("readAt", "other");
  const digests = await Promise.allSettled(found.map((each) => cache.digest(each)));
  assertEquals(files.mostOpen, 2);
  assertEquals(digests.map((each) => each.status), ["rejected", ...Array.from({ length: 11 }, () => "fulfilled")]);
  assertEquals(await Promise.all(found.map((each) => cache.digest(each))), expected);
});

Deno.test("DigestCache.retain() drops the digests of what is no longer served", async () => {
  const files = new WatchedFiles();
  for (const name of ["a", "b"]) files.write(`/srv/${name}`, name);
  const cache = new DigestCache(files, "/srv");
  const [a, b] = [await findIn(files, "a"), await findIn(files, "b")];
  await Promise.all([cache.digest(a), cache.digest(b)]);
  cache.retain((name) => name === "b");
  await Promise.all([cache.digest(a), cache.digest(b)]);
  assertEquals(files.opened, ["/srv/a", "/srv/b", "/srv/a"]);
});

Deno.test("DigestCache.close() gives up on a digest under way", async () => {
  const clock = new VirtualClock();
  const files = new MemoryFiles({ clock });
  files.write("files/big", new Uint8Array(5_000_000));
  const { files: found } = await scanFolder(files, "files");
  const cache = new DigestCache(files, "files");
  const digest = cache.digest(found.get("big")!);
  cache.close();
  assertEquals(await digest, undefined);
  assertEquals(files.openFiles, 0);
});
