import { assert, assertEquals } from "@std/assert";
import {
  assertFails,
  DownloadLab,
  peerAddress,
  type PeerBehaviour,
  shaOf,
  someBytes,
  TARGET,
} from "../../../tests/download_lab.ts";

const CONTENT = someBytes(1_000_000);
const OTHER = someBytes(1_000_000, 2);
const CS1 = { id: "CS1", address: peerAddress(1) };

Deno.test("getFile() checks the bytes of a holder whose HASH is slow to begin", async () => {
  for (const hashFirstMs of [1_200, 4_500]) {
    await using lab = new DownloadLab();
    await lab.index(() => [1]);
    await lab.peer(1, { content: CONTENT, hashFirstMs });
    assertEquals((await lab.get()).isVerified, true);
    await lab.files.remove(TARGET);
    await lab.peer(2, { content: OTHER, hashFirstMs, hash: `OK 1000000 sha256:${shaOf(CONTENT)}` });
    const words = "have another SHA-256 than promised";
    await assertFails(lab.get({ direct: peerAddress(2), retries: 0 }), "integrity", words);
    assertEquals(await lab.saved(), []);
  }
});

Deno.test("getFile() waits for the first byte of a digest as long as the bytes take to read", async () => {
  await using lab = new DownloadLab();
  await lab.index(() => [1]);
  await lab.peer(1, { content: CONTENT, hashFirstMs: 20_000, pieceMs: 1_000 });
  assertEquals((await lab.get()).isVerified, true, "16 s of bytes and 5 s more");
});

Deno.test("getFile() names the holder that leaves the digest open by silence, not an old one", async () => {
  const table: [PeerBehaviour, boolean][] = [
    [{ old: "silent" }, true],
    [{ hashMs: 300_000 }, true],
    [{ hash: "OK 7 sha256:xyz" }, true],
    [{ hash: "ERROR BUSY" }, true],
    [{ old: "error" }, false],
    [{ old: "close" }, false],
    [{ hash: "what?" }, false],
    [{ hash: "ERROR FILE_NOT_FOUND" }, false],
    [{}, false],
  ];
  for (const [behaviour, isUntold] of table) {
    await using lab = new DownloadLab();
    await lab.index(() => [1]);
    await lab.peer(1, { content: CONTENT, ...behaviour });
    assertEquals((await lab.get()).untoldBy, isUntold ? CS1 : undefined, JSON.stringify(behaviour));
    assert(lab.clock.now() < 31_000);
  }
});

Deno.test("getFile() asks a holder that is busy again once the bytes are there, and then second by second", async () => {
  for (const [busyMs, asked] of [[50, 2], [2_500, 5]] as const) {
    await using lab = new DownloadLab();
    await lab.index(() => [1]);
    const peer = await lab.peer(1, { content: CONTENT, hash: "ERROR BUSY", pieceMs: 10 });
    lab.clock.schedule(busyMs, () => peer.hash = undefined);
    assertEquals((await lab.get()).isVerified, true);
    assertEquals(peer.lines.filter((line) => line === "HASH file").length, asked);
  }
});

Deno.test("getFile() goes on from a holder that is busy only at first", async () => {
  await using lab = new DownloadLab();
  await lab.index(() => [1, 2]);
  await lab.peer(1, { content: CONTENT, cutAfterBytes: 400_000 });
  const second = await lab.peer(2, { content: CONTENT, hash: "ERROR BUSY" });
  lab.clock.schedule(1_500, () => second.hash = undefined);
  assertEquals((await lab.get()).receivedBytes, 1_000_000);
  assertEquals(second.lines.at(-1), "RANGE 400000 600000 file");
});
