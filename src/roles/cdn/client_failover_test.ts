import { assert, assertEquals, assertStringIncludes } from "@std/assert";
import { assertFails, DownloadLab, type PeerBehaviour, shaOf, someBytes, TARGET } from "../../../tests/download_lab.ts";
import type { GetFileOptions } from "./client.ts";

const CONTENT = someBytes(1_000_000);
const OTHER = someBytes(1_000_000, 2);

/** Collects what a writer gets. */
function collector(): { to: GetFileOptions["to"]; bytes: () => Uint8Array } {
  const pieces: Uint8Array[] = [];
  const write = (bytes: Uint8Array): Promise<void> => Promise.resolve(void pieces.push(bytes.slice()));
  return { to: { kind: "writer", write }, bytes: () => Uint8Array.from(pieces.flatMap((piece) => [...piece])) };
}

/** How holders fail in the middle, with what the client says about it. */
const FAILURES: [failure: PeerBehaviour, words: string][] = [
  [{ cutAfterBytes: 400_000 }, "CS1 at 10.0.1.1:7001: it ended after 400000 of 1000000 bytes"],
  [{ stallAfterBytes: 400_000 }, "CS1 at 10.0.1.1:7001: no progress within 15000 ms"],
];

Deno.test("getFile() goes on from the next holder at the same byte", async () => {
  for (const [failure, words] of FAILURES) {
    await using lab = new DownloadLab();
    await lab.index(() => [1, 2]);
    await lab.peer(1, { content: CONTENT, ...failure });
    const second = await lab.peer(2, { content: CONTENT });
    const { receivedBytes, holders, isVerified } = await lab.get();
    assertEquals(lab.files.read(TARGET), CONTENT);
    assertEquals([receivedBytes, holders.length, isVerified], [1_000_000, 2, true]);
    assertEquals(second.lines, ["HASH file", "RANGE 400000 600000 file"]);
    assertEquals(lab.asked, ["HELLO", "GET file", "LOCATE file"]);
    assertEquals(lab.states, ["IDLE", "QUERYING", "DOWNLOADING", "QUERYING", "DOWNLOADING", "DONE"]);
    assertEquals(lab.records.find(({ event }) => event === "holder dropped")?.fields.reason, words);
  }
});

Deno.test("getFile() goes on from the next holder for a writer, too", async () => {
  for (const [failure] of FAILURES) {
    await using lab = new DownloadLab();
    await lab.index(() => [1, 2]);
    await lab.peer(1, { content: CONTENT, ...failure });
    await lab.peer(2, { content: CONTENT });
    const { to, bytes } = collector();
    assertEquals((await lab.get({ to })).receivedBytes, 1_000_000);
    assertEquals(shaOf(bytes()), shaOf(CONTENT));
  }
});

Deno.test("getFile() survives holder after holder", async () => {
  await using lab = new DownloadLab();
  await lab.index(() => [1, 2, 3, 4]);
  await lab.peer(1, { content: CONTENT, cutAfterBytes: 300_000 });
  await lab.peer(2, { says: "OK 12x\n" });
  await lab.peer(3, { content: CONTENT, cutAfterBytes: 300_000 });
  await lab.peer(4, { content: CONTENT });
  assertEquals((await lab.get()).receivedBytes, 1_000_000);
  assertEquals(lab.files.read(TARGET), CONTENT);
});

Deno.test("getFile() drops a holder that does not even begin, with the reason", async () => {
  const table: [PeerBehaviour | undefined, string][] = [
    [undefined, "connection refused"],
    [{}, "it does not have the file"],
    [{ says: "ERROR BUSY\n" }, "it answers ERROR BUSY"],
    [{ says: "HTTP/1.1 400 Bad Request\r\n" }, "it answers nonsense"],
    [{ says: "OK 9007199254740992\n" }, "it answers nonsense"],
    [{ says: "OK -1\n" }, "it answers nonsense"],
    [{ says: `OK ${"1".repeat(9_000)}\n` }, "longer than 8192 bytes"],
    [{ says: "\0\n" }, "it answers nonsense"],
    [{ says: "" }, "it hung up without an answer"],
    [{ says: "", keepOpen: true }, "no progress within 15000 ms"],
    [{ says: "OK 5", keepOpen: true }, "no progress within 15000 ms"],
    [{ says: "OK 5\nabc" }, "it ended after 3 of 5 bytes"],
  ];
  for (const [behaviour, words] of table) {
    await using lab = new DownloadLab();
    await lab.index(() => [1, 2]);
    lab.network.host("10.0.1.1");
    if (behaviour !== undefined) await lab.peer(1, behaviour);
    await lab.peer(2, { content: CONTENT });
    await lab.get();
    assertEquals(lab.files.read(TARGET), CONTENT);
    const reason = lab.records.find(({ event }) => event === "holder dropped")?.fields.reason;
    assertStringIncludes(String(reason), words);
  }
});

