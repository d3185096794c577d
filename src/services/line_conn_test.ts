import { assertEquals, assertGreaterOrEqual, assertLessOrEqual, assertRejects } from "@std/assert";
import { assertNetError, watch } from "../../tests/net_bench.ts";
import { StreamBench } from "../../tests/stream_bench.ts";
import { DeadlineError } from "../base/deadline.ts";
import type { Conn } from "../net/net.ts";
import { ProtocolError } from "../protocol/protocol_error.ts";
import { LineConn, type LineConnOptions } from "./line_conn.ts";

const IDLE_MS = 30_000;

interface Ends {
  readonly bench: StreamBench;
  readonly lines: LineConn;
  readonly peer: Conn;
}

/** A line connection at the server's end of a stream, and the client's bare end. */
async function open(options: Partial<LineConnOptions> = {}): Promise<Ends> {
  const bench = new StreamBench();
  const [conn, peer] = await bench.pair();
  return { bench, peer, lines: new LineConn(conn, { clock: bench.clock, idleMs: IDLE_MS, ...options }) };
}

/** Closes both ends, and checks that nothing is left. */
async function end({ bench, lines, peer }: Ends): Promise<void> {
  lines.close();
  peer.close();
  await bench.assertQuiet();
}

/** Reads to the end of input. */
async function readAll({ bench, lines }: Ends): Promise<string[]> {
  const all: string[] = [];
  const reading = (async (): Promise<void> => {
    for (let line = await lines.readLine(); line !== undefined; line = await lines.readLine()) all.push(line);
  })();
  await bench.clock.until(reading);
  return all;
}

Deno.test("LineConn.readLine() takes lines apart and puts them together, whatever the segments", async () => {
  const ends = await open();
  for (const part of ["HEL", "LO\nGET a\r\nGE", "T b", "\n"]) await ends.bench.send(ends.peer, part);
  await ends.peer.closeWrite();
  assertEquals(await readAll(ends), ["HELLO", "GET a", "GET b"]);
  assertEquals(await ends.bench.clock.until(ends.lines.readLine()), undefined, "the end stays the end");
  assertEquals(ends.lines.peer, "10.0.0.2:49152");
  await end(ends);
});

Deno.test("LineConn.readLine() takes an end of input for the end of a line", async () => {
  const ends = await open();
  await ends.bench.send(ends.peer, "HELLO\nGET a");
  await ends.peer.closeWrite();
  assertEquals(await readAll(ends), ["HELLO", "GET a"]);
  await end(ends);
});

Deno.test("LineConn.readLine() refuses a line over the limit, by default 8192 bytes", async () => {
  for (const [options, limit] of [[{}, 8_192], [{ lineLimitBytes: 10 }, 10]] as const) {
    const ends = await open(options);
    await ends.bench.send(ends.peer, `${"x".repeat(limit)}\n${"x".repeat(limit + 1)}\n`);
    assertEquals((await ends.bench.clock.until(ends.lines.readLine()))?.length, limit);
    await assertRejects(() => ends.bench.clock.until(ends.lines.readLine()), ProtocolError, `${limit} bytes`);
    await end(ends);
  }
});

Deno.test("LineConn.readLine() gives a line its time once, however the bytes trickle", async () => {
  const ends = await open();
  const { bench: { clock }, lines, peer } = ends;
  const reading = assertRejects(() => lines.readLine(), DeadlineError, "no progress within 30000 ms");
  const seen = watch(reading);
  for (let sentMs = 0; sentMs < IDLE_MS - 1_000; sentMs += 1_000) {
    await peer.write(Uint8Array.of(0x78));
    await clock.advance(1_000);
  }
  assertEquals(seen.settled, false);
  await clock.advance(999);
  assertEquals(seen.settled, false);
  await clock.advance(1);
  await reading;
  await assertRejects(() => lines.writeLines("late"), DeadlineError);
  await end(ends);
});

Deno.test("LineConn.readLine() gives each line its own time, and counts ours for nothing", async () => {
  const ends = await open();
  const { bench, lines, peer } = ends;
  for (const line of ["one", "two", "three"]) {
    const reading = lines.readLine();
    await bench.clock.advance(IDLE_MS - 10);
    await bench.send(peer, `${line}\n`);
    assertEquals(await bench.clock.until(reading), line);
    await bench.clock.advance(5 * IDLE_MS);
  }
  await end(ends);
});

Deno.test("LineConn.read() gives the bytes that came along with the last line, then all others", async () => {
  const ends = await open();
  const { bench, lines, peer } = ends;
  await bench.send(peer, "OK 9\nabcde");
  const into = new Uint8Array(4);
  const parts: (string | null)[] = [];
  const readPart = async (): Promise<void> => {
    const count = await bench.clock.until(lines.read(into));
    parts.push(count === null ? null : new TextDecoder().decode(into.subarray(0, count)));
  };
  assertEquals(await bench.clock.until(lines.readLine()), "OK 9");
  await readPart();
  await readPart();
  await bench.send(peer, "fghi");
  await peer.closeWrite();
  await readPart();
  await readPart();
  assertEquals(parts, ["abcd", "e", "fghi", null]);
  await end(ends);
});

