import { assert, assertEquals, assertRejects, assertStringIncludes } from "@std/assert";
import {
  assertFails,
  DownloadLab,
  INDEX,
  NAME,
  peerAddress,
  shaOf,
  someBytes,
  TARGET,
} from "../../../tests/download_lab.ts";
import type { DownloadProgress, GetFileOptions } from "./client.ts";

const CONTENT = someBytes(300_000);

Deno.test("getFile() saves a file that the index knows, and verifies it", async () => {
  await using lab = new DownloadLab();
  await lab.index(() => [1]);
  const peer = await lab.peer(1, { content: CONTENT });
  const download = await lab.get();
  assertEquals(lab.files.read(TARGET), CONTENT);
  assertEquals(await lab.saved(), [TARGET]);
  const holder = { id: "CS1", address: peerAddress(1) };
  assertEquals(download, {
    name: NAME,
    sizeBytes: 300_000,
    sha256: shaOf(CONTENT),
    isVerified: true,
    resumedBytes: 0,
    receivedBytes: 300_000,
    holders: [holder],
  });
  assertEquals(lab.states, ["IDLE", "QUERYING", "DOWNLOADING", "DONE"]);
  assertEquals(lab.asked, ["HELLO", "GET file"]);
  assertEquals(peer.lines.toSorted(), ["GET file", "HASH file"]);
});

Deno.test("getFile() saves an empty file", async () => {
  await using lab = new DownloadLab();
  await lab.index(() => [1]);
  await lab.peer(1, { content: new Uint8Array() });
  assertEquals((await lab.get()).isVerified, true);
  assertEquals(lab.files.read(TARGET), new Uint8Array());
});

Deno.test("getFile() replaces what is there, and only at the end", async () => {
  await using lab = new DownloadLab();
  await lab.index(() => [1]);
  await lab.peer(1, { content: CONTENT, pieceMs: 100 });
  lab.files.write(TARGET, "old");
  const download = lab.start();
  await lab.clock.advance(300);
  assertEquals(lab.files.read(TARGET), new TextEncoder().encode("old"));
  assertEquals(await lab.saved(), [TARGET, `${TARGET}.part`, `${TARGET}.part.json`]);
  await lab.clock.until(download);
  assertEquals(lab.files.read(TARGET), CONTENT);
  assertEquals(await lab.saved(), [TARGET]);
});

Deno.test("getFile() tells of progress", async () => {
  await using lab = new DownloadLab();
  await lab.index(() => [1]);
  await lab.peer(1, { content: CONTENT });
  const told: DownloadProgress[] = [];
  await lab.get({ onProgress: (progress) => told.push(progress) });
  assertEquals(told.at(-1), {
    name: NAME,
    doneBytes: 300_000,
    totalBytes: 300_000,
    holder: { id: "CS1", address: peerAddress(1) },
  });
  assert(told.every(({ doneBytes }, at) => at === 0 || doneBytes > told[at - 1]!.doneBytes));
});

Deno.test("getFile() ends at once if nobody has the file", async () => {
  await using lab = new DownloadLab();
  await lab.index(() => []);
  await assertFails(lab.get(), "not-found", "Cannot get file: no server has it");
  assertEquals(lab.states, ["IDLE", "QUERYING", "ERROR"]);
  assertEquals(lab.asked, ["HELLO", "GET file"]);
  assertEquals(await lab.saved(), []);
});

Deno.test("getFile() gets on with an index that greets otherwise or not at all", async () => {
  for (const greeting of ["WELCOME to our index\n", undefined]) {
    await using lab = new DownloadLab();
    await lab.scriptedIndex((line) => line === "HELLO" ? greeting : "SERVER 10.0.1.1 7001 CS1 1\r\n");
    await lab.peer(1, { content: CONTENT });
    await lab.get();
    assertEquals(lab.files.read(TARGET), CONTENT);
  }
});

Deno.test("getFile() calls the nonsense of an index a failure of the network", async () => {
  const table: [answer: string, words: string][] = [
    ["SERVER 10.0.1.1 99999 CS1 1\n", "expected SERVER <ip> <port> <id> <size>"],
    ["HTTP/1.1 400 Bad Request\r\n\r\n", "HTTP/1.1 400"],
    ["ERROR BUSY\n", "ERROR BUSY"],
    ["", "reset"],
    ["WELCOME\n".repeat(20), "greets without end"],
    [`SERVER ${"x".repeat(9_000)}\n`, "longer than 8192 bytes"],
  ];
  for (const [answer, words] of table) {
    await using lab = new DownloadLab();
    await lab.scriptedIndex((line) => line === "HELLO" ? answer : undefined);
    await assertFails(lab.get({ retries: 0 }), "network", "the index at 10.0.0.1:5050", words);
    assertEquals(lab.states, ["IDLE", "QUERYING", "ERROR"]);
  }
});