Deno.test("getFile() asks an old index again the common way", async () => {
  for (const reply of ["ERROR UNKNOWN_FIRST_COMMAND\n", "", undefined]) {
    await using lab = new DownloadLab();
    let lookups = 0;
    await lab.scriptedIndex((line) => {
      if (line === "HELLO") return "WELCOME MICRO-CDN\n";
      return line === "LOCATE file" ? reply : `SERVER 10.0.1.${++lookups} 7001 CS${lookups} 7\n`;
    });
    await lab.peer(1, { content: CONTENT, cutAfterBytes: 400_000 });
    await lab.peer(2, { content: CONTENT });
    assertEquals((await lab.get()).receivedBytes, 1_000_000);
    assertEquals(lab.asked, ["HELLO", "GET file", "LOCATE file", "HELLO", "GET file"]);
  }
});

Deno.test("getFile() goes on with what it has if the index is gone when a holder fails", async () => {
  await using lab = new DownloadLab();
  const listener = await lab.scriptedIndex((line) => line === "HELLO" ? undefined : "SERVER 10.0.1.1 7001 CS1 1\n");
  const peer = await lab.peer(1, { content: CONTENT, cutAfterBytes: 400_000 });
  const download = lab.start();
  await lab.clock.advance(5);
  listener.close();
  await lab.clock.advance(2_000);
  peer.cutAfterBytes = undefined;
  await lab.index(() => [1]);
  assertEquals((await lab.clock.until(download)).receivedBytes, 1_000_000);
  assertEquals(lab.files.read(TARGET), CONTENT);
});

Deno.test("getFile() goes on at a holder that is back while the index is not", async () => {
  await using lab = new DownloadLab();
  const listener = await lab.scriptedIndex((line) => line === "HELLO" ? undefined : "SERVER 10.0.1.1 7001 CS1 1\n");
  const peer = await lab.peer(1, { content: CONTENT, cutAfterBytes: 400_000 });
  const download = lab.start({ retries: 2 });
  await lab.clock.advance(5);
  listener.close();
  await lab.clock.advance(100);
  peer.cutAfterBytes = undefined;
  assertEquals((await lab.clock.until(download)).receivedBytes, 1_000_000);
  assertEquals(lab.files.read(TARGET), CONTENT);
});

Deno.test("getFile() says of an index and of holders that fail together both", async () => {
  await using lab = new DownloadLab();
  const listener = await lab.scriptedIndex((line) => line === "HELLO" ? undefined : "SERVER 10.0.1.1 7001 CS1 1\n");
  await lab.peer(1, { content: CONTENT, cutAfterBytes: 10 });
  const download = lab.start({ retries: 1 });
  await lab.clock.advance(5);
  listener.close();
  const words = ["the index at 10.0.0.1:5050: connection refused", "CS1 at 10.0.1.1:7001: it ended after 10 of"];
  await assertFails(lab.clock.until(download), "network", ...words);
});

Deno.test("getFile() gives up when all holders fail, round after round, and says what was tried", async () => {
  await using lab = new DownloadLab();
  await lab.index(() => [1, 2]);
  lab.network.host("10.0.1.2");
  const peer = await lab.peer(1, { says: "ERROR BUSY\n" });
  const words = [
    "Cannot get file: ",
    "CS1 at 10.0.1.1:7001: it answers ERROR BUSY",
    "CS2 at 10.0.1.2:7001: connection refused",
  ];
  await assertFails(lab.get({ retries: 2 }), "network", ...words);
  assertEquals(peer.lines.filter((line) => line.startsWith("GET")).length, 3);
  assertEquals(lab.states.at(-1), "ERROR");
  assertEquals(await lab.saved(), []);
});

