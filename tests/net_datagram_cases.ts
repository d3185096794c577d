/**
 * The transport contract: datagrams.
 *
 * @module
 */

import { assertEquals } from "@std/assert";
import { MAX_DATAGRAM_BYTES } from "../src/net/net.ts";
import { assertEnded, assertNetError, LOOPBACK, type NetCase, pattern, receive } from "./net_bench.ts";

/** What datagram sockets promise. */
export const DATAGRAM_CASES: readonly NetCase[] = [
  {
    name: "PacketSocket carries a datagram and its sender's address",
    async run(bench): Promise<void> {
      const [here, there] = [await bench.bind(), await bench.bind()];
      await here.send(pattern(100), there.address);
      const packet = await receive(there);
      assertEquals(packet, { bytes: pattern(100), from: here.address });
      await there.send(pattern(50, 1), packet.from);
      assertEquals(await receive(here), { bytes: pattern(50, 1), from: there.address });
    },
  },
  {
    name: "PacketSocket carries datagrams of 0, 1, 60 KiB and the most bytes whole",
    async run(bench): Promise<void> {
      const [here, there] = [await bench.bind(), await bench.bind()];
      for (const sizeBytes of [0, 1, 60 * 1024, MAX_DATAGRAM_BYTES, 0]) {
        await here.send(pattern(sizeBytes), there.address);
        const { bytes } = await receive(there);
        assertEquals(bytes.length, sizeBytes);
        assertEquals(bytes, pattern(sizeBytes));
      }
    },
  },
  {
    name: "PacketSocket.send() throws too-large past the most bytes, and goes on",
    async run(bench): Promise<void> {
      const [here, there] = [await bench.bind(), await bench.bind()];
      await assertNetError(here.send(new Uint8Array(MAX_DATAGRAM_BYTES + 1), there.address), "too-large");
      await here.send(pattern(3), there.address);
      assertEquals((await receive(there)).bytes, pattern(3));
    },
  },
  {
    name: "PacketSocket.send() leaves the buffer to its owner once it has resolved",
    async run(bench): Promise<void> {
      const [here, there] = [await bench.bind(), await bench.bind()];
      const bytes = pattern(1_000);
      await here.send(bytes, there.address);
      bytes.fill(0);
      assertEquals((await receive(there)).bytes, pattern(1_000));
    },
  },
  {
    name: "PacketSocket gives away what it received: a later datagram does not change it",
    async run(bench): Promise<void> {
      const [here, there] = [await bench.bind(), await bench.bind()];
      await here.send(pattern(100), there.address);
      const first = await receive(there);
      await here.send(pattern(100, 50), there.address);
      const second = await receive(there);
      assertEquals(first.bytes, pattern(100));
      assertEquals(second.bytes, pattern(100, 50));
    },
  },
  {
    name: "PacketSocket keeps a burst of 50 until it is asked for them",
    async run(bench): Promise<void> {
      const [here, there] = [await bench.bind(), await bench.bind()];
      for (let mark = 0; mark < 50; mark++) await here.send(Uint8Array.of(mark), there.address);
      const marks: number[] = [];
      for await (const { bytes } of there) {
        marks.push(...bytes);
        if (marks.length === 50) break;
      }
      assertEquals(marks, Array.from({ length: 50 }, (_, mark) => mark));
    },
  },
  {
    name: "PacketSocket lives on after sends to where nobody is",
    async run(bench): Promise<void> {
      const [here, there] = [await bench.bind(), await bench.bind()];
      for (let i = 0; i < 3; i++) await here.send(pattern(10), { host: LOOPBACK, port: 1 });
      const receiving = receive(here);
      await there.send(pattern(10), here.address);
      assertEquals((await receiving).bytes, pattern(10));
    },
  },
  {
    name: "PacketSocket.close() ends the iteration that waits, and later ones, and may come twice",
    async run(bench): Promise<void> {
      const socket = await bench.bind();
      const waiting = assertEnded(socket);
      socket.close();
      socket.close();
      await waiting;
      await assertEnded(socket);
    },
  },
  {
    name: "PacketSocket.send() throws closed after close(), and when close() comes meanwhile throws that or resolves",
    async run(bench): Promise<void> {
      const [here, there] = [await bench.bind(), await bench.bind()];
      const sending = here.send(pattern(10), there.address);
      here.close();
      try {
        await sending;
      } catch {
        await assertNetError(sending, "closed");
      }
      await assertNetError(here.send(pattern(10), there.address), "closed");
    },
  },
];
