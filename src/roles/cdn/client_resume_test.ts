import { assert, assertEquals } from "@std/assert";
import { ByteRanges } from "../../core/byte_ranges.ts";
import { encodePartRecord } from "../../core/part_record.ts";
import { assertFails, DownloadLab, NAME, shaOf, someBytes, TARGET } from "../../../tests/download_lab.ts";

const CONTENT = someBytes(1_000_000);
const OTHER = someBytes(1_000_000, 2);
const PART = `${TARGET}.part`;
const RECORD = `${PART}.json`;

interface Kept {
  readonly content?: Uint8Array;
  readonly name?: string;
  /** The ranges in the record; undefined for a download in order. */
  readonly ranges?: readonly (readonly [number, number])[];
}

/** Leaves what a download that was broken off leaves: some bytes and the record of them. */
function leave(lab: DownloadLab, part: Uint8Array, { content = CONTENT, name = NAME, ranges }: Kept = {}): void {
  const have = ranges && new ByteRanges(ranges.map(([start, end]) => ({ start, end })));
  lab.files.write(PART, part);
  const version = { sizeBytes: content.length, sha256: shaOf(content) };
  lab.files.write(RECORD, encodePartRecord({ name, version, have }));
}

Deno.test("getFile() goes on where an earlier download ended", async () => {
  await using lab = new DownloadLab();
  await lab.index(() => [1]);
  const peer = await lab.peer(1, { content: CONTENT, stallAfterBytes: 400_000, pieceMs: 1 });
  await assertFails(lab.get({ maxTimeMs: 5_000 }), "timeout");
  assertEquals(await lab.saved(), [PART, RECORD]);
  peer.stallAfterBytes = undefined;
  peer.lines.length = 0;
  const { resumedBytes, receivedBytes, isVerified } = await lab.get();
  assertEquals([resumedBytes, receivedBytes, isVerified], [400_000, 600_000, true]);
  assertEquals(peer.lines, ["HASH file", "RANGE 400000 600000 file"]);
  assertEquals(lab.files.read(TARGET), CONTENT);
  assertEquals(await lab.saved(), [TARGET]);
});

Deno.test("getFile() keeps nothing of which it does not know the version", async () => {
  await using lab = new DownloadLab();
  await lab.index(() => [1]);
  await lab.peer(1, { content: CONTENT, stallAfterBytes: 400_000, old: "error" });
  await assertFails(lab.get({ maxTimeMs: 5_000 }), "timeout");
  assertEquals(await lab.saved(), []);
});

Deno.test("getFile() trusts the length of a part that was killed while it grew", async () => {
  for (const length of [0, 1, 999_999, 1_000_000, 1_000_007]) {
    await using lab = new DownloadLab();
    await lab.index(() => [1]);
    await lab.peer(1, { content: CONTENT });
    const part = new Uint8Array(length);
    part.set(CONTENT.subarray(0, length));
    leave(lab, part);
    const { resumedBytes, receivedBytes } = await lab.get();
    assertEquals([resumedBytes, receivedBytes], [Math.min(length, 1_000_000), Math.max(0, 1_000_000 - length)]);
    assertEquals(lab.files.read(TARGET), CONTENT);
  }
});

Deno.test("getFile() fills the holes of a part that several connections left, alone or with several again", async () => {
  const ranges = [[100_000, 200_000], [500_000, 700_000]] as const;
  for (const parallel of [1, 3]) {
    await using lab = new DownloadLab();
    await lab.index(() => [1]);
    const peer = await lab.peer(1, { content: CONTENT });
    const part = new Uint8Array(800_000).fill(7);
    for (const [start, end] of ranges) part.set(CONTENT.subarray(start, end), start);
    leave(lab, part, { ranges });
    const { resumedBytes, receivedBytes } = await lab.get({ parallel });
    assertEquals([resumedBytes, receivedBytes], [300_000, 700_000]);
    assertEquals(lab.files.read(TARGET), CONTENT);
    const requests = ["HASH file", "RANGE 0 100000 file", "RANGE 200000 300000 file", "RANGE 700000 300000 file"];
    assertEquals(peer.lines, requests);
  }
});

Deno.test("getFile() breaks off the filling of holes, and knows at each time what is there", async () => {
  await using lab = new DownloadLab();
  await lab.index(() => [1]);
  const peer = await lab.peer(1, { content: CONTENT, stallAfterBytes: 50_000 });
  const part = new Uint8Array(700_000);
  part.set(CONTENT.subarray(500_000, 700_000), 500_000);
  leave(lab, part, { ranges: [[500_000, 700_000]] });
  let resumed = 200_000;
  for (const parallel of [1, 3, 1]) {
    peer.lines.length = 0;
    await assertFails(lab.get({ maxTimeMs: 5_000, parallel }), "timeout");
    resumed += 50_000;
  }
  peer.stallAfterBytes = undefined;
  const { resumedBytes, receivedBytes } = await lab.get();
  assertEquals([resumedBytes, receivedBytes], [resumed, 1_000_000 - resumed]);
  assertEquals(lab.files.read(TARGET), CONTENT);
});

Deno.test("getFile() begins anew if nobody has the version of the part any more", async () => {
  for (const old of [undefined, "error"] as const) {
    await using lab = new DownloadLab();
    await lab.index(() => [1]);
    await lab.peer(1, { content: OTHER, old });
    leave(lab, CONTENT.slice(0, 400_000));
    assertEquals((await lab.get()).receivedBytes, old === undefined ? 1_000_000 : 1_400_000);
    assertEquals(lab.files.read(TARGET), OTHER);
    assertEquals(await lab.saved(), [TARGET]);
  }
});