Deno.test("getFile() calls a file that all holders deny not found", async () => {
  await using lab = new DownloadLab();
  await lab.index(() => [1, 2]);
  await lab.peer(1, {});
  await lab.peer(2, {});
  await assertFails(lab.get({ retries: 1 }), "not-found", "CS1", "CS2", "it does not have the file");
});

Deno.test("getFile() waits for a file whose holders died after it was found", async () => {
  await using lab = new DownloadLab();
  let holders = [1];
  await lab.index(() => holders);
  const peer = await lab.peer(1, { content: CONTENT, cutAfterBytes: 400_000 });
  const download = lab.start();
  await lab.clock.advance(100);
  holders = [];
  await lab.clock.advance(2_000);
  holders = [1];
  peer.cutAfterBytes = undefined;
  assertEquals((await lab.clock.until(download)).receivedBytes, 1_000_000);

  holders = [1];
  peer.cutAfterBytes = 10;
  const doomed = lab.start({ retries: 1 });
  await lab.clock.advance(100);
  holders = [];
  await assertFails(lab.clock.until(doomed), "network", "it ended after 10 of", "the index knows no other server");
});

Deno.test("getFile() does not count rounds that bring something", async () => {
  await using lab = new DownloadLab();
  await lab.index(() => [1]);
  await lab.peer(1, { content: CONTENT, cutAfterBytes: 100_000 });
  const { receivedBytes } = await lab.get({ retries: 1 });
  assertEquals([lab.files.read(TARGET), receivedBytes], [CONTENT, 1_000_000]);
});

Deno.test("getFile() counts the bytes of old peers, and verifies them with nobody", async () => {
  for (const old of ["error", "close", "silent"] as const) {
    await using lab = new DownloadLab();
    await lab.index(() => [1], { old: true });
    await lab.peer(1, { content: CONTENT, old });
    const { isVerified, sha256 } = await lab.get();
    assertEquals([isVerified, sha256], [false, shaOf(CONTENT)]);
    assertEquals(lab.files.read(TARGET), CONTENT);
  }
});

Deno.test("getFile() goes on from an old peer if that begins with the same bytes", async () => {
  for (const to of ["file", "writer"]) {
    await using lab = new DownloadLab();
    await lab.index(() => [1, 2]);
    await lab.peer(1, { content: CONTENT, cutAfterBytes: 400_000, old: "error" });
    const second = await lab.peer(2, { content: CONTENT, old: "error" });
    const collected = collector();
    const { receivedBytes } = await lab.get(to === "file" ? {} : { to: collected.to });
    assertEquals(receivedBytes, 1_400_000);
    assertEquals(shaOf(to === "file" ? lab.files.read(TARGET) : collected.bytes()), shaOf(CONTENT));
    assertEquals(second.lines.toSorted(), ["GET file", "HASH file"]);
  }
});

Deno.test("getFile() verifies what began at an old peer with the digest of another holder", async () => {
  await using lab = new DownloadLab();
  await lab.index(() => [1, 2]);
  await lab.peer(1, { content: CONTENT, cutAfterBytes: 400_000, old: "error" });
  await lab.peer(2, { content: CONTENT });
  assertEquals((await lab.get()).isVerified, true);
  assertEquals(lab.files.read(TARGET), CONTENT);
});

Deno.test("getFile() goes on from an old peer when it knows the digest from another", async () => {
  await using lab = new DownloadLab();
  await lab.index(() => [1, 2]);
  await lab.peer(1, { content: CONTENT, cutAfterBytes: 400_000 });
  await lab.peer(2, { content: CONTENT, old: "silent" });
  const { isVerified, receivedBytes } = await lab.get();
  assertEquals([isVerified, receivedBytes], [true, 1_400_000]);
  assertEquals(lab.files.read(TARGET), CONTENT);
});