Deno.test("getFile() tries an index that is down again, and gives up after the retries", async () => {
  await using lab = new DownloadLab();
  lab.network.host(INDEX.host);
  await assertFails(lab.get({ retries: 2 }), "network", "the index at 10.0.0.1:5050: connection refused");
  assertEquals(lab.records.filter(({ event }) => event === "index does not answer").length, 3);
  assert(lab.clock.now() > 1_000, "with waits in between");
});

Deno.test("getFile() goes on as soon as the index is back", async () => {
  await using lab = new DownloadLab();
  lab.network.host(INDEX.host);
  await lab.peer(1, { content: CONTENT });
  const download = lab.start();
  await lab.clock.advance(1_200);
  await lab.index(() => [1]);
  await lab.clock.until(download);
  assertEquals(lab.files.read(TARGET), CONTENT);
});

Deno.test("getFile() gives an index that says nothing dialMs", async () => {
  await using lab = new DownloadLab();
  await lab.scriptedIndex(() => undefined);
  await assertFails(lab.get({ retries: 0, dialMs: 700 }), "network", "no answer within 700 ms");
});

Deno.test("getFile() asks a holder that is named by hand, and no index", async () => {
  await using lab = new DownloadLab();
  await lab.peer(1, { content: CONTENT });
  const { holders } = await lab.get({ direct: peerAddress(1) });
  assertEquals(holders, [{ address: peerAddress(1) }]);
  assertEquals(lab.states, ["IDLE", "DOWNLOADING", "DONE"]);
});

Deno.test("getFile() ends at once if the holder that is named by hand does not have the file", async () => {
  await using lab = new DownloadLab();
  const peer = await lab.peer(1, {});
  await assertFails(lab.get({ direct: peerAddress(1) }), "not-found", "10.0.1.1:7001: it does not have the file");
  assertEquals(lab.states, ["IDLE", "DOWNLOADING", "ERROR"]);
  assertEquals(peer.lines.filter((line) => line.startsWith("GET")).length, 1);
});

Deno.test("getFile() tries a holder that is named by hand again", async () => {
  await using lab = new DownloadLab();
  const peer = await lab.peer(1, { content: CONTENT, cutAfterBytes: 100_000 });
  const download = lab.start({ direct: peerAddress(1) });
  await lab.clock.advance(300);
  peer.cutAfterBytes = undefined;
  assertEquals((await lab.clock.until(download)).receivedBytes, 300_000);
  assertEquals(lab.files.read(TARGET), CONTENT);
});

Deno.test("getFile() asks by the encoded name, and by the raw one where that is not known", async () => {
  await using lab = new DownloadLab();
  const script = (line: string): string | undefined => {
    if (line === "HELLO") return "WELCOME MICRO-CDN\n";
    return line === "GET Größe 1" ? "SERVER 10.0.1.1 7001 CS1 1\n" : "ERROR FILE_NOT_FOUND\n";
  };
  await lab.scriptedIndex(script);
  const peer = await lab.peer(1, { content: CONTENT, name: "Größe 1" });
  assertEquals((await lab.get({ name: "Größe 1" })).isVerified, true);
  assertEquals(lab.files.read(TARGET), CONTENT);
  assertEquals(lab.asked, ["HELLO", "GET Gr%C3%B6%C3%9Fe%201", "HELLO", "GET Größe 1"]);
  assertEquals(peer.lines.filter((line) => line.startsWith("GET")), ["GET Gr%C3%B6%C3%9Fe%201", "GET Größe 1"]);
});

Deno.test("getFile() stays within its rate", async () => {
  await using lab = new DownloadLab();
  await lab.index(() => [1]);
  await lab.peer(1, { content: CONTENT });
  await lab.get({ limitBytesPerSecond: 100_000 });
  assert(lab.clock.now() > 2_800 && lab.clock.now() < 3_300, `${lab.clock.now()} ms`);
  assertEquals(lab.files.read(TARGET), CONTENT);
});

Deno.test("getFile() ends when its time is up", async () => {
  await using lab = new DownloadLab();
  await lab.index(() => [1]);
  await lab.peer(1, { content: CONTENT, stallAfterBytes: 100_000 });
  await assertFails(lab.get({ maxTimeMs: 2_000 }), "timeout", "Cannot get file: not done within 2 s");
  assertEquals(lab.clock.now(), 2_000);
  assertEquals(lab.states.at(-1), "ERROR");
});

Deno.test("getFile() ends when it is called off, before and meanwhile", async () => {
  for (const afterMs of [0, 1, 3, 6, 500]) {
    await using lab = new DownloadLab();
    await lab.index(() => [1]);
    await lab.peer(1, { content: CONTENT, stallAfterBytes: 100_000 });
    const controller = new AbortController();
    if (afterMs === 0) controller.abort(new Error("Ctrl-C"));
    else lab.clock.schedule(afterMs, () => controller.abort(new Error("Ctrl-C")));
    const error = await assertFails(lab.get({ signal: controller.signal }), "aborted", "Cannot get file: called off");
    assertEquals((error.cause as Error).message, "Ctrl-C");
    assertEquals(lab.states.at(-1), "ERROR");
    await lab.clock.advance(0);
  }
});

