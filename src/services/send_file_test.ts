import { assert, assertEquals } from "@std/assert";
import { assertNetError, pattern } from "../../tests/net_bench.ts";
import { StreamBench } from "../../tests/stream_bench.ts";
import { VirtualClock } from "../base/virtual_clock.ts";
import type { OpenFile } from "../env/files.ts";
import { MemoryFiles } from "../env/memory_files.ts";
import { Metrics } from "../env/metrics.ts";
import type { Conn } from "../net/net.ts";
import { scanFolder } from "../storage/folder.ts";
import { HotFiles } from "../storage/hot_files.ts";
import { FilePieces } from "./file_pieces.ts";
import { LineConn } from "./line_conn.ts";
import { SendBudget } from "./send_buffers.ts";
import { sendBytes, sendPieces } from "./send_file.ts";

const KIB = 1_024;
const MIB = 1_048_576;
const HEAD = "OK 1";
const HEAD_BYTES = new TextEncoder().encode(`${HEAD}\n`);

/** A file that notes what is read of it. */
class WatchedFile implements OpenFile {
  readonly reads: [offsetBytes: number, lengthBytes: number][] = [];
  readonly #file: OpenFile;

  constructor(file: OpenFile) {
    this.#file = file;
  }

  readAt(into: Uint8Array, offsetBytes: number): Promise<number> {
    this.reads.push([offsetBytes, into.length]);
    // As a real one does, it moves no more than 1 MiB at once.
    return this.#file.readAt(into.subarray(0, MIB), offsetBytes);
  }

  info = (): ReturnType<OpenFile["info"]> => this.#file.info();
  writeAt = (): Promise<void> => Promise.reject(new Error("it is only sent"));
  truncate = (): Promise<void> => Promise.reject(new Error("it is only sent"));
  sync = (): Promise<void> => Promise.reject(new Error("it is only sent"));
  close = (): Promise<void> => this.#file.close();
}

interface Sending {
  readonly bench: StreamBench;
  readonly files: MemoryFiles;
  readonly file: WatchedFile;
  readonly client: Conn;
  readonly hot: HotFiles;
  readonly budget: SendBudget;
  /** How many bytes were told of. */
  readonly sentBytes: () => number;
  /** A part of the file as it was when it was opened. */
  pieces(offsetBytes: number, lengthBytes: number): FilePieces;
  /** Sends a part of the file as it was when it was opened. */
  send(offsetBytes: number, lengthBytes: number): Promise<boolean>;
}

/** A file `/a` of so many bytes of the pattern, and a stream to send it over. */
async function prepare(
  sizeBytes: number,
  { keptBytes, isApart = true }: { keptBytes: number; isApart?: boolean },
): Promise<Sending> {
  const bench = new StreamBench();
  const files = new MemoryFiles({ clock: bench.clock });
  files.write("/srv/a", pattern(sizeBytes));
  const file = new WatchedFile(await files.open("/srv/a"));
  const found = (await scanFolder(files, "/srv")).files.get("a")!;
  const [server, client] = await bench.pair();
  const lines = new LineConn(server, { clock: bench.clock, idleMs: 30_000 });
  const hot = new HotFiles({ files, metrics: new Metrics() }, "/srv", keptBytes);
  const budget = new SendBudget();
  let sentBytes = 0;
  const onSent = (bytes: number): void => void (sentBytes += bytes);
  const pieces = (offsetBytes: number, lengthBytes: number): FilePieces => (
    new FilePieces(file, { found, offsetBytes, lengthBytes, hot, budget })
  );
  async function send(offsetBytes: number, lengthBytes: number): Promise<boolean> {
    const part = pieces(offsetBytes, lengthBytes);
    try {
      return await sendPieces(lines, { head: { line: HEAD, isApart }, pieces: part, onSent });
    } finally {
      part.close();
      lines.close();
    }
  }
  return { bench, files, file, client, hot, budget, sentBytes: () => sentBytes, pieces, send };
}

/** Reads what comes until the end, without the head. */
async function receive({ bench: { clock }, client }: Sending, onPart: () => void = () => {}): Promise<Uint8Array> {
  const parts: Uint8Array[] = [];
  const buffer = new Uint8Array(16 * KIB);
  for (;;) {
    const count = await clock.until(client.read(buffer));
    if (count === null) break;
    parts.push(buffer.slice(0, count));
    onPart();
  }
  const all = new Uint8Array(await new Blob(parts as BlobPart[]).arrayBuffer());
  assertEquals(all.subarray(0, HEAD_BYTES.length), HEAD_BYTES.subarray(0, all.length));
  return all.subarray(HEAD_BYTES.length);
}

async function end({ bench, files, file, client, budget }: Sending): Promise<void> {
  client.close();
  await file.close();
  assertEquals([files.openFiles, budget.heldBytes], [0, 0]);
  await bench.assertQuiet();
}

