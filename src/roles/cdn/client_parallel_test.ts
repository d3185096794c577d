import { assert, assertEquals } from "@std/assert";
import {
  assertFails,
  DownloadLab,
  type Peer,
  type PeerBehaviour,
  shaOf,
  someBytes,
  TARGET,
} from "../../../tests/download_lab.ts";

const SIZE = 12_000_000;
const CONTENT = someBytes(SIZE);
const OTHER = someBytes(SIZE, 2);

/** Starts an index and a content server a behaviour. */
async function startPeers(lab: DownloadLab, ...behaviours: PeerBehaviour[]): Promise<Peer[]> {
  const peers = [];
  for (const behaviour of behaviours) peers.push(await lab.peer(peers.length + 1, { content: CONTENT, ...behaviour }));
  const numbers = peers.map((_, at) => at + 1);
  await lab.index(() => numbers);
  return peers;
}

function requests(peer: Peer, verb: string): string[] {
  return peer.lines.filter((line) => line.startsWith(`${verb} `));
}

Deno.test("getFile() shares the work among holders", async () => {
  await using lab = new DownloadLab();
  const peers = await startPeers(lab, { pieceMs: 1 }, { pieceMs: 1 }, { pieceMs: 1 });
  const { receivedBytes, holders, isVerified } = await lab.get({ parallel: 3 });
  assertEquals([receivedBytes, isVerified], [SIZE, true]);
  assertEquals(holders.map(({ id }) => id).toSorted(), ["CS1", "CS2", "CS3"]);
  assertEquals(shaOf(lab.files.read(TARGET)), shaOf(CONTENT));
  for (const peer of peers) assert(peer.sentBytes > SIZE / 5, `${peer.sentBytes} bytes`);
  assertEquals(peers.map((peer) => requests(peer, "GET").length), [1, 0, 0]);
  assertEquals(peers.map((peer) => requests(peer, "HASH").length), [1, 1, 1]);
  assertEquals(lab.asked, ["HELLO", "GET file", "LOCATE file"]);
  assertEquals(lab.states, ["IDLE", "QUERYING", "DOWNLOADING", "DONE"]);
});

Deno.test("getFile() is about as many times faster as there are holders", async () => {
  const times: number[] = [];
  for (const parallel of [1, 4]) {
    await using lab = new DownloadLab();
    const slow = { pieceMs: 10 };
    await startPeers(lab, slow, slow, slow, slow);
    await lab.get({ parallel });
    times.push(lab.clock.now());
  }
  assert(times[0]! / times[1]! > 3, `${times[0]} ms alone, ${times[1]} ms with four`);
});

Deno.test("getFile() opens several connections to the only holder", async () => {
  await using lab = new DownloadLab();
  const [peer] = await startPeers(lab, { pieceMs: 10 });
  await lab.get({ parallel: 4 });
  assert(lab.clock.now() < 183 * 10 / 3);
  assertEquals([requests(peer!, "GET").length, requests(peer!, "HASH").length], [1, 1]);
  assertEquals(shaOf(lab.files.read(TARGET)), shaOf(CONTENT));
});

Deno.test("getFile() gives the segments of a holder that fails to the others", async () => {
  const failures: PeerBehaviour[] = [{ cutAfterBytes: 500_000 }, { stallAfterBytes: 500_000 }, { content: undefined }];
  for (const failure of failures) {
    for (const failing of [0, 1, 2]) {
      await using lab = new DownloadLab();
      const behaviours: PeerBehaviour[] = [{ pieceMs: 1 }, { pieceMs: 1 }, { pieceMs: 1 }];
      behaviours[failing] = { ...behaviours[failing], ...failure };
      await startPeers(lab, ...behaviours);
      const { isVerified } = await lab.get({ parallel: 3 });
      assertEquals(isVerified, true);
      assertEquals(shaOf(lab.files.read(TARGET)), shaOf(CONTENT));
    }
  }
});

Deno.test("getFile() goes on with the others when a holder is killed in the middle", async () => {
  for (const killed of [0, 1]) {
    await using lab = new DownloadLab();
    const peers = await startPeers(lab, { pieceMs: 5 }, { pieceMs: 5 });
    const download = lab.start({ parallel: 4 });
    await lab.clock.advance(100);
    peers[killed]!.kill();
    const { receivedBytes } = await lab.clock.until(download);
    assert(receivedBytes < SIZE + 1_000_000, "what had arrived is not fetched again");
    assertEquals(shaOf(lab.files.read(TARGET)), shaOf(CONTENT));
  }
});

