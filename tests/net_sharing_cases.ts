/**
 * The transport contract: ports that several programs share. A runtime that cannot share one keeps it by saying so.
 *
 * @module
 */

import { assert, assertEquals, assertMatch } from "@std/assert";
import type { Address } from "../src/base/address.ts";
import type { Conn, Listener } from "../src/net/net.ts";
import { NetError } from "../src/net/net_error.ts";
import { assertEnded, assertNetError, LOOPBACK, type NetBench, type NetCase, readExactly } from "./net_bench.ts";

/** So many that chance sends them all to one of two listeners once in 2^63 runs. */
const DIALS = 64;

/** What a transport promises about ports that are shared. */
export const SHARING_CASES: readonly NetCase[] = [
  {
    name: "listen() shares a port, and each stream goes to one of those who listen there",
    async run(bench): Promise<void> {
      const first = await found(bench);
      if (first === undefined) return;
      const second = await join(bench, first.address);
      assertEquals(second.address, first.address);
      const taken = await takeStreams(bench, [first, second]);
      assertEquals(taken.reduce((sum, count) => sum + count, 0), DIALS);
      assert(taken.every((count) => count > 0), `streams of each listener: ${taken}`);
    },
  },
  {
    name: "Listener that shares its port leaves it to the others when it closes",
    async run(bench): Promise<void> {
      const first = await found(bench);
      if (first === undefined) return;
      const second = await join(bench, first.address);
      first.close();
      await assertEnded(first);
      assertEquals(await takeStreams(bench, [second]), [DIALS]);
      const third = await join(bench, first.address);
      second.close();
      assertEquals(await takeStreams(bench, [third]), [DIALS]);
    },
  },
  {
    name: "listen() rejects with in-use where others share, unless it joins them",
    async run(bench): Promise<void> {
      const first = await found(bench);
      if (first === undefined) return;
      const second = await join(bench, first.address);
      for (const held of [first, second]) {
        await assertNetError(bench.net.listen(first.address), "in-use");
        await assertNetError(bench.net.listen(first.address, { sharing: "found" }), "in-use");
        held.close();
      }
      assertEquals((await found(bench, first.address.port))?.address, first.address);
    },
  },
  {
    name: "listen() rejects with in-use where another listens alone, also when it wants to share",
    async run(bench): Promise<void> {
      if (await found(bench) === undefined) return;
      const { address } = await bench.listen();
      await assertNetError(bench.net.listen(address, { sharing: "found" }), "in-use");
      await assertNetError(bench.net.listen(address, { sharing: "join" }), "in-use");
    },
  },
  {
    name: "listen() founds a share of a free port for port 0, of another one each time",
    async run(bench): Promise<void> {
      const first = await found(bench);
      if (first === undefined) return;
      const second = await found(bench);
      assert(first.address.port > 0 && first.address.port !== second?.address.port);
    },
  },
  {
    name: "listen() can found a share again at once, with its streams still open",
    async run(bench): Promise<void> {
      const first = await found(bench);
      if (first === undefined) return;
      const client = await bench.dial(first.address);
      const server = await bench.accept(first);
      first.close();
      server.close();
      client.close();
      const second = await found(bench, first.address.port);
      assertEquals(second?.address, first.address);
    },
  },
];

/** Founds a share; `undefined` where that is refused by name. */
async function found(bench: NetBench, port = 0): Promise<Listener | undefined> {
  try {
    return await bench.listen(LOOPBACK, port, { sharing: "found" });
  } catch (error) {
    if (!(error instanceof NetError) || error.code !== "unsupported") throw error;
    assertMatch(error.message, /^Cannot share 127\.0\.0\.1:\d+: (Node 2[0-3]\.[\d.]+ cannot|only Linux) .+/);
    await assertNetError(bench.net.listen({ host: LOOPBACK, port }, { sharing: "join" }), "unsupported");
    return undefined;
  }
}

function join(bench: NetBench, { host, port }: Address): Promise<Listener> {
  return bench.listen(host, port, { sharing: "join" });
}

/** Dials, and says how many streams each listener took. Each stream carries a byte from the one side to the other. */
async function takeStreams(bench: NetBench, listeners: readonly Listener[]): Promise<number[]> {
  const counts = listeners.map(() => 0);
  const answered: Promise<void>[] = [];
  const answering = listeners.map(async (listener, at) => {
    for await (const conn of listener) {
      counts[at]!++;
      answered.push(conn.write(new Uint8Array([at])).finally(() => conn.close()));
    }
  });
  const clients = await Promise.all(Array.from({ length: DIALS }, () => bench.dial(listeners[0]!.address)));
  await Promise.all(clients.map((client: Conn) => readExactly(client, 1)));
  for (const listener of listeners) listener.close();
  await Promise.all([...answering, ...answered]);
  return counts;
}
