/**
 * What real sockets promise beyond the transport contract, with peers that only an operating system has.
 *
 * @module
 */

import { assertEquals } from "@std/assert";
import { connect, createServer, type Server, type Socket } from "node:net";
import { assertNetError, FLOOD_BYTES, LOOPBACK, type NetCase, pattern, readPattern, receive } from "./net_bench.ts";

/** IPv4 loopback as an IPv6 socket sees it. */
const MAPPED_LOOPBACK = "::ffff:127.0.0.1";

/** What every transport on real sockets promises. */
export const SOCKET_CASES: readonly NetCase[] = [
  {
    name: "Conn.read() that waits throws reset when the other side resets",
    async run(bench): Promise<void> {
      const server = await startServer();
      try {
        const client = await bench.dial({ host: LOOPBACK, port: server.port });
        const peer = await server.accepted;
        const reading = assertNetError(client.read(new Uint8Array(10)), "reset");
        peer.resetAndDestroy();
        await reading;
      } finally {
        server.close();
      }
    },
  },
  {
    name: "Conn.write() that waits throws reset when the other side resets",
    async run(bench): Promise<void> {
      const server = await startServer();
      try {
        const client = await bench.dial({ host: LOOPBACK, port: server.port });
        const peer = await server.accepted;
        const writing = assertNetError(client.write(pattern(FLOOD_BYTES)), "reset");
        peer.resetAndDestroy();
        await writing;
      } finally {
        server.close();
      }
    },
  },
  {
    name: "Listener goes on after a stream that was reset before anyone accepted it",
    async run(bench): Promise<void> {
      const listener = await bench.listen();
      for (let i = 0; i < 3; i++) await dialAndReset(listener.address.port);
      const client = await bench.dial(listener.address);
      // A reset stream may show up, and then has its address; or it may not.
      for (;;) {
        const server = await bench.accept(listener);
        if (server.remote.port !== client.local.port) continue;
        await client.write(pattern(10));
        await readPattern(server, 10);
        return;
      }
    },
  },
  {
    name: "Conn shows IPv4 as IPv4, on an IPv6 socket too",
    needs: "ipv6",
    async run(bench): Promise<void> {
      const listener = await bench.listen(MAPPED_LOOPBACK);
      assertEquals(listener.address.host, LOOPBACK);
      const client = await bench.dial(listener.address);
      const server = await bench.accept(listener);
      assertEquals(server.remote, client.local);
      assertEquals(server.local, client.remote);
    },
  },
  {
    name: "PacketSocket shows IPv4 as IPv4, on an IPv6 socket too, and sends there",
    needs: "ipv6",
    async run(bench): Promise<void> {
      const [mapped, plain] = [await bench.bind(MAPPED_LOOPBACK), await bench.bind()];
      assertEquals(mapped.address.host, LOOPBACK);
      await plain.send(pattern(10), mapped.address);
      assertEquals((await receive(mapped)).from, plain.address);
      await mapped.send(pattern(10), plain.address);
      assertEquals((await receive(plain)).from, mapped.address);
    },
  },
];

/** A peer on `node:net`, which can reset where our own interface cannot. */
async function startServer(): Promise<{ port: number; accepted: Promise<Socket>; close(): void }> {
  const server: Server = createServer();
  const sockets: Socket[] = [];
  const accepted = new Promise<Socket>((resolve) => {
    server.on("connection", (socket: Socket) => {
      socket.on("error", () => {});
      sockets.push(socket);
      resolve(socket);
    });
  });
  await new Promise<void>((resolve) => server.listen(0, LOOPBACK, resolve));
  const { port } = server.address() as { port: number };
  function close(): void {
    for (const socket of sockets) socket.destroy();
    server.close();
  }
  return { port, accepted, close };
}

function dialAndReset(port: number): Promise<void> {
  return new Promise((resolve, reject) => {
    const socket = connect({ host: LOOPBACK, port });
    socket.on("error", reject);
    socket.on("connect", () => socket.resetAndDestroy());
    socket.on("close", () => resolve());
  });
}