Deno.test("getFile() takes the rest over from a holder that is much slower", async () => {
  await using lab = new DownloadLab();
  await startPeers(lab, { pieceMs: 2 }, { pieceMs: 5_000 });
  await lab.get({ parallel: 2 });
  assert(lab.clock.now() < 10_000, `${lab.clock.now()} ms, where one segment of the slow holder takes 100 s`);
  assertEquals(shaOf(lab.files.read(TARGET)), shaOf(CONTENT));
});

Deno.test("getFile() takes the rest over from a connection that stalls long before it counts as dead", async () => {
  await using lab = new DownloadLab();
  await startPeers(lab, { pieceMs: 2 }, { pieceMs: 2, stallAfterBytes: 300_000 });
  await lab.get({ parallel: 2, idleMs: 60_000 });
  assert(lab.clock.now() < 10_000, `${lab.clock.now()} ms`);
  assertEquals(shaOf(lab.files.read(TARGET)), shaOf(CONTENT));
});

Deno.test("getFile() leaves out holders of another version, and those that cannot tell", async () => {
  await using lab = new DownloadLab();
  const peers = await startPeers(lab, { pieceMs: 1 }, { content: OTHER }, { old: "error" }, { pieceMs: 1 });
  const { holders } = await lab.get({ parallel: 4 });
  assertEquals(holders.map(({ id }) => id).toSorted(), ["CS1", "CS4"]);
  assertEquals(peers.slice(1, 3).map(({ sentBytes }) => sentBytes), [0, 0]);
  assertEquals(shaOf(lab.files.read(TARGET)), shaOf(CONTENT));
});

Deno.test("getFile() makes do with one stream where HASH or LOCATE is not known", async () => {
  await using lab = new DownloadLab();
  await lab.index(() => [1, 2], { old: true });
  const first = await lab.peer(1, { content: CONTENT, pieceMs: 1, old: "close" });
  const { receivedBytes, isVerified } = await lab.get({ parallel: 4 });
  assertEquals([receivedBytes, isVerified], [SIZE, false]);
  assertEquals(first.lines.toSorted(), ["GET file", "HASH file"]);
  assertEquals(shaOf(lab.files.read(TARGET)), shaOf(CONTENT));
});

Deno.test("getFile() makes do with one stream where RANGE is not known", async () => {
  await using lab = new DownloadLab();
  const [peer] = await startPeers(lab, { pieceMs: 1, name: "file" });
  peer!.refuses = "RANGE";
  const { receivedBytes, isVerified } = await lab.get({ parallel: 4 });
  assertEquals([receivedBytes, isVerified], [SIZE, true]);
  assertEquals(requests(peer!, "GET").length, 1);
});

Deno.test("getFile() goes on alone at a holder that knows HASH but not RANGE", async () => {
  await using lab = new DownloadLab();
  const peers = await startPeers(lab, { cutAfterBytes: 4_000_000 }, {});
  peers[1]!.refuses = "RANGE";
  const { isVerified, receivedBytes } = await lab.get();
  assertEquals([isVerified, receivedBytes], [true, SIZE + 4_000_000]);
  assertEquals(shaOf(lab.files.read(TARGET)), shaOf(CONTENT));
});

Deno.test("getFile() does not bother others for a small file", async () => {
  await using lab = new DownloadLab();
  const content = someBytes(900_000);
  const peers = await startPeers(lab, { content, pieceMs: 1 }, { content, pieceMs: 1 });
  await lab.get({ parallel: 8 });
  assertEquals(lab.files.read(TARGET), content);
  assertEquals(peers[1]!.lines, []);
});

Deno.test("getFile() does not wait for helpers that are still looking for a holder", async () => {
  for (const reply of [undefined, "SERVER "]) {
    await using lab = new DownloadLab();
    await lab.scriptedIndex((line) => {
      if (line === "HELLO") return "WELCOME MICRO-CDN\n";
      return line.startsWith("LOCATE") ? reply : "SERVER 10.0.1.1 7001 CS1 1\n";
    });
    await lab.peer(1, { content: CONTENT });
    assertEquals((await lab.get({ parallel: 3 })).isVerified, true);
    assert(lab.clock.now() < 1_000);
  }
});

