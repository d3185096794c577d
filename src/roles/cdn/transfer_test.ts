import { assert, assertEquals } from "@std/assert";
import { shaOf } from "../../../tests/download_lab.ts";
import { VirtualClock } from "../../base/virtual_clock.ts";
import { inlineDigests } from "../../env/digests.ts";
import { MemoryFiles } from "../../env/memory_files.ts";
import { PartFile } from "../../services/part_file.ts";
import { Transfer } from "./transfer.ts";

const NEVER = new AbortController().signal;
const SIZE = 6_000;
const HOLDER = { address: { host: "10.0.1.1", port: 7001 } };

interface Bench {
  readonly files: MemoryFiles;
  readonly clock: VirtualClock;
  readonly transfer: Transfer;
}

async function withTransfer(run: (bench: Bench) => Promise<void>): Promise<void> {
  const clock = new VirtualClock();
  const files = new MemoryFiles({ clock });
  const output = new PartFile(files, { target: "out", name: "file" });
  const onProgress = (): void => {};
  const transfer = new Transfer({ clock, digests: inlineDigests(), output, name: "file", parallel: 2, onProgress });
  await transfer.begin(SIZE);
  await run({ files, clock, transfer });
  assertEquals(files.openFiles, 0);
}

/** As many of the same byte. */
function bytesOf(value: number, count: number): Uint8Array {
  return new Uint8Array(count).fill(value);
}

Deno.test("Transfer.write() leaves bytes alone that are there, so that what was hashed is what is in the file", async () => {
  await withTransfer(async ({ files, clock, transfer }) => {
    const slow = transfer.plan.claimFirst(clock.now())!;
    const twin = transfer.plan.claimTwin(1_000, clock.now() + 60_000)!;
    assert(twin.start === 0 && twin.end === SIZE);
    await transfer.write(slow, bytesOf(1, 1_000), HOLDER);
    const hashed = await transfer.prefixDigest(NEVER);
    assertEquals(hashed, shaOf(bytesOf(1, 1_000)));
    await Promise.all([
      transfer.write(twin, bytesOf(2, 3_000), HOLDER),
      transfer.write(slow, bytesOf(1, 4_000), HOLDER),
    ]);
    await transfer.write(twin, bytesOf(2, 3_000), HOLDER);
    assert(transfer.complete);
    assertEquals(transfer.receivedBytes, 11_000, "bytes that came twice are counted twice");
    const sha256 = await transfer.prefixDigest(NEVER);
    await transfer.finish();
    const content = files.read("out");
    const runs = [1_000, 3_000, 5_000].map((at) => [content[at - 1], content[at]]);
    assertEquals(runs, [[1, 2], [2, 1], [1, 2]]);
    assertEquals(sha256, shaOf(content));
  });
});

Deno.test("Transfer.write() takes the bytes of one connection although those of another could not be written", async () => {
  await withTransfer(async ({ files, clock, transfer }) => {
    const segment = transfer.plan.claimFirst(clock.now())!;
    files.failNext("writeAt", "full");
    const [failed, written] = await Promise.allSettled([
      transfer.write(segment, bytesOf(1, SIZE), HOLDER),
      transfer.write(segment, bytesOf(2, SIZE), HOLDER),
    ]);
    assertEquals([failed.status, written.status], ["rejected", "fulfilled"]);
    assertEquals(await transfer.prefixDigest(NEVER), shaOf(bytesOf(2, SIZE)));
    await transfer.finish();
  });
});

Deno.test("Transfer.discard() begins with a file of its own: whoever has the old one open keeps that", async () => {
  await withTransfer(async ({ files, clock, transfer }) => {
    const segment = transfer.plan.claimFirst(clock.now())!;
    await transfer.write(segment, bytesOf(1, 10), HOLDER);
    const old = await files.open("out.part");
    await transfer.discard();
    await transfer.begin(5);
    await transfer.write(transfer.plan.claimFirst(clock.now())!, bytesOf(2, 5), HOLDER);
    const into = new Uint8Array(10);
    assertEquals(await old.readAt(into, 0), 10);
    assertEquals(into, bytesOf(1, 10));
    await old.close();
    assertEquals(await transfer.prefixDigest(NEVER), shaOf(bytesOf(2, 5)));
    await transfer.finish();
    assertEquals(files.read("out"), bytesOf(2, 5));
  });
});
