import { assert, assertEquals, assertThrows } from "@std/assert";
import { assertFileError, type FilesBench, put, textOf } from "../../tests/files_bench.ts";
import { FILES_CASES } from "../../tests/files_contract.ts";
import { VirtualClock } from "../base/virtual_clock.ts";
import { FileError } from "./files.ts";
import { MemoryFiles } from "./memory_files.ts";

for (const { name, run } of FILES_CASES) {
  Deno.test(`MemoryFiles ${name}`, async () => {
    const clock = new VirtualClock();
    const files = new MemoryFiles({ clock });
    files.addFolder("/root");
    const bench: FilesBench = {
      files,
      root: "/root",
      link: (path, target) => Promise.resolve(files.addLink(path, target)),
      wait: (promise) => clock.until(promise),
    };
    await run(bench);
    assertEquals(files.openFiles, 0);
    assertEquals(clock.pending, 0);
  });
}

function newFiles(capacityBytes = Infinity): { files: MemoryFiles; clock: VirtualClock } {
  const clock = new VirtualClock();
  return { files: new MemoryFiles({ clock, capacityBytes }), clock };
}

Deno.test("MemoryFiles.write() replaces a file under the nose of its readers", async () => {
  const { files } = newFiles();
  files.write("content/cs1/a.txt", "old");
  const reader = await files.open("/content/cs1/a.txt");
  files.write("content/cs1/a.txt", "newer");
  assertEquals((await reader.info()).sizeBytes, 3);
  assertEquals(await textOf(files, "./content/cs1/a.txt"), "newer");
  await reader.close();
});

Deno.test("MemoryFiles.overwrite() changes a file in its readers' hands", async () => {
  const { files } = newFiles();
  files.write("/a.txt", "old");
  const reader = await files.open("/a.txt");
  const before = await reader.info();
  files.overwrite("/a.txt", "NEW");
  const after = await reader.info();
  assert(after.version !== before.version && after.modifiedMs > before.modifiedMs);
  assertEquals(new TextDecoder().decode(files.read("/a.txt")), "NEW");
  await reader.close();
});

Deno.test("MemoryFiles.rename() gives the renamed file another version, as a real file system does", async () => {
  const { files } = newFiles();
  files.write("/a.txt", "hello");
  const before = await files.info("/a.txt");
  await files.rename("/a.txt", "/b.txt");
  const after = await files.info("/b.txt");
  assert(after.version !== before.version);
  assertEquals(after.modifiedMs, before.modifiedMs);
});

Deno.test("MemoryFiles.addGenerated() serves 4 GiB that nobody stores", async () => {
  const { files } = newFiles(1_000_000);
  files.addGenerated("/big.bin", 2 ** 32, (into, offset) => into.forEach((_, at) => into[at] = (offset + at) % 251));
  const file = await files.open("/big.bin");
  const into = new Uint8Array(300);
  const offset = 2 ** 32 - 200;
  assertEquals(await file.readAt(into, offset), 200);
  assertEquals(into[0], offset % 251);
  assertEquals(into[199], (offset + 199) % 251);
  assertEquals(files.usedBytes, 0);
  await file.close();
});

Deno.test("MemoryFiles is full at its capacity, byte by byte, and frees what is removed and closed", async () => {
  const { files } = newFiles(10);
  await put(files, "/a.txt", "123456");
  await assertFileError(put(files, "/b.txt", "12345"), "full");
  await put(files, "/b.txt", "1234");
  assertEquals(files.usedBytes, 10);
  const reader = await files.open("/a.txt");
  await files.remove("/a.txt");
  await assertFileError(put(files, "/c.txt", "1"), "full");
  await reader.close();
  await put(files, "/c.txt", "123456");
  files.removeFolder("/");
  assertEquals(files.usedBytes, 0);
});

Deno.test("MemoryFiles.failNext() makes the next calls of one operation fail", async () => {
  const { files, clock } = newFiles();
  files.write("/a.txt", "hello");
  files.failNext("open", "exhausted", 2);
  files.failNext("writeAt", "full");
  files.failNext("watch", "exhausted");
  await assertFileError(files.open("/a.txt"), "exhausted");
  await assertFileError(files.open("/a.txt"), "exhausted");
  await assertFileError(put(files, "/b.txt", "b"), "full");
  await put(files, "/b.txt", "b");
  const hints = files.watch("/", { signal: new AbortController().signal });
  await assertFileError(clock.until(hints.next()), "exhausted");
  assertEquals(await textOf(files, "/a.txt"), "hello");
});

Deno.test("MemoryFiles.watch() folds a burst into one hint, a while after its first change", async () => {
  const { files, clock } = newFiles();
  files.addFolder("/a/b");
  const controller = new AbortController();
  let hints = 0;
  const watching = (async (): Promise<void> => {
    for await (const _ of files.watch("/a", { signal: controller.signal })) hints++;
  })();
  await clock.advance(0);
  assertEquals(hints, 1);
  for (let i = 0; i < 100; i++) files.write(`/a/b/${i}`, "x");
  files.write("/elsewhere", "x");
  await clock.advance(9);
  assertEquals(hints, 1);
  await clock.advance(1);
  assertEquals(hints, 2);
  files.write("/elsewhere", "y");
  await clock.advance(1_000);
  assertEquals(hints, 2);
  controller.abort();
  await watching;
  assertEquals(clock.pending, 0);
});

Deno.test("MemoryFiles.addDevice() makes what cannot be opened", async () => {
  const { files } = newFiles();
  files.addDevice("/dev/null");
  assertEquals((await files.info("/dev/null")).kind, "other");
  await assertFileError(files.open("/dev/null"), "not-a-file");
  assertThrows(() => files.read("/dev/null"), FileError);
});