Deno.test("LineConn.read() ends with a deadline when nothing comes, and lives on any byte", async () => {
  const ends = await open();
  const { bench: { clock }, lines, peer } = ends;
  for (let byte = 0; byte < 3; byte++) {
    const reading = lines.read(new Uint8Array(10));
    await clock.advance(IDLE_MS - 10);
    await peer.write(Uint8Array.of(byte));
    assertEquals(await clock.until(reading), 1);
  }
  const startMs = clock.now();
  await assertRejects(() => clock.until(lines.read(new Uint8Array(10))), DeadlineError, "Cannot read from 10.0.0.2:");
  assertEquals(clock.now() - startMs, IDLE_MS);
  await end(ends);
});

Deno.test("LineConn.writeLines() sends its lines in one segment", async () => {
  const ends = await open();
  await ends.lines.writeLines("FILE a 1", "FILE b 2", "END");
  assertEquals(await ends.bench.receive(ends.peer), "FILE a 1\nFILE b 2\nEND\n");
  await ends.lines.writeLines();
  await ends.lines.writeLines("");
  assertEquals(await ends.bench.receive(ends.peer), "\n");
  await end(ends);
});

Deno.test("LineConn.write() is patient with a slow reader, and not with one that has stopped", async () => {
  const ends = await open();
  const { bench: { clock }, lines, peer } = ends;
  const writing = assertRejects(
    () => lines.write(new Uint8Array(1_000_000)),
    DeadlineError,
    "Cannot write to 10.0.0.2:",
  );
  const seen = watch(writing);
  const into = new Uint8Array(40_000);
  for (let round = 0; round < 10; round++) {
    await clock.advance(IDLE_MS - 100);
    await clock.until(peer.read(into));
  }
  assertEquals(seen.settled, false);
  const stoppedMs = clock.now();
  await clock.until(writing);
  assertGreaterOrEqual(clock.now() - stoppedMs, IDLE_MS - 100);
  assertLessOrEqual(clock.now() - stoppedMs, 2 * IDLE_MS);
  await end(ends);
});

Deno.test("LineConn throws reset when the peer breaks off, and closed after our own close", async () => {
  const ends = await open();
  const { bench, lines } = ends;
  bench.network.resetStreams("10.0.0.2");
  await bench.clock.until(assertNetError(lines.readLine(), "reset"));
  await bench.clock.until(assertNetError(lines.writeLines("x"), "reset"));
  lines.close();
  lines.close();
  for (const run of [() => lines.readLine(), () => lines.writeLines("x"), () => lines.read(new Uint8Array(1))]) {
    await bench.clock.until(assertNetError(run(), "closed"));
  }
  await end(ends);
});

Deno.test("LineConn.close() ends a read and a write under way", async () => {
  const ends = await open();
  const reading = assertNetError(ends.lines.readLine(), "closed");
  const writing = assertNetError(ends.lines.write(new Uint8Array(1_000_000)), "closed");
  await ends.bench.clock.advance(10);
  ends.lines.close();
  await Promise.all([reading, writing]);
  await end(ends);
});

Deno.test("LineConn.finish() lets the last words arrive although the peer was not read to its end", async () => {
  const ends = await open();
  const { bench, lines, peer } = ends;
  await bench.send(peer, `FOO\n${"more\n".repeat(2_000)}`);
  assertEquals(await bench.clock.until(lines.readLine()), "FOO");
  await lines.writeLines("ERROR UNKNOWN_COMMAND");
  const finishing = lines.finish();
  await bench.send(peer, "and more");
  assertEquals(await bench.receiveAll(peer), "ERROR UNKNOWN_COMMAND\n");
  peer.close();
  await bench.clock.until(finishing);
  await bench.assertQuiet();
});

Deno.test("LineConn.finish() waits 2 s for the peer to hang up, or idleMs where that is less", async () => {
  for (const [idleMs, expectedMs] of [[30_000, 2_000], [500, 500]] as const) {
    const ends = await open({ idleMs });
    const startMs = ends.bench.clock.now();
    await ends.bench.clock.until(ends.lines.finish());
    assertEquals(ends.bench.clock.now() - startMs, expectedMs);
    await end(ends);
  }
});

Deno.test("LineConn.finish() takes in only so much of a peer that never stops talking", async () => {
  const ends = await open();
  const { bench: { clock }, lines, peer } = ends;
  const startMs = clock.now();
  const talking = watch(peer.write(new Uint8Array(10_000_000)));
  await clock.until(lines.finish());
  assertLessOrEqual(clock.now() - startMs, 1_000);
  assertGreaterOrEqual(lines.conn.receivedBytes, 262_144);
  assertLessOrEqual(lines.conn.receivedBytes, 262_144 + 16_384);
  await clock.advance(1_000);
  assertEquals(talking.settled, true, "it was hung up on");
  await end(ends);
});

Deno.test("LineConn.finish() is harmless when the peer is gone, or we have closed already", async () => {
  const gone = await open();
  gone.bench.network.resetStreams("10.0.0.2");
  await gone.bench.clock.until(gone.lines.finish());
  await end(gone);
  const closed = await open();
  closed.lines.close();
  await closed.bench.clock.until(closed.lines.finish());
  await closed.bench.clock.until(closed.lines.finish());
  await end(closed);
});
