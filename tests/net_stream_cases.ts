/**
 * The transport contract: bytes, half-close, counters, back-pressure.
 *
 * @module
 */

import { assert, assertEquals, assertGreater, assertLess } from "@std/assert";
import { systemClock } from "../src/base/clock.ts";
import {
  assertAtEnd,
  FLOOD_BYTES,
  type NetCase,
  pattern,
  readExactly,
  readPattern,
  roundTrips,
  sentWhenStuck,
  watch,
} from "./net_bench.ts";

/** What streams promise while both sides are well. */
export const STREAM_CASES: readonly NetCase[] = [
  {
    name: "Conn carries bytes there and back",
    async run(bench): Promise<void> {
      const [client, server] = await bench.pair();
      await client.write(pattern(1_000));
      await readPattern(server, 1_000);
      await server.write(pattern(500, 7));
      await readPattern(client, 500, 7);
    },
  },
  {
    name: "Conn carries 20 MB intact both ways at once",
    async run(bench): Promise<void> {
      const [client, server] = await bench.pair();
      const bytes = 20_000_000;
      await Promise.all([
        client.write(pattern(bytes)),
        server.write(pattern(bytes, 99)),
        readPattern(server, bytes),
        readPattern(client, bytes, 99),
      ]);
      assertEquals(client.sentBytes, bytes);
      assertEquals(client.receivedBytes, bytes);
    },
  },
  {
    name: "Conn.read() takes at most what fits and keeps the rest",
    async run(bench): Promise<void> {
      const [client, server] = await bench.pair();
      await client.write(pattern(1_000));
      await client.closeWrite();
      const into = new Uint8Array(8).fill(0xEE);
      assertEquals(await server.read(into.subarray(0, 1)), 1);
      assertEquals(into, Uint8Array.of(pattern(1)[0]!, ...new Uint8Array(7).fill(0xEE)));
      for (let offset = 1; offset < 1_000; offset++) await readPattern(server, 1, offset);
      await assertAtEnd(server);
    },
  },
  {
    name: "Conn.write() sends just the part of the buffer that it was given",
    async run(bench): Promise<void> {
      const [client, server] = await bench.pair();
      await client.write(Uint8Array.of(1, 2, 3, 4, 5).subarray(1, 4));
      await client.closeWrite();
      assertEquals(await readExactly(server, 3), Uint8Array.of(2, 3, 4));
      await assertAtEnd(server);
    },
  },
  {
    name: "Conn.write() leaves the buffer to its owner once it has resolved",
    async run(bench): Promise<void> {
      const [client, server] = await bench.pair();
      const bytes = pattern(50_000);
      await client.write(bytes);
      bytes.fill(0);
      await readPattern(server, 50_000);
    },
  },
  {
    name: "Conn.write() of no bytes sends nothing",
    async run(bench): Promise<void> {
      const [client, server] = await bench.pair();
      await client.write(new Uint8Array(0));
      assertEquals(client.sentBytes, 0);
      await client.write(pattern(3));
      await client.write(new Uint8Array(0));
      await client.closeWrite();
      await readPattern(server, 3);
      await assertAtEnd(server);
    },
  },
  {
    name: "Conn.closeWrite() ends one direction, and the other goes on, from either side",
    async run(bench): Promise<void> {
      for (const turned of [false, true]) {
        const pair = await bench.pair();
        const [first, second] = turned ? pair.reverse() as typeof pair : pair;
        await first.write(pattern(10));
        await first.closeWrite();
        await first.closeWrite();
        await readPattern(second, 10);
        await assertAtEnd(second);
        await assertAtEnd(second);
        await second.write(pattern(100_000, 5));
        await readPattern(first, 100_000, 5);
        await second.closeWrite();
        await assertAtEnd(first);
      }
    },
  },
  {
    name: "Conn.closeWrite() wakes a read that waits on the other side",
    async run(bench): Promise<void> {
      const [client, server] = await bench.pair();
      const atEnd = assertAtEnd(server);
      await client.closeWrite();
      await atEnd;
    },
  },
  {
    name: "Conn counts what it sent and received",
    async run(bench): Promise<void> {
      const [client, server] = await bench.pair();
      assertEquals([client.sentBytes, client.receivedBytes, server.sentBytes, server.receivedBytes], [0, 0, 0, 0]);
      await client.write(pattern(300));
      await client.write(pattern(40));
      await readExactly(server, 100);
      assertEquals([client.sentBytes, server.receivedBytes], [340, 100]);
      await readExactly(server, 240);
      await server.write(pattern(1));
      await readExactly(client, 1);
      assertEquals([client.sentBytes, client.receivedBytes, server.sentBytes, server.receivedBytes], [340, 1, 1, 340]);
    },
  },
  {
    name: "Conn.write() holds nothing back to join it with the next one",
    async run(bench): Promise<void> {
      const [client, server] = await bench.pair();
      const { now } = systemClock();
      const startMs = now();
      const byte = new Uint8Array(1);
      for (let round = 0; round < 100; round++) {
        await client.write(byte);
        await client.write(byte);
        await readExactly(server, 2);
        await server.write(byte);
        await server.write(byte);
        await readExactly(client, 2);
      }
      // Nagle's algorithm against delayed acknowledgements costs 40 ms a round and more: over 4 s.
      assertLess(now() - startMs, 2_000);
    },
  },
  {
    name: "Conn.write() waits while the other side does not read, and shows progress when it does",
    async run(bench): Promise<void> {
      const [client, server] = await bench.pair();
      const others = await bench.pair();
      const writing = client.write(pattern(FLOOD_BYTES));
      const write = watch(writing);
      const stuckAt = await sentWhenStuck(bench, client);
      assertLess(stuckAt, FLOOD_BYTES / 2);
      assertEquals(write.settled, false);
      let offset = 0;
      while (client.sentBytes === stuckAt) {
        await readPattern(server, 100_000, offset);
        offset += 100_000;
        await roundTrips(others, 2);
      }
      assert(!write.settled, "the write showed no progress before it was through");
      await Promise.all([writing, readPattern(server, FLOOD_BYTES - offset, offset)]);
      assertEquals(client.sentBytes, FLOOD_BYTES);
      assertEquals(server.receivedBytes, FLOOD_BYTES);
    },
  },
  {
    name: "Conn waits for its reader without slowing another one down",
    async run(bench): Promise<void> {
      const [client, server] = await bench.pair();
      const stuck = watch(server.write(pattern(FLOOD_BYTES)));
      await sentWhenStuck(bench, server);
      await client.write(pattern(1_000));
      await readPattern(server, 1_000);
      assertEquals(stuck.settled, false);
      assertGreater(server.sentBytes, 0);
    },
  },
];
