/**
 * The file contract: opening, reading, writing, versions.
 *
 * @module
 */

import { assert, assertEquals, assertGreater, assertMatch, assertNotEquals, assertRejects } from "@std/assert";
import { FileError, readWhole, writeWhole } from "../src/env/files.ts";
import { assertFileError, type FilesCase, put, textOf } from "./files_bench.ts";

const MIB = 1_048_576;

function pattern(length: number): Uint8Array {
  return Uint8Array.from({ length }, (_, at) => (at * 31 + (at >> 8)) & 0xff);
}

/** What open files promise. */
export const OPEN_FILE_CASES: readonly FilesCase[] = [
  {
    name: "openForWriting() makes a missing file and keeps the content of one that is there",
    async run({ files, root }): Promise<void> {
      await put(files, `${root}/a.txt`, "hello");
      const file = await files.openForWriting(`${root}/a.txt`);
      await file.writeAt(new TextEncoder().encode("J"), 0);
      await file.close();
      assertEquals(await textOf(files, `${root}/a.txt`), "Jello");
    },
  },
  {
    name: "create() makes a file to write and read, and touches nothing that is there",
    async run({ files, root }): Promise<void> {
      const file = await files.create(`${root}/a.txt`);
      await file.writeAt(new TextEncoder().encode("new"), 0);
      const into = new Uint8Array(9);
      assertEquals(await file.readAt(into, 0), 3);
      await file.close();
      await assertFileError(files.create(`${root}/a.txt`), "exists");
      assertEquals(await textOf(files, `${root}/a.txt`), "new");
      await files.makeFolder(`${root}/folder`);
      await assertFileError(files.create(`${root}/folder`), "exists");
      await assertFileError(files.create(`${root}/none/a.txt`), "not-found");
    },
  },
  {
    name: "OpenFile.readAt() returns the count, and 0 at the end and past it",
    async run({ files, root }): Promise<void> {
      await put(files, `${root}/a.txt`, "hello");
      const file = await files.open(`${root}/a.txt`);
      const into = new Uint8Array(4);
      assertEquals(await file.readAt(into, 0), 4);
      assertEquals(new TextDecoder().decode(into), "hell");
      assertEquals(await file.readAt(into, 3), 2);
      assertEquals(new TextDecoder().decode(into), "loll");
      assertEquals(await file.readAt(into, 5), 0);
      assertEquals(await file.readAt(into, 5_000_000_000), 0);
      assertEquals(await file.readAt(new Uint8Array(0), 0), 0);
      await file.close();
    },
  },
  {
    name: "OpenFile.writeAt() writes 9 MiB and a bit at an odd place, intact",
    async run({ files, root }): Promise<void> {
      const bytes = pattern(9 * MIB + 17);
      const file = await files.openForWriting(`${root}/a.bin`);
      await file.writeAt(bytes, 5);
      await file.writeAt(new Uint8Array(0), 99_999_999);
      await file.close();
      const found = await readWhole(files, `${root}/a.bin`, 10 * MIB);
      assertEquals(found.subarray(0, 5), new Uint8Array(5));
      assert(found.subarray(5).every((byte, at) => byte === bytes[at]));
      assertEquals(found.length, bytes.length + 5);
    },
  },
  {
    name: "OpenFile.writeAt() leaves zeros in a gap of gigabytes",
    async run({ files, root }): Promise<void> {
      const file = await files.openForWriting(`${root}/a.bin`);
      await file.writeAt(Uint8Array.of(7), 5_000_000_000);
      assertEquals((await file.info()).sizeBytes, 5_000_000_001);
      const into = new Uint8Array(3).fill(9);
      assertEquals(await file.readAt(into, 4_999_999_998), 3);
      assertEquals(into, Uint8Array.of(0, 0, 7));
      await file.close();
    },
  },
  {
    name: "OpenFile.truncate() cuts, and extends with zeros",
    async run({ files, root }): Promise<void> {
      await put(files, `${root}/a.txt`, "hello");
      const file = await files.openForWriting(`${root}/a.txt`);
      await file.truncate(2);
      await file.truncate(4);
      await file.sync();
      await file.close();
      assertEquals(await textOf(files, `${root}/a.txt`), "he\0\0");
    },
  },
  {
    name: "OpenFile refuses to write when opened for reading",
    async run({ files, root }): Promise<void> {
      await put(files, `${root}/a.txt`, "hello");
      const file = await files.open(`${root}/a.txt`);
      await assertRejects(() => file.writeAt(Uint8Array.of(1), 0), FileError);
      await assertRejects(() => file.truncate(0), FileError);
      await file.close();
      assertEquals(await textOf(files, `${root}/a.txt`), "hello");
    },
  },
  {
    name: "OpenFile.close() is idempotent, waits for reads under way and refuses what comes later",
    async run({ files, root }): Promise<void> {
      await put(files, `${root}/a.txt`, "hello");
      const file = await files.open(`${root}/a.txt`);
      const reads = Array.from({ length: 8 }, () => file.readAt(new Uint8Array(5), 0));
      await Promise.all([file.close(), file.close()]);
      assertEquals(await Promise.all(reads), [5, 5, 5, 5, 5, 5, 5, 5]);
      await assertFileError(file.readAt(new Uint8Array(1), 0), "other");
      await assertFileError(file.info(), "other");
      await file.close();
    },
  },
  {
    name: "OpenFile keeps its content when another file takes its name, and when it is removed",
    async run({ files, root }): Promise<void> {
      await put(files, `${root}/a.txt`, "old");
      await put(files, `${root}/b.txt`, "new");
      const file = await files.open(`${root}/a.txt`);
      const { modifiedMs } = await file.info();
      await files.rename(`${root}/b.txt`, `${root}/a.txt`);
      const later = await files.open(`${root}/a.txt`);
      await files.remove(`${root}/a.txt`);
      const into = new Uint8Array(3);
      await file.readAt(into, 0);
      assertEquals(new TextDecoder().decode(into), "old");
      assertEquals((await file.info()).modifiedMs, modifiedMs);
      await later.readAt(into, 0);
      assertEquals(new TextDecoder().decode(into), "new");
      await file.close();
      await later.close();
    },
  },
  {
    name: "OpenFile shows what is written in place, under another version",
    async run({ files, root }): Promise<void> {
      await put(files, `${root}/a.txt`, "hello");
      const reader = await files.open(`${root}/a.txt`);
      const before = await reader.info();
      const writer = await files.openForWriting(`${root}/a.txt`);
      await writer.writeAt(new TextEncoder().encode("yellow"), 0);
      await writer.close();
      const after = await reader.info();
      assertEquals(after.sizeBytes, 6);
      assertNotEquals(after.version, before.version);
      const into = new Uint8Array(6);
      await reader.readAt(into, 0);
      assertEquals(new TextDecoder().decode(into), "yellow");
      await reader.close();
    },
  },
  {
    name: "info() gives a file the same id whatever is written to it, and under another name",
    async run({ files, root }): Promise<void> {
      const file = await files.create(`${root}/a.txt`);
      const { id } = await file.info();
      await file.writeAt(Uint8Array.of(1), 0);
      await files.rename(`${root}/a.txt`, `${root}/b.txt`);
      assertEquals((await files.info(`${root}/b.txt`)).id, id);
      const other = await files.create(`${root}/a.txt`);
      assertNotEquals((await other.info()).id, id);
      await other.close();
      await files.rename(`${root}/a.txt`, `${root}/b.txt`);
      assertNotEquals((await files.info(`${root}/b.txt`)).id, id, "the name is another file's by now");
      assertEquals((await file.info()).id, id);
      await file.close();
    },
  },
  {
    name: "info() gives a path and an open file the same version, and two files different ones",
    async run({ files, root }): Promise<void> {
      await put(files, `${root}/a.txt`, "hello");
      await put(files, `${root}/b.txt`, "hello");
      const file = await files.open(`${root}/a.txt`);
      const info = await files.info(`${root}/a.txt`);
      assertEquals(await file.info(), info);
      assertEquals(info.kind, "file");
      assertEquals(info.sizeBytes, 5);
      assertNotEquals((await files.info(`${root}/b.txt`)).id, info.id);
      assertGreater(info.modifiedMs, Date.UTC(2020, 0));
      assertNotEquals((await files.info(`${root}/b.txt`)).version, info.version);
      await file.close();
    },
  },
  {
    name: "open() refuses what is missing, no file, or no name",
    async run({ files, root, link }): Promise<void> {
      await put(files, `${root}/a.txt`, "hello");
      await link(`${root}/link`, "a.txt");
      await assertFileError(files.open(`${root}/none`), "not-found");
      await assertFileError(files.open(`${root}/none/a.txt`), "not-found");
      await assertFileError(files.open(`${root}/a.txt/below`), "not-found");
      await assertFileError(files.open(""), "not-found");
      await assertFileError(files.open(root), "not-a-file");
      await assertFileError(files.open(`${root}/link`), "not-a-file");
      await assertFileError(files.open(`${root}/a\0.txt`), "invalid-name");
      await assertFileError(files.open(`${root}/\ud800`), "invalid-name");
      await assertFileError(files.open(`${root}/${"n".repeat(256)}`), "invalid-name");
    },
  },
  {
    name: "openForWriting() refuses folders and links",
    async run({ files, root, link }): Promise<void> {
      await put(files, `${root}/a.txt`, "hello");
      await link(`${root}/link`, "a.txt");
      await assertFileError(files.openForWriting(`${root}/link`), "not-a-file");
      await assertFileError(files.openForWriting(root), "not-a-file");
      await assertFileError(files.openForWriting(`${root}/none/a.txt`), "not-found");
      await assertFileError(files.openForWriting(`${root}/a\0.txt`), "invalid-name");
      assertEquals(await textOf(files, `${root}/a.txt`), "hello");
    },
  },
  {
    name: "openForWriting() makes nothing where a link leads",
    async run({ files, root, link }): Promise<void> {
      await link(`${root}/link`, "made.txt");
      await assertRejects(() => files.openForWriting(`${root}/link`), FileError);
      assertEquals(await files.list(root), [{ name: "link", kind: "link" }]);
    },
  },
  {
    name: "open() opens one of the two while a file is replaced again and again",
    async run({ files, root }): Promise<void> {
      await put(files, `${root}/a.txt`, "one");
      let replacing = true;
      const replaced = (async (): Promise<void> => {
        for (let round = 0; replacing; round++) {
          await put(files, `${root}/b.txt`, round % 2 === 0 ? "two" : "one");
          await files.rename(`${root}/b.txt`, `${root}/a.txt`);
        }
      })();
      try {
        for (let round = 0; round < 50; round++) assertMatch(await textOf(files, `${root}/a.txt`), /^(one|two)$/);
      } finally {
        replacing = false;
        await replaced;
      }
    },
  },
  {
    name: "writeWhole() and readWhole() carry a file, and readWhole() keeps to its limit",
    async run({ files, root }): Promise<void> {
      const bytes = pattern(100_000);
      await writeWhole(files, `${root}/a.bin`, bytes);
      await writeWhole(files, `${root}/a.bin`, bytes.subarray(1));
      assertEquals(await readWhole(files, `${root}/a.bin`, 99_999), bytes.subarray(1));
      await assertFileError(readWhole(files, `${root}/a.bin`, 99_998), "other");
      assertEquals((await files.list(root)).map(({ name }) => name), ["a.bin"]);
    },
  },
];