/** With a file that is kept in memory piece by piece, and with one that is too large for that. */
for (const keptBytes of [16 * MIB, 0]) {
  const how = keptBytes > 0 ? "kept" : "not kept";

  Deno.test(`sendPieces() sends exactly the bytes asked for, and tells of them (${how})`, async () => {
    const sizeBytes = 3 * MIB + 9;
    const parts = [[0, sizeBytes], [0, 1], [sizeBytes - 1, 1], [70_000, 65_537], [0, 0], [sizeBytes, 0], [
      MIB - 1,
      MIB + 2,
    ]];
    for (const [offset, length] of parts as [number, number][]) {
      for (const isApart of [true, false]) {
        const sending = await prepare(sizeBytes, { keptBytes, isApart });
        const done = sending.send(offset, length);
        assertEquals(await receive(sending), pattern(length, offset));
        assertEquals([await done, sending.sentBytes()], [true, length]);
        await end(sending);
      }
    }
  });

  Deno.test(`sendPieces() reads the next piece while the last one is sent, and no further ahead (${how})`, async () => {
    const sending = await prepare(16 * MIB, { keptBytes });
    const done = sending.send(0, 16 * MIB);
    await sending.bench.clock.advance(1_000);
    const sentPieces = sending.sentBytes() / MIB;
    assertEquals(sending.file.reads.map(([offset]) => offset / MIB), [...Array(sentPieces + 2).keys()]);
    assertEquals((await receive(sending)).length, 16 * MIB);
    assertEquals(await done, true);
    await end(sending);
  });

  Deno.test(`sendPieces() sends nothing of a version that is not the announced one (${how})`, async () => {
    const sending = await prepare(1_000, { keptBytes });
    sending.files.overwrite("/srv/a", new Uint8Array(1_000));
    const done = sending.send(0, 1_000);
    assertEquals((await receive(sending)).length, 0);
    assertEquals([await done, sending.sentBytes(), sending.hot.count], [false, 0, 0]);
    await end(sending);
  });

  Deno.test(`sendPieces() finishes a file that is replaced meanwhile: its bytes are still there (${how})`, async () => {
    const sending = await prepare(8 * MIB, { keptBytes });
    const done = sending.send(0, 8 * MIB);
    assertEquals(await receive(sending, () => sending.files.write("/srv/a", "new")), pattern(8 * MIB));
    assertEquals(await done, true);
    await end(sending);
  });

  Deno.test(`sendPieces() throws when the client goes away, and gives everything back (${how})`, async () => {
    const sending = await prepare(8 * MIB, { keptBytes });
    const done = assertNetError(sending.send(0, 8 * MIB), "reset");
    await sending.bench.receive(sending.client);
    sending.client.close();
    await sending.bench.clock.until(done);
    sending.hot.retain(() => false);
    assertEquals(sending.hot.sizeBytes, 0, "nothing is lent any more");
    await end(sending);
  });

  Deno.test(`sendPieces() throws when the file cannot be read, and gives everything back (${how})`, async () => {
    const sending = await prepare(8 * MIB, { keptBytes });
    sending.files.failNext("readAt", "other", 100);
    const done = sending.send(0, 8 * MIB).then(() => "sent", (error: Error) => error.name);
    assertEquals((await receive(sending)).length, 0);
    assertEquals([await done, sending.hot.count], ["FileError", 0]);
    await end(sending);
  });
}

/** What happens to the file while its first part is on its way. */
const CHANGES: Record<string, (files: MemoryFiles) => void> = {
  "is written to": (files) => files.overwrite("/srv/a", new Uint8Array(8 * MIB).fill(0xee)),
  "is cut short": (files) => files.overwrite("/srv/a", "short"),
  "grows": (files) => files.overwrite("/srv/a", new Uint8Array(9 * MIB).fill(0xee)),
};

for (const [what, change] of Object.entries(CHANGES)) {
  for (const keptBytes of [16 * MIB, 0]) {
    Deno.test(`sendPieces() stops when the file ${what}, and sends nothing of the new version (${keptBytes})`, async () => {
      const sending = await prepare(8 * MIB, { keptBytes });
      const done = sending.send(0, 8 * MIB);
      await sending.bench.clock.advance(100);
      const readBytes = sending.file.reads.length * MIB;
      change(sending.files);
      const received = await receive(sending);
      assertEquals(await done, false);
      assert(readBytes < 8 * MIB);
      assertEquals(received, pattern(readBytes), "what was read before it changed, and nothing else");
      assertEquals(sending.sentBytes(), readBytes);
      await end(sending);
    });
  }
}

Deno.test("sendPieces() sends what is in memory to its end, whatever becomes of the file", async () => {
  const sending = await prepare(8 * MIB, { keptBytes: 16 * MIB });
  const pieces = sending.pieces(0, 8 * MIB);
  while (!pieces.isAtEnd) (await pieces.next())!.release();
  pieces.close();
  const done = sending.send(0, 8 * MIB);
  await sending.bench.clock.advance(100);
  sending.files.overwrite("/srv/a", new Uint8Array(8 * MIB));
  assertEquals(await receive(sending), pattern(8 * MIB));
  assertEquals(await done, true);
  await end(sending);
});

Deno.test("sendBytes() writes a small body and its head in one go, unless the head has to go alone", async () => {
  for (
    const [isApart, length, expected] of [[true, 9, 2], [false, 9, 1], [false, 16_384, 1], [false, 16_385, 2]] as const
  ) {
    const writes: Uint8Array[] = [];
    const conn: Partial<Conn> = {
      write: (bytes) => Promise.resolve(void writes.push(bytes.slice())),
      close: () => {},
    };
    const lines = new LineConn(conn as Conn, { clock: new VirtualClock(), idleMs: 30_000 });
    await sendBytes(lines, { line: HEAD, isApart }, pattern(length));
    lines.close();
    assertEquals(writes.length, expected, `${isApart} ${length}`);
    assertEquals(writes.flatMap((bytes) => [...bytes]), [...HEAD_BYTES, ...pattern(length)]);
    if (expected === 2) assertEquals(writes[0], HEAD_BYTES);
  }
});