Deno.test("getFile() hands the bytes to a writer in order, at the writer's pace", async () => {
  await using lab = new DownloadLab();
  await lab.index(() => [1]);
  await lab.peer(1, { content: CONTENT });
  const written: number[] = [];
  const write = async (bytes: Uint8Array): Promise<void> => {
    const copy = [...bytes];
    await new Promise<void>((resolve) => lab.clock.schedule(50, resolve));
    for (const byte of copy) written.push(byte);
  };
  const { isVerified } = await lab.get({ to: { kind: "writer", write }, parallel: 4 });
  assertEquals([isVerified, Uint8Array.from(written)], [true, CONTENT]);
  assertEquals(await lab.saved(), []);
});

Deno.test("getFile() throws what a writer throws", async () => {
  await using lab = new DownloadLab();
  await lab.index(() => [1]);
  await lab.peer(1, { content: CONTENT });
  const write = (): Promise<void> => Promise.reject(new TypeError("nobody reads"));
  await assertRejects(() => lab.get({ to: { kind: "writer", write } }), TypeError, "nobody reads");
  assertEquals(lab.states.at(-1), "ERROR");
});

Deno.test("getFile() gives up although its writer is stuck", async () => {
  await using lab = new DownloadLab();
  await lab.index(() => [1]);
  await lab.peer(1, { content: CONTENT });
  const write = (): Promise<void> => new Promise(() => {});
  await assertFails(lab.get({ to: { kind: "writer", write }, maxTimeMs: 60_000 }), "timeout");
});

Deno.test("getFile() refuses a target that cannot be before it asks anybody", async () => {
  await using lab = new DownloadLab();
  lab.files.addFolder("folder");
  const error = await assertFails(lab.get({ to: { kind: "file", path: "folder" } }), "local", "not a regular file");
  assertStringIncludes(error.message, "Cannot save file as folder");
  assertEquals([lab.states, lab.asked], [["IDLE", "ERROR"], []]);
});

Deno.test("getFile() ends at once if there is no folder to save to", async () => {
  await using lab = new DownloadLab();
  await lab.index(() => [1]);
  await lab.peer(1, { content: CONTENT });
  await assertFails(lab.get({ to: { kind: "file", path: "no/such/out" } }), "local", "no such file or folder");
  assertEquals(lab.asked, ["HELLO", "GET file"]);
});

Deno.test("getFile() ends at once when the disk is full, and keeps what it has", async () => {
  await using lab = new DownloadLab({ capacityBytes: 200_000 });
  await lab.index(() => [1, 2]);
  const peers = [await lab.peer(1, { content: CONTENT, pieceMs: 10 }), await lab.peer(2, { content: CONTENT })];
  lab.files.write(TARGET, "old");
  await assertFails(lab.get(), "local", "Cannot save file as out: no space left");
  assertEquals(peers.map(({ lines }) => lines.length), [2, 0]);
  assertEquals(lab.files.read(TARGET), new TextEncoder().encode("old"));
  assertEquals(await lab.saved(), [TARGET, `${TARGET}.part`, `${TARGET}.part.json`]);
});

const BAD_OPTIONS: Partial<GetFileOptions>[] = [
  { parallel: 0 },
  { parallel: 65 },
  { parallel: 1.5 },
  { retries: -1 },
  { dialMs: 0 },
  { idleMs: NaN },
  { maxTimeMs: -1 },
  { limitBytesPerSecond: 0 },
  { name: "" },
];

Deno.test("getFile() waits for the disk if it is told to, before the file has its name and after", async () => {
  for (const failing of ["sync", "syncFolder"] as const) {
    for (const isSynced of [false, true]) {
      for (const path of ["out", "folder/out"]) {
        await using lab = new DownloadLab();
        lab.files.addFolder("folder");
        await lab.index(() => [1]);
        await lab.peer(1, { content: CONTENT });
        lab.files.failNext(failing, "full");
        const download = lab.get({ to: { kind: "file", path, isSynced } });
        if (isSynced) await assertFails(download, "local", `Cannot save file as ${path}: no space left`);
        else assertEquals((await download).isVerified, true);
        const isThere = await lab.files.info(path).then(() => true, () => false);
        assertEquals(isThere, !isSynced || failing === "syncFolder", failing);
      }
    }
  }
});

Deno.test("getFile() refuses options out of their range", async () => {
  await using lab = new DownloadLab();
  for (const options of BAD_OPTIONS) {
    await assertRejects(() => lab.start(options), RangeError);
  }
});