Deno.test("getFile() never mixes versions: it begins anew with a holder of another one", async () => {
  const others: PeerBehaviour[] = [{}, { old: "error" }, { content: OTHER.subarray(0, 500_000) }];
  for (const other of others) {
    for (const old of [undefined, "error"] as const) {
      await using lab = new DownloadLab();
      await lab.index(() => [1, 2]);
      await lab.peer(1, { content: CONTENT, cutAfterBytes: 400_000, old });
      await lab.peer(2, { content: OTHER, ...other });
      await lab.get();
      assertEquals(lab.files.read(TARGET), other.content ?? OTHER);
    }
  }
});

Deno.test("getFile() looks for a holder of the same version before it begins anew", async () => {
  await using lab = new DownloadLab();
  await lab.index(() => [1, 2, 3]);
  await lab.peer(1, { content: CONTENT, cutAfterBytes: 400_000 });
  const other = await lab.peer(2, { content: OTHER });
  await lab.peer(3, { content: CONTENT });
  assertEquals((await lab.get()).receivedBytes, 1_000_000);
  assertEquals(lab.files.read(TARGET), CONTENT);
  assertEquals(other.lines, ["HASH file"]);
});

Deno.test("getFile() cannot begin anew for a writer: another version is a failure of integrity", async () => {
  await using lab = new DownloadLab();
  await lab.index(() => [1, 2]);
  const first = await lab.peer(1, { content: CONTENT, cutAfterBytes: 400_000 });
  await lab.peer(2, { content: OTHER });
  const { to, bytes } = collector();
  const download = lab.start({ to, retries: 1 });
  await lab.clock.advance(100);
  first.kill();
  await assertFails(lab.clock.until(download), "integrity", "CS2 at 10.0.1.2:7001: it has another version");
  assertEquals(shaOf(bytes()), shaOf(CONTENT.subarray(0, 400_000)));
});

Deno.test("getFile() takes no more bytes than were announced, and drops who sends more", async () => {
  await using lab = new DownloadLab();
  await lab.index(() => [1, 2]);
  await lab.peer(1, { content: CONTENT, trailer: "and more" });
  await lab.peer(2, { content: CONTENT });
  await lab.get();
  assertEquals(lab.files.read(TARGET), CONTENT);
  const reason = lab.records.find(({ event }) => event === "holder dropped")?.fields.reason;
  assertEquals(reason, "CS1 at 10.0.1.1:7001: it sends more than the 1000000 bytes it announced");
});

Deno.test("getFile() calls too many bytes from everybody a failure of integrity, also of an empty file", async () => {
  for (const content of [CONTENT, new Uint8Array()]) {
    await using lab = new DownloadLab();
    await lab.index(() => [1]);
    await lab.peer(1, { content, trailer: "and more" });
    const { to, bytes } = collector();
    await assertFails(lab.get({ retries: 1, to }), "integrity", "it sends more than");
    assert(bytes().length <= content.length);
  }
});

Deno.test("getFile() does not wait for a holder that keeps the connection open after the last byte", async () => {
  await using lab = new DownloadLab();
  await lab.index(() => [1]);
  await lab.peer(1, { content: CONTENT, keepOpen: true, old: "error" });
  await lab.get();
  assertEquals(lab.files.read(TARGET), CONTENT);
  assert(lab.clock.now() < 1_000);
});

Deno.test("getFile() gets wrong bytes from another holder, from the first byte on", async () => {
  await using lab = new DownloadLab();
  await lab.index(() => [1, 2]);
  const bad = await lab.peer(1, { content: OTHER, hash: `OK 1000000 sha256:${shaOf(CONTENT)}` });
  const good = await lab.peer(2, { content: CONTENT });
  const { isVerified, holders } = await lab.get();
  assertEquals([isVerified, holders.map(({ id }) => id)], [true, ["CS2"]]);
  assertEquals(lab.files.read(TARGET), CONTENT);
  assertEquals(good.lines.includes("GET file"), true);
  assertEquals(bad.lines.filter((line) => line === "GET file").length, 1);
});