Deno.test("getFile() shares its rate among all connections", async () => {
  await using lab = new DownloadLab();
  await startPeers(lab, {}, {}, {});
  await lab.get({ parallel: 3, limitBytesPerSecond: 1_000_000 });
  assert(lab.clock.now() > 11_500 && lab.clock.now() < 13_500, `${lab.clock.now()} ms`);
});

Deno.test("getFile() finds wrong bytes of one of several holders, and gets the file from others", async () => {
  await using lab = new DownloadLab();
  const hash = `OK ${SIZE} sha256:${shaOf(CONTENT)}`;
  const peers = await startPeers(lab, { pieceMs: 1 }, { content: OTHER, hash, pieceMs: 1 }, {});
  const download = lab.start({ parallel: 2 });
  assertEquals((await lab.clock.until(download)).isVerified, true);
  assertEquals(shaOf(lab.files.read(TARGET)), shaOf(CONTENT));
  assert(peers[1]!.sentBytes > 0);
});

Deno.test("getFile() goes on where several connections ended, with a record no older than 16 MiB", async () => {
  await using lab = new DownloadLab();
  const content = someBytes(40_000_000);
  const peers = await startPeers(lab, { content, pieceMs: 1 }, { content, pieceMs: 1 });
  const killed = lab.start({ parallel: 2 });
  await lab.clock.advance(590);
  const left = await Promise.all((await lab.saved()).map((name) => [name, lab.files.read(name)] as const));
  const sentBytes = peers[0]!.sentBytes + peers[1]!.sentBytes;
  await lab.clock.until(killed);
  await lab.files.remove(TARGET);
  for (const [name, bytes] of left) lab.files.write(name, bytes);
  const { resumedBytes, isVerified } = await lab.get({ parallel: 2 });
  assert(sentBytes > 30_000_000 && resumedBytes > sentBytes - 18_000_000, `${resumedBytes} of ${sentBytes} bytes`);
  assertEquals(isVerified, true);
  assertEquals(shaOf(lab.files.read(TARGET)), shaOf(content));
});

Deno.test("getFile() ends all connections when the disk is full or it is called off", async () => {
  await using full = new DownloadLab({ capacityBytes: 5_000_000 });
  await startPeers(full, { pieceMs: 1 }, { pieceMs: 1 });
  await assertFails(full.get({ parallel: 4 }), "local", "Cannot save file as out: no space left");

  await using lab = new DownloadLab();
  await startPeers(lab, { pieceMs: 1 }, { pieceMs: 1 });
  const controller = new AbortController();
  lab.clock.schedule(50, () => controller.abort());
  await assertFails(lab.get({ parallel: 4, signal: controller.signal }), "aborted");
  assertEquals(lab.clock.now(), 50);
  const { resumedBytes, isVerified } = await lab.get({ parallel: 4 });
  assert(resumedBytes > 2_000_000);
  assertEquals(isVerified, true);
});

Deno.test("getFile() survives many failures at once, whatever their order", async () => {
  for (let seed = 0; seed < 12; seed++) {
    await using lab = new DownloadLab();
    const pick = (at: number): number => [3, 5, 7, 11, 13][(seed + at) % 5]!;
    const peers = await startPeers(
      lab,
      { pieceMs: pick(0), cutAfterBytes: 700_000 * pick(1) },
      { pieceMs: pick(2), old: seed % 3 === 0 ? "silent" : undefined },
      { pieceMs: pick(3), stallAfterBytes: 300_000 * pick(4) },
      { pieceMs: pick(4), content: seed % 2 === 0 ? OTHER : CONTENT },
      { pieceMs: 20 },
    );
    const download = lab.start({ parallel: 1 + seed % 5 });
    await lab.clock.advance(20 * pick(0));
    peers[seed % 4]!.kill();
    await lab.clock.until(download);
    const sha = shaOf(lab.files.read(TARGET));
    assert(sha === shaOf(CONTENT) || sha === shaOf(OTHER), "versions are mixed");
  }
});
