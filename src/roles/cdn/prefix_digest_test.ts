import { assert, assertEquals, assertRejects, assertStrictEquals } from "@std/assert";
import { shaOf, someBytes } from "../../../tests/download_lab.ts";
import { VirtualClock } from "../../base/virtual_clock.ts";
import { beginInline, DigestError, type Digests, inlineDigests } from "../../env/digests.ts";
import { FileError } from "../../env/files.ts";
import { MemoryFiles } from "../../env/memory_files.ts";
import { ClientError } from "./client_error.ts";
import { type DownloadOutput, writerOutput } from "../../services/download_output.ts";
import { PartFile } from "../../services/part_file.ts";
import { beginPrefixDigest, type PrefixDigest } from "./prefix_digest.ts";

const SIZE = 10_000_000;
const CONTENT = someBytes(SIZE);
const NEVER = new AbortController().signal;

interface Bench {
  readonly files: MemoryFiles;
  readonly output: DownloadOutput;
  readonly digest: PrefixDigest;
  write(start: number, end: number): Promise<void>;
}

/** A file of which nothing is there yet, and its digest. */
async function withDigest(run: (bench: Bench) => Promise<void>, digests: Digests = inlineDigests()): Promise<void> {
  const files = new MemoryFiles({ clock: new VirtualClock() });
  const output = new PartFile(files, { target: "out", name: "file" });
  await output.begin();
  const digest = beginPrefixDigest({ digests, output, sizeBytes: SIZE, name: "file" });
  const write = (start: number, end: number): Promise<void> => output.write(CONTENT.subarray(start, end), start);
  try {
    await run({ files, output, digest, write });
  } finally {
    await digest.close();
    await output.suspend();
  }
  assertEquals(files.openFiles, 0);
}

Deno.test("beginPrefixDigest() gives the digest of what is in the file, however it came there", async () => {
  await withDigest(async ({ digest, write }) => {
    assertEquals(await digest.hexOf(0, NEVER), shaOf(new Uint8Array(0)));
    await write(0, 3_000_000);
    digest.arrived(CONTENT.subarray(0, 3_000_000), 3_000_000);
    assertEquals(await digest.hexOf(3_000_000, NEVER), shaOf(CONTENT.subarray(0, 3_000_000)));
    await write(6_000_000, SIZE);
    digest.arrived(CONTENT.subarray(6_000_000), 3_000_000);
    await write(3_000_000, 6_000_000);
    digest.arrived(CONTENT.subarray(3_000_000, 6_000_000), SIZE);
    assertEquals(await digest.hexOf(SIZE, NEVER), shaOf(CONTENT));
    assertEquals(await digest.hexOf(SIZE, NEVER), shaOf(CONTENT), "it may be asked again");
  });
});

Deno.test("beginPrefixDigest() catches up with what nobody told it of", async () => {
  await withDigest(async ({ digest, write }) => {
    await write(0, SIZE);
    assertEquals(await digest.hexOf(SIZE, NEVER), shaOf(CONTENT));
  });
});

Deno.test("beginPrefixDigest() hashes what goes to a reader on its way", async () => {
  const output = writerOutput(() => Promise.resolve());
  const digest = beginPrefixDigest({ digests: inlineDigests(), output, sizeBytes: SIZE, name: "file" });
  for (let at = 0; at < SIZE; at += 1_000_000) digest.arrived(CONTENT.subarray(at, at + 1_000_000), at + 1_000_000);
  assertEquals(await digest.hexOf(SIZE, NEVER), shaOf(CONTENT));
  await digest.close();
});

Deno.test("beginPrefixDigest() begins anew without a thread that has failed, whenever it does", async () => {
  for (const failing of ["update", "hex"] as const) {
    for (const after of [0, 1, 2]) {
      let calls = 0;
      let closed = 0;
      const begin: Digests["begin"] = () => {
        const inner = beginInline();
        const fail = (name: string): boolean => name === failing && calls++ >= after;
        const failure = (): Promise<never> => Promise.reject(new DigestError("gone"));
        return {
          update: (buffer, count) => fail("update") ? failure() : inner.update(buffer, count),
          hex: () => fail("hex") ? failure() : inner.hex(),
          close: () => void closed++,
        };
      };
      await withDigest(async ({ digest, write }) => {
        await write(0, SIZE);
        digest.arrived(CONTENT, SIZE);
        for (let round = 0; round < 3; round++) assertEquals(await digest.hexOf(SIZE, NEVER), shaOf(CONTENT));
        assert(calls > after, "the thread did fail");
        assertEquals(closed, 1);
      }, { begin });
    }
  }
});

Deno.test("PrefixDigest.hexOf() tells that the file was cut, or cannot be read", async () => {
  await withDigest(async ({ files, digest, write }) => {
    await write(0, 5_000_000);
    digest.arrived(CONTENT, SIZE);
    const error = await assertRejects(() => digest.hexOf(SIZE, NEVER), ClientError);
    assertEquals([error.kind, error.message], [
      "local",
      "Cannot get file: the unfinished file was cut by another program",
    ]);
    files.failNext("readAt", "denied");
    await assertRejects(() => digest.hexOf(SIZE, NEVER), FileError, "permission denied");
  });
});

Deno.test("PrefixDigest.hexOf() survives a failure to read that has passed", async () => {
  await withDigest(async ({ files, digest, write }) => {
    files.failNext("readAt", "exhausted");
    await write(0, SIZE);
    digest.arrived(CONTENT, SIZE);
    await Promise.resolve();
    assertEquals(await digest.hexOf(SIZE, NEVER), shaOf(CONTENT));
  });
});

Deno.test("PrefixDigest.hexOf() is called off, and close() ends a digest that is stuck", async () => {
  const stuck: Digests = {
    begin: () => {
      let end: (error: DigestError) => void = () => {};
      const never = new Promise<never>((_, reject) => end = reject);
      return { update: () => never, hex: () => never, close: () => end(new DigestError("closed")) };
    },
  };
  await withDigest(async ({ digest, write }) => {
    await write(0, SIZE);
    digest.arrived(CONTENT, SIZE);
    const controller = new AbortController();
    const hex = digest.hexOf(SIZE, controller.signal);
    const reason = new Error("enough");
    controller.abort(reason);
    assertStrictEquals(await assertRejects(() => hex, Error), reason);
    await digest.close();
    await digest.close();
  }, stuck);
});