Deno.test("getFile() calls wrong bytes from everybody a failure of integrity, and keeps none", async () => {
  await using lab = new DownloadLab();
  await lab.index(() => [1]);
  lab.files.write(TARGET, "old");
  const peer = await lab.peer(1, { content: OTHER, hash: `OK 1000000 sha256:${shaOf(CONTENT)}` });
  await assertFails(
    lab.get({ retries: 2 }),
    "integrity",
    "the bytes of CS1 at 10.0.1.1:7001 have another SHA-256 than promised",
  );
  assertEquals(peer.lines.filter((line) => line === "GET file").length, 3);
  assertEquals(lab.files.read(TARGET), new TextEncoder().encode("old"));
  assertEquals(await lab.saved(), [TARGET]);
});

Deno.test("getFile() can tell a writer of wrong bytes only at the end", async () => {
  await using lab = new DownloadLab();
  await lab.index(() => [1, 2]);
  await lab.peer(1, { content: OTHER, hash: `OK 1000000 sha256:${shaOf(CONTENT)}` });
  const second = await lab.peer(2, { content: CONTENT });
  const { to, bytes } = collector();
  await assertFails(lab.get({ to }), "integrity", "another SHA-256 than promised");
  assertEquals([bytes().length, second.lines.length], [1_000_000, 0]);
});

Deno.test("getFile() believes neither GET nor HASH where they disagree on the length", async () => {
  for (const hashMs of [0, 30, 2_000]) {
    await using lab = new DownloadLab();
    await lab.index(() => [1, 2]);
    await lab.peer(1, { content: OTHER, hash: `OK 7 sha256:${shaOf(OTHER)}`, hashMs, pieceMs: 5 });
    const second = await lab.peer(2, { content: CONTENT });
    await lab.get();
    assertEquals(lab.files.read(TARGET), CONTENT);
    const { to } = collector();
    second.kill();
    await assertFails(lab.get({ to, retries: 0 }), "integrity", "its HASH tells of 7 bytes");
  }
});

Deno.test("getFile() waits for a digest that takes longer than the download", async () => {
  await using lab = new DownloadLab();
  await lab.index(() => [1]);
  await lab.peer(1, { content: CONTENT, hashMs: 20_000 });
  assertEquals((await lab.get()).isVerified, true);
  assert(lab.clock.now() > 20_000 && lab.clock.now() < 20_100);
});

Deno.test("getFile() does without a digest that never comes, or is none", async () => {
  const table: PeerBehaviour[] = [
    { hashMs: 300_000 },
    { hash: "OK 7 sha256:xyz" },
    { hash: "ERROR FILE_NOT_FOUND" },
    { hash: "" },
  ];
  for (const behaviour of table) {
    await using lab = new DownloadLab();
    await lab.index(() => [1]);
    await lab.peer(1, { content: CONTENT, ...behaviour });
    assertEquals((await lab.get()).isVerified, false);
    assert(lab.clock.now() < 60_000);
  }
});

Deno.test("getFile() goes on by the digest that came although its holder then died", async () => {
  await using lab = new DownloadLab();
  await lab.index(() => [1, 2]);
  await lab.peer(1, { content: CONTENT, hashMs: 500, stallAfterBytes: 400_000 });
  const second = await lab.peer(2, { content: CONTENT });
  assertEquals((await lab.get()).receivedBytes, 1_000_000);
  assertEquals(second.lines, ["HASH file", "RANGE 400000 600000 file"]);
});

Deno.test("getFile() does not care what length the index tells", async () => {
  await using lab = new DownloadLab();
  await lab.scriptedIndex((line) => line === "HELLO" ? undefined : "SERVER 10.0.1.1 7001 CS1 999999999\n");
  await lab.peer(1, { content: CONTENT });
  assertEquals((await lab.get()).sizeBytes, 1_000_000);
});

Deno.test("getFile() gives up on a holder that cannot be reached after dialMs", async () => {
  await using lab = new DownloadLab();
  await lab.index(() => [1, 2]);
  await lab.peer(1, { content: CONTENT });
  await lab.peer(2, { content: CONTENT });
  lab.network.partition("10.0.2.1", "10.0.1.1");
  await lab.get({ dialMs: 2_000 });
  assert(lab.clock.now() < 3_000);
  assertEquals(lab.files.read(TARGET), CONTENT);
});
