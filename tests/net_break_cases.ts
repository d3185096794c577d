/**
 * The transport contract: closing, cancelling, and peers that break off.
 *
 * @module
 */

import { assert, assertEquals, assertInstanceOf, assertStrictEquals } from "@std/assert";
import type { Conn } from "../src/net/net.ts";
import { NetError } from "../src/net/net_error.ts";
import {
  assertAtEnd,
  assertEnded,
  assertNetError,
  caught,
  FLOOD_BYTES,
  LOOPBACK,
  type NetCase,
  pattern,
  readExactly,
  readPattern,
  sentWhenStuck,
} from "./net_bench.ts";

/** A case by name, for the one runtime that cannot keep it. */
export const HALF_CLOSE_UNREAD = "Conn.write() reaches a side that has closed its direction before anyone read that";

/** What streams promise when something ends early. */
export const BREAK_CASES: readonly NetCase[] = [
  {
    name: "dial() rejects with refused where nobody listens",
    async run({ net }): Promise<void> {
      // Port 1 needs a privilege and has been nobody's for decades, unlike a port that was free a moment ago.
      await assertNetError(net.dial({ host: LOOPBACK, port: 1 }), "refused");
    },
  },
  {
    name: "dial() rejects with the reason of a signal that has aborted already",
    async run(bench): Promise<void> {
      const { address } = await bench.listen();
      for (const reason of [new Error("enough"), { kind: "not an error" }]) {
        const signal = AbortSignal.abort(reason);
        assertStrictEquals(await caught(bench.net.dial(address, { signal })), reason);
      }
    },
  },
  {
    name: "dial() rejects with the reason of a signal that aborts meanwhile",
    async run(bench): Promise<void> {
      const { address } = await bench.listen();
      const controller = new AbortController();
      const dialling = caught(bench.net.dial(address, { signal: controller.signal }));
      const reason = new Error("enough");
      controller.abort(reason);
      assertStrictEquals(await dialling, reason);
    },
  },
  {
    name: "dial() has done with its signal once it has resolved",
    async run(bench): Promise<void> {
      const listener = await bench.listen();
      const controller = new AbortController();
      const client = await bench.dial(listener.address, { signal: controller.signal });
      const server = await bench.accept(listener);
      controller.abort(new Error("too late"));
      await client.write(pattern(10));
      await readPattern(server, 10);
      await server.write(pattern(10));
      await readPattern(client, 10);
    },
  },
  {
    name: "Conn.close() ends the stream for the other side after what was written",
    async run(bench): Promise<void> {
      const [client, server] = await bench.pair();
      await client.write(pattern(100_000));
      client.close();
      await readPattern(server, 100_000);
      await assertAtEnd(server);
    },
  },
  {
    name: "Conn.close() makes a read under way throw closed",
    async run(bench): Promise<void> {
      const [client] = await bench.pair();
      const reading = client.read(new Uint8Array(10));
      client.close();
      await assertNetError(reading, "closed");
    },
  },
  {
    name: "Conn.close() makes a write under way throw closed",
    async run(bench): Promise<void> {
      const [client] = await bench.pair();
      const writing = assertNetError(client.write(pattern(FLOOD_BYTES)), "closed");
      await sentWhenStuck(bench, client);
      client.close();
      await writing;
    },
  },
  {
    name: "Conn throws closed after its own close(), which may come twice",
    async run(bench): Promise<void> {
      const [client, server] = await bench.pair();
      await server.write(pattern(10));
      client.close();
      client.close();
      await assertNetError(client.read(new Uint8Array(10)), "closed");
      await assertNetError(client.write(pattern(10)), "closed");
      await client.closeWrite();
      client.close();
    },
  },
  {
    name: "Conn.write() throws closed after closeWrite()",
    async run(bench): Promise<void> {
      const [client, server] = await bench.pair();
      await client.closeWrite();
      await assertNetError(client.write(pattern(10)), "closed");
      await assertAtEnd(server);
      await server.write(pattern(10));
      await readPattern(client, 10);
    },
  },
  {
    name: HALF_CLOSE_UNREAD,
    async run(bench): Promise<void> {
      const [client, server] = await bench.pair();
      await client.closeWrite();
      await server.write(pattern(10));
      await readPattern(client, 10);
      await assertAtEnd(server);
    },
  },
  {
    name: "Conn.close() after both directions have ended is no error",
    async run(bench): Promise<void> {
      const [client, server] = await bench.pair();
      await Promise.all([client.closeWrite(), server.closeWrite()]);
      await Promise.all([assertAtEnd(client), assertAtEnd(server)]);
      await Promise.all([assertAtEnd(client), assertAtEnd(server)]);
      client.close();
      server.close();
    },
  },
  {
    name: "Conn.read() comes to an end when the other side breaks off with bytes unread and unsent",
    async run(bench): Promise<void> {
      const [client, server] = await bench.pair();
      await client.write(pattern(10));
      const writing = assertNetError(server.write(pattern(FLOOD_BYTES)), "closed");
      await sentWhenStuck(bench, server);
      server.close();
      await writing;
      await assertOver(client);
    },
  },
  {
    name: "Conn.write() throws reset when the other side has gone",
    async run(bench): Promise<void> {
      const [client, server] = await bench.pair();
      server.close();
      await assertNetError(writeForEver(client), "reset");
      await assertNetError(client.write(pattern(1)), "reset");
      await client.closeWrite();
    },
  },
  {
    name: "Conn.write() under way throws reset when the other side goes",
    async run(bench): Promise<void> {
      const [client, server] = await bench.pair();
      const writing = assertNetError(client.write(pattern(FLOOD_BYTES)), "reset");
      await sentWhenStuck(bench, client);
      server.close();
      await writing;
    },
  },
  {
    name: "Listener.close() ends the iteration that waits, and later ones, and may come twice",
    async run(bench): Promise<void> {
      const listener = await bench.listen();
      const waiting = assertEnded(listener);
      listener.close();
      listener.close();
      await waiting;
      await assertEnded(listener);
      await assertNetError(bench.net.dial(listener.address), "refused");
    },
  },
  {
    name: "Listener.close() lets accepted streams live on",
    async run(bench): Promise<void> {
      const listener = await bench.listen();
      const client = await bench.dial(listener.address);
      const server = await bench.accept(listener);
      listener.close();
      await client.write(pattern(10));
      await readPattern(server, 10);
      await server.write(pattern(10));
      await readPattern(client, 10);
    },
  },
  {
    name: "Listener.close() ends streams that nobody has accepted",
    async run(bench): Promise<void> {
      const listener = await bench.listen();
      const client = await bench.dial(listener.address);
      listener.close();
      await assertOver(client);
    },
  },
  {
    name: "Listener may be iterated again after a loop was left",
    async run(bench): Promise<void> {
      const listener = await bench.listen();
      for (let mark = 1; mark <= 3; mark++) {
        const client = await bench.dial(listener.address);
        await client.write(Uint8Array.of(mark));
        for await (const server of listener) {
          assertEquals(await readExactly(server, 1), Uint8Array.of(mark));
          server.close();
          break;
        }
      }
    },
  },
  {
    name: "Listener takes 200 dials at once",
    async run(bench): Promise<void> {
      const listener = await bench.listen();
      const echoing = (async (): Promise<void> => {
        for (let i = 0; i < 200; i++) {
          const server = await bench.accept(listener);
          await server.write(await readExactly(server, 4));
        }
      })();
      const marks = Array.from({ length: 200 }, (_, i) => new Uint8Array(Uint32Array.of(i).buffer));
      const answers = await Promise.all(marks.map(async (mark) => {
        const client = await bench.dial(listener.address);
        await client.write(mark);
        return await readExactly(client, 4);
      }));
      assertEquals(answers, marks);
      await echoing;
    },
  },
  {
    name: "Listener lets 600 dials wait until it is asked for them",
    async run(bench): Promise<void> {
      const listener = await bench.listen();
      const clients = await Promise.all(Array.from({ length: 600 }, () => bench.dial(listener.address)));
      const servers: Conn[] = [];
      for (let i = 0; i < clients.length; i++) servers.push(await bench.accept(listener));
      const ports = (ends: Iterable<Conn>, side: "local" | "remote"): Set<number> =>
        new Set(Array.from(ends, (conn) => conn[side].port));
      assertEquals(ports(servers, "remote"), ports(clients, "local"));
      assert(servers.every((conn) => conn.local.port === listener.address.port));
    },
  },
];

/** Reads until the stream ends or is reset: a runtime cannot always tell the one from the other. */
async function assertOver(conn: Conn): Promise<void> {
  const buffer = new Uint8Array(1024 * 1024);
  try {
    while (await conn.read(buffer) !== null);
  } catch (error) {
    assertInstanceOf(error, NetError);
    assertEquals(error.code, "reset");
  }
}

async function writeForEver(conn: Conn): Promise<never> {
  const bytes = pattern(64 * 1024);
  for (;;) await conn.write(bytes);
}