Deno.test("getFile() looks for a holder of the part's version before it begins anew", async () => {
  await using lab = new DownloadLab();
  await lab.index(() => [1, 2]);
  await lab.peer(1, { content: OTHER });
  await lab.peer(2, { content: CONTENT });
  leave(lab, CONTENT.slice(0, 400_000));
  assertEquals((await lab.get()).receivedBytes, 600_000);
  assertEquals(lab.files.read(TARGET), CONTENT);
});

Deno.test("getFile() asks whether a part that is whole is still the file", async () => {
  await using lab = new DownloadLab();
  await lab.index(() => [1]);
  const peer = await lab.peer(1, { content: OTHER });
  leave(lab, CONTENT);
  await lab.get();
  assertEquals(lab.files.read(TARGET), OTHER);
  peer.content = CONTENT;
  peer.lines.length = 0;
  leave(lab, CONTENT);
  assertEquals((await lab.get()).receivedBytes, 0);
  assertEquals(lab.files.read(TARGET), CONTENT);
  assertEquals(peer.lines, ["HASH file"]);
});

Deno.test("getFile() finds out that a part has rotted, and begins anew", async () => {
  await using lab = new DownloadLab();
  await lab.index(() => [1]);
  await lab.peer(1, { content: CONTENT });
  leave(lab, OTHER.slice(0, 400_000));
  const { receivedBytes, isVerified } = await lab.get();
  assertEquals([receivedBytes, isVerified], [1_600_000, true]);
  assertEquals(lab.files.read(TARGET), CONTENT);
});

Deno.test("getFile() goes on at an old peer whose file begins like the part", async () => {
  await using lab = new DownloadLab();
  await lab.index(() => [1]);
  await lab.peer(1, { content: CONTENT, old: "silent" });
  leave(lab, CONTENT.slice(0, 400_000));
  const { resumedBytes, isVerified } = await lab.get();
  assertEquals([resumedBytes, isVerified], [400_000, true]);
  assertEquals(lab.files.read(TARGET), CONTENT);
});

Deno.test("getFile() makes nothing of a record that is damaged, of another file, or alone", async () => {
  const damages: ((lab: DownloadLab) => void)[] = [
    (lab) => lab.files.write(RECORD, "{"),
    (lab) => leave(lab, OTHER.slice(0, 400_000), { name: "other" }),
    (lab) => leave(lab, OTHER.slice(0, 400_000), { ranges: [] }),
    (lab) => lab.files.write(RECORD, new Uint8Array(2_000_000)),
    (lab) => {
      leave(lab, OTHER);
      void lab.files.remove(PART);
    },
    (lab) => {
      leave(lab, OTHER);
      void lab.files.remove(RECORD);
    },
  ];
  for (const damage of damages) {
    await using lab = new DownloadLab();
    await lab.index(() => [1]);
    const peer = await lab.peer(1, { content: CONTENT });
    lab.files.write(PART, OTHER);
    damage(lab);
    const { resumedBytes } = await lab.get();
    assertEquals(resumedBytes, 0);
    assert(peer.lines.includes("GET file"));
    assertEquals(lab.files.read(TARGET), CONTENT);
    assertEquals(await lab.saved(), [TARGET]);
  }
});

Deno.test("getFile() leaves at every moment what a later download can go on from, or nothing", async () => {
  for (let stopMs = 2; stopMs < 60; stopMs += 5) {
    for (const parallel of [1, 3]) {
      await using lab = new DownloadLab();
      await lab.index(() => [1, 2]);
      const content = someBytes(6_000_000, stopMs);
      for (const number of [1, 2]) await lab.peer(number, { content, pieceMs: 1, hashMs: 10 });
      const killed = lab.start({ parallel, maxTimeMs: 10_000 });
      await lab.clock.advance(stopMs);
      // What kill -9 would leave on the disk; a later download finds that, and not what the first one tidied up.
      const left = new Map<string, Uint8Array>();
      for (const name of await lab.saved()) left.set(name, lab.files.read(name));
      await lab.clock.until(killed);
      for (const name of await lab.saved()) await lab.files.remove(name);
      for (const [name, bytes] of left) lab.files.write(name, bytes);
      const { isVerified, resumedBytes, receivedBytes } = await lab.get({ parallel: 4 - parallel });
      assertEquals([isVerified, resumedBytes + receivedBytes >= content.length], [true, true]);
      assert(receivedBytes <= content.length, "holes passed for bytes, and it had to begin anew");
      assertEquals(shaOf(lab.files.read(TARGET)), shaOf(content));
      assertEquals(await lab.saved(), [TARGET]);
    }
  }
});

Deno.test("getFile() keeps the part if the target cannot be replaced at the end", async () => {
  await using lab = new DownloadLab();
  await lab.index(() => [1]);
  const peer = await lab.peer(1, { content: CONTENT, pieceMs: 10 });
  const download = lab.start();
  await lab.clock.advance(50);
  lab.files.addFolder(TARGET);
  await assertFails(lab.clock.until(download), "local");
  assertEquals(await lab.saved(), [TARGET, PART, RECORD]);
  lab.files.removeFolder(TARGET);
  peer.lines.length = 0;
  assertEquals((await lab.get()).receivedBytes, 0);
  assertEquals(peer.lines, ["HASH file"]);
});
