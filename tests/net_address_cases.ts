/**
 * The transport contract: addresses and ports.
 *
 * @module
 */

import { assert, assertEquals } from "@std/assert";
import { MAX_PORT } from "../src/base/address.ts";
import { assertNetError, LOOPBACK, type NetCase, pattern, readPattern, receive } from "./net_bench.ts";

/** Of a network that exists in documentation only, so never this machine's. Listening there sends nothing. */
const ELSEWHERE = "203.0.113.1";

/** What a transport promises about addresses. */
export const ADDRESS_CASES: readonly NetCase[] = [
  {
    name: "listen() and bind() take a free port for port 0, another one each time",
    async run(bench): Promise<void> {
      const opened = [await bench.listen(), await bench.listen()];
      const bound = [await bench.bind(), await bench.bind()];
      for (const [one, two] of [opened, bound]) {
        for (const { address } of [one!, two!]) {
          assertEquals(address.host, LOOPBACK);
          assert(address.port > 0 && address.port <= MAX_PORT, `port ${address.port}`);
        }
        assert(one!.address.port !== two!.address.port);
      }
    },
  },
  {
    name: "Conn knows both addresses, on both sides",
    async run(bench): Promise<void> {
      const listener = await bench.listen();
      const client = await bench.dial(listener.address);
      const server = await bench.accept(listener);
      assertEquals(client.remote, listener.address);
      assertEquals(server.local, listener.address);
      assertEquals(client.local, server.remote);
      assertEquals(client.local.host, LOOPBACK);
      assert(client.local.port !== listener.address.port);
    },
  },
  {
    name: "listen() rejects with in-use where another listens",
    async run(bench): Promise<void> {
      const { address } = await bench.listen();
      await assertNetError(bench.net.listen(address), "in-use");
    },
  },
  {
    name: "listen() can take a port again at once, with its streams still open",
    async run(bench): Promise<void> {
      const first = await bench.listen();
      const client = await bench.dial(first.address);
      const server = await bench.accept(first);
      first.close();
      server.close();
      client.close();
      const second = await bench.listen(first.address.host, first.address.port);
      assertEquals(second.address, first.address);
      const again = await bench.dial(second.address);
      await again.write(pattern(10));
      await readPattern(await bench.accept(second), 10);
    },
  },
  {
    name: "bind() rejects with in-use where another is bound",
    async run(bench): Promise<void> {
      const { address } = await bench.bind();
      await assertNetError(bench.net.bind(address), "in-use");
    },
  },
  {
    name: "bind() can take a port again at once",
    async run(bench): Promise<void> {
      const first = await bench.bind();
      first.close();
      const second = await bench.bind(first.address.host, first.address.port);
      assertEquals(second.address, first.address);
    },
  },
  {
    name: "listen() and bind() reject with unavailable at another machine's address",
    async run({ net }): Promise<void> {
      await assertNetError(net.listen({ host: ELSEWHERE, port: 0 }), "unavailable");
      await assertNetError(net.bind({ host: ELSEWHERE, port: 0 }), "unavailable");
    },
  },
  {
    name: "Conn carries bytes over IPv6",
    needs: "ipv6",
    async run(bench): Promise<void> {
      const listener = await bench.listen("::1");
      assertEquals(listener.address.host, "::1");
      const client = await bench.dial(listener.address);
      const server = await bench.accept(listener);
      assertEquals(client.remote, listener.address);
      assertEquals(server.local, listener.address);
      assertEquals(client.local, server.remote);
      await client.write(pattern(1_000));
      await readPattern(server, 1_000);
    },
  },
  {
    name: "PacketSocket carries datagrams over IPv6",
    needs: "ipv6",
    async run(bench): Promise<void> {
      const [here, there] = [await bench.bind("::1"), await bench.bind("::1")];
      assertEquals(there.address.host, "::1");
      await here.send(pattern(1_000), there.address);
      assertEquals(await receive(there), { bytes: pattern(1_000), from: here.address });
    },
  },
];
