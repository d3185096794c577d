import { assertEquals, assertLessOrEqual } from "@std/assert";
import { assertNetError, pattern } from "../../tests/net_bench.ts";
import { StreamBench } from "../../tests/stream_bench.ts";
import type { OpenFile } from "../env/files.ts";
import { MemoryFiles } from "../env/memory_files.ts";
import type { Conn } from "../net/net.ts";
import { LineConn } from "./line_conn.ts";
import { chunkBytesFor, sendFile } from "./send_file.ts";

const KIB = 1_024;
const MIB = 1_048_576;

Deno.test("chunkBytesFor() is what remains, at most 1 MiB, and less when much is held", () => {
  const table: [remainingBytes: number, heldBytes: number, chunkBytes: number][] = [
    [0, 0, 1],
    [1, 0, 1],
    [1_000, 0, 1_000],
    [MIB, 0, MIB],
    [MIB + 1, 0, MIB],
    [2 ** 53 - 1, 0, MIB],
    [10 * MIB, 112 * MIB, MIB],
    [10 * MIB, 120 * MIB, 512 * KIB],
    [10 * MIB, 127 * MIB, 64 * KIB],
    [10 * MIB, 128 * MIB, 64 * KIB],
    [10 * MIB, 900 * MIB, 64 * KIB],
    [100, 900 * MIB, 100],
  ];
  for (const [remainingBytes, heldBytes, chunkBytes] of table) {
    assertEquals(chunkBytesFor(remainingBytes, heldBytes), chunkBytes, `${remainingBytes}, ${heldBytes}`);
  }
});

Deno.test("chunkBytesFor() keeps all buffers of readers who never read within 128 MiB and 64 KiB a reader", () => {
  let heldBytes = 0;
  for (let sends = 1; sends <= 10_000; sends++) {
    heldBytes += chunkBytesFor(10 * MIB, heldBytes);
    assertLessOrEqual(heldBytes, 128 * MIB + sends * 64 * KIB, `${sends}`);
  }
});

interface Sending {
  readonly bench: StreamBench;
  readonly files: MemoryFiles;
  readonly file: OpenFile;
  readonly client: Conn;
  /** How many bytes were told of. */
  readonly sentBytes: () => number;
  /** Sends a part of the file as it was when it was opened. */
  send(offsetBytes: number, lengthBytes: number): Promise<boolean>;
}

/** A file `/a` of so many bytes of the pattern, and a stream to send it over. */
async function prepare(sizeBytes: number): Promise<Sending> {
  const bench = new StreamBench();
  const files = new MemoryFiles({ clock: bench.clock });
  files.write("/a", pattern(sizeBytes));
  const file = await files.open("/a");
  const info = await file.info();
  const [server, client] = await bench.pair();
  const lines = new LineConn(server, { clock: bench.clock, idleMs: 30_000 });
  let sentBytes = 0;
  const onSent = (bytes: number): void => void (sentBytes += bytes);
  const send = (offsetBytes: number, lengthBytes: number): Promise<boolean> => (
    sendFile(lines, file, { info, offsetBytes, lengthBytes, chunkBytes: chunkBytesFor(lengthBytes, 0), onSent })
      .finally(() => lines.close())
  );
  return { bench, files, file, client, sentBytes: () => sentBytes, send };
}

/** Reads what comes until the end. */
async function receive({ bench: { clock }, client }: Sending, onPart: () => void = () => {}): Promise<Uint8Array> {
  const parts: Uint8Array[] = [];
  const buffer = new Uint8Array(16 * KIB);
  for (;;) {
    const count = await clock.until(client.read(buffer));
    if (count === null) return new Uint8Array(await new Blob(parts as BlobPart[]).arrayBuffer());
    parts.push(buffer.slice(0, count));
    onPart();
  }
}

async function end({ bench, files, file, client }: Sending): Promise<void> {
  client.close();
  await file.close();
  assertEquals(files.openFiles, 0);
  await bench.assertQuiet();
}

Deno.test("sendFile() sends exactly the bytes asked for, and tells of them", async () => {
  const sizeBytes = 200_000;
  for (
    const [offset, length] of [[0, sizeBytes], [0, 1], [199_999, 1], [70_000, 65_537], [0, 0], [sizeBytes, 0]] as const
  ) {
    const sending = await prepare(sizeBytes);
    const done = sending.send(offset, length);
    assertEquals(await receive(sending), pattern(sizeBytes).subarray(offset, offset + length));
    assertEquals([await done, sending.sentBytes()], [true, length]);
    await end(sending);
  }
});

Deno.test("sendFile() sends a large part piece by piece, and nothing beyond it", async () => {
  const sending = await prepare(3 * MIB);
  const done = sending.send(5, MIB + 7);
  assertEquals(await receive(sending), pattern(MIB + 7, 5));
  assertEquals([await done, sending.sentBytes()], [true, MIB + 7]);
  await end(sending);
});

/** What happens to the file while its first part is on its way. */
const CHANGES: Record<string, (files: MemoryFiles) => void> = {
  "is written to": (files) => files.overwrite("/a", new Uint8Array(2 * MIB).fill(0xee)),
  "is cut short": (files) => files.overwrite("/a", "short"),
  "grows": (files) => files.overwrite("/a", new Uint8Array(3 * MIB).fill(0xee)),
};

for (const [what, change] of Object.entries(CHANGES)) {
  Deno.test(`sendFile() stops when the file ${what}, and sends nothing of the new version`, async () => {
    const sending = await prepare(2 * MIB);
    const done = sending.send(0, 2 * MIB);
    let isChanged = false;
    const received = await receive(sending, () => {
      if (!isChanged) change(sending.files);
      isChanged = true;
    });
    assertEquals(await done, false);
    assertEquals(received.length, MIB);
    assertEquals(received, pattern(MIB));
    assertEquals(sending.sentBytes(), MIB);
    await end(sending);
  });
}

Deno.test("sendFile() sends nothing of a file that changed before its first byte went out", async () => {
  const sending = await prepare(1_000);
  sending.files.overwrite("/a", new Uint8Array(1_000));
  assertEquals(await sending.send(0, 1_000), false);
  assertEquals((await receive(sending)).length, 0);
  await end(sending);
});

Deno.test("sendFile() finishes a file that is replaced meanwhile: its bytes are still there", async () => {
  const sending = await prepare(2 * MIB);
  const done = sending.send(0, 2 * MIB);
  assertEquals(await receive(sending, () => sending.files.write("/a", "new")), pattern(2 * MIB));
  assertEquals(await done, true);
  await end(sending);
});

Deno.test("sendFile() throws when the client goes away", async () => {
  const sending = await prepare(2 * MIB);
  const done = assertNetError(sending.send(0, 2 * MIB), "reset");
  await sending.bench.receive(sending.client);
  sending.client.close();
  await sending.bench.clock.until(done);
  await end(sending);
});
