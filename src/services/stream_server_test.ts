import { assert, assertEquals, assertStrictEquals } from "@std/assert";
import { assertAtEnd, assertNetError, watch } from "../../tests/net_bench.ts";
import { StreamBench } from "../../tests/stream_bench.ts";
import { DeadlineError } from "../base/deadline.ts";
import type { Conn, Listener } from "../net/net.ts";
import { NetError } from "../net/net_error.ts";
import { StreamServer, type StreamServerOptions } from "./stream_server.ts";

/** Sends back what comes until the peer's end. */
async function echo(conn: Conn): Promise<void> {
  const buffer = new Uint8Array(100);
  for (let count = await conn.read(buffer); count !== null; count = await conn.read(buffer)) {
    await conn.write(buffer.subarray(0, count));
  }
}

async function start(bench: StreamBench, options: Partial<StreamServerOptions> = {}): Promise<StreamServer> {
  const { clock, log } = bench;
  return new StreamServer(await bench.listen(), { clock, log, handle: echo, ...options });
}

/** Whether the server sends back what the client sends. */
async function answers(bench: StreamBench, client: Conn): Promise<boolean> {
  const reading = bench.receive(client).catch(() => null);
  await bench.send(client, "ping").catch(() => {});
  return await reading === "ping";
}

Deno.test("StreamServer serves many streams at once, and closes each when its handler is done", async () => {
  const bench = new StreamBench();
  const server = await start(bench);
  const clients = [await bench.dial(), await bench.dial(), await bench.dial()];
  for (const client of clients) assert(await answers(bench, client));
  assertEquals(server.active, 3);
  await clients[1]!.closeWrite();
  await bench.clock.until(assertAtEnd(clients[1]!));
  assertEquals(server.active, 2);
  for (const client of clients) client.close();
  await bench.clock.advance(10);
  assertEquals(server.active, 0);
  await bench.clock.until(server.stop(0));
  assertEquals(bench.records, []);
  await bench.assertQuiet();
});

Deno.test("StreamServer.stop() closes those that are left, in whatever order the others have ended", async () => {
  const bench = new StreamBench();
  const server = await start(bench);
  const clients: Conn[] = [];
  for (let count = 0; count < 6; count++) clients.push(await bench.dial());
  for (const client of clients) assert(await answers(bench, client));
  for (const [ended, at] of [2, 5, 0, 3].entries()) {
    await clients[at]!.closeWrite();
    await bench.clock.until(assertAtEnd(clients[at]!));
    assertEquals(server.active, 5 - ended);
  }
  for (const at of [1, 4]) assert(await answers(bench, clients[at]!));
  await bench.clock.until(server.stop(0));
  assertEquals(server.active, 0);
  for (const client of clients) client.close();
  await bench.assertQuiet();
});

Deno.test("StreamServer ends one stream when its handler throws, and no other", async () => {
  const bench = new StreamBench();
  const failures: [thrown: unknown, event: string][] = [
    [new TypeError("a bug"), "error: connection failed"],
    [new NetError("reset", "read"), "debug: connection ended early"],
    [new DeadlineError("Cannot read: no progress"), "debug: connection ended early"],
  ];
  let nextFailure: unknown;
  const server = await start(bench, {
    handle: (conn) => {
      if (nextFailure !== undefined) throw nextFailure;
      return echo(conn);
    },
  });
  const survivor = await bench.dial();
  assert(await answers(bench, survivor));
  for (const [thrown, event] of failures) {
    nextFailure = thrown;
    const victim = await bench.dial();
    await bench.clock.until(assertAtEnd(victim));
    victim.close();
    assertEquals([bench.events(), server.active], [[event], 1]);
    assert(String(bench.records[0]?.fields["peer"]).startsWith("10.0.0.2:"));
    bench.records.length = 0;
  }
  nextFailure = undefined;
  assert(await answers(bench, survivor));
  survivor.close();
  const later = await bench.dial();
  assert(await answers(bench, later));
  later.close();
  await bench.clock.until(server.stop(0));
  await bench.assertQuiet();
});

Deno.test("StreamServer serves no more than maxConns at once: the next ones wait for their turn", async () => {
  const bench = new StreamBench();
  const server = await start(bench, { maxConns: 2 });
  const [first, second, third] = [await bench.dial(), await bench.dial(), await bench.dial()];
  assert(await answers(bench, first));
  assert(await answers(bench, second));
  const reading = bench.receive(third);
  const served = watch(reading);
  await third.write(new TextEncoder().encode("ping"));
  await bench.clock.advance(60_000);
  assertEquals([served.settled, server.active], [false, 2]);
  first.close();
  await bench.clock.advance(10);
  assertEquals([await reading, server.active], ["ping", 2]);
  for (const client of [second, third]) client.close();
  await bench.clock.until(server.stop(0));
  await bench.assertQuiet();
});

Deno.test("StreamServer says once that the limit is reached, until there was room again", async () => {
  const bench = new StreamBench();
  const server = await start(bench, { maxConns: 10 });
  const clients: Conn[] = [];
  const dial = async (count: number): Promise<void> => {
    for (let at = 0; at < count; at++) clients.push(await bench.dial());
    await bench.clock.advance(10);
  };
  const hangUp = async (count: number): Promise<void> => {
    for (const client of clients.splice(0, count)) client.close();
    await bench.clock.advance(10);
  };
  await dial(30);
  await hangUp(15);
  assertEquals(server.active, 10);
  assertEquals(bench.events(), ["warn: connection limit reached"]);
  assertEquals(bench.records[0]?.fields, { connections: 10 });
  await hangUp(8);
  await dial(5);
  assertEquals(bench.events().length, 2);
  await hangUp(clients.length);
  await bench.clock.until(server.stop(0));
  await bench.assertQuiet();
});

Deno.test("StreamServer.stop() takes no new streams, and lets open ones finish", async () => {
  const bench = new StreamBench();
  const server = await start(bench);
  const client = await bench.dial();
  assert(await answers(bench, client));
  const stopping = server.stop(5_000);
  const seen = watch(stopping);
  await bench.clock.until(assertNetError(bench.client.dial({ host: "10.0.0.1", port: 5050 }), "refused"));
  assert(await answers(bench, client));
  await bench.clock.advance(4_000);
  assertEquals(seen.settled, false);
  client.close();
  await bench.clock.until(stopping);
  await bench.assertQuiet();
});

Deno.test("StreamServer.stop() closes what is still open after drainMs, or at once", async () => {
  for (const drainMs of [5_000, 0]) {
    const bench = new StreamBench();
    const server = await start(bench);
    const client = await bench.dial();
    assert(await answers(bench, client));
    const startMs = bench.clock.now();
    await bench.clock.until(server.stop(drainMs));
    assertEquals([bench.clock.now() - startMs, server.active], [drainMs, 0]);
    await bench.clock.until(assertAtEnd(client));
    client.close();
    await bench.assertQuiet();
  }
});

Deno.test("StreamServer.stop() does not wait for streams on which nothing was asked yet", async () => {
  const bench = new StreamBench();
  const server = await start(bench);
  const client = await bench.dial();
  await bench.clock.advance(10);
  assertEquals(server.active, 1);
  const startMs = bench.clock.now();
  await bench.clock.until(server.stop(5_000));
  assert(bench.clock.now() - startMs < 100);
  client.close();
  await bench.assertQuiet();
});

Deno.test("StreamServer.stop() waits for handlers that take their time after the close", async () => {
  const bench = new StreamBench();
  let isTidied = false;
  const server = await start(bench, {
    handle: async (conn) => {
      await echo(conn).catch(() => {});
      await new Promise<void>((resolve) => bench.clock.schedule(300, resolve));
      isTidied = true;
    },
  });
  const client = await bench.dial();
  assert(await answers(bench, client));
  await bench.clock.until(server.stop(0));
  assertEquals([isTidied, server.active], [true, 0]);
  client.close();
});

Deno.test("StreamServer.stop() is idempotent", async () => {
  const bench = new StreamBench();
  const server = await start(bench);
  const stopping = server.stop(5_000);
  assertStrictEquals(server.stop(0), stopping);
  await bench.clock.until(stopping);
  assertStrictEquals(server.stop(1), stopping);
  await bench.assertQuiet();
});

Deno.test("StreamServer.stop() ends a server that waits for room, and turns away who waits for it", async () => {
  const bench = new StreamBench();
  const server = await start(bench, { maxConns: 1 });
  const [served, waiting] = [await bench.dial(), await bench.dial()];
  assert(await answers(bench, served));
  const turnedAway = assertNetError(waiting.read(new Uint8Array(1)), "reset");
  await bench.clock.until(server.stop(1_000));
  await bench.clock.until(turnedAway);
  for (const client of [served, waiting]) client.close();
  await bench.assertQuiet();
});

/** A listener that throws at first, then hands out what it is given. */
function brokenListener(failures: number, conns: Conn[]): Listener & { readonly tries: number } {
  let wake = (): void => {};
  let isClosed = false;
  const listener = {
    address: { host: "127.0.0.1", port: 5050 },
    tries: 0,
    close(): void {
      isClosed = true;
      wake();
    },
    [Symbol.asyncIterator]: (): AsyncIterator<Conn> => ({
      next: async (): Promise<IteratorResult<Conn>> => {
        if (listener.tries++ < failures) throw new NetError("other", "accept", { cause: new Error("no luck") });
        if (conns.length === 0 && !isClosed) await new Promise<void>((resolve) => wake = resolve);
        const conn = conns.shift();
        return conn === undefined ? { done: true, value: undefined } : { done: false, value: conn };
      },
    }),
  };
  return listener;
}

Deno.test("StreamServer goes on after an error of its listener, a second later", async () => {
  const bench = new StreamBench();
  const { clock, log } = bench;
  const [conn, client] = await bench.pair();
  const listener = brokenListener(2, [conn]);
  const server = new StreamServer(listener, { clock, log, handle: echo });
  await clock.advance(1_999);
  assertEquals([listener.tries, server.active], [2, 0]);
  await clock.advance(1);
  assert(await answers(bench, client));
  assertEquals(bench.events(), ["error: accepting failed", "error: accepting failed"]);
  assertEquals(bench.records[0]?.fields, { at: "127.0.0.1:5050", reason: "Cannot accept: no luck" });
  client.close();
  await clock.until(server.stop(0));
  await bench.assertQuiet();
});

Deno.test("StreamServer.stop() hangs up on a stream that comes in at the last moment", async () => {
  const bench = new StreamBench();
  const { clock, log } = bench;
  const [conn, client] = await bench.pair();
  const conns: Conn[] = [];
  const server = new StreamServer(brokenListener(0, conns), { clock, log, handle: echo });
  await clock.advance(1);
  conns.push(conn);
  await clock.until(server.stop(5_000));
  await clock.until(assertAtEnd(client));
  client.close();
  await bench.assertQuiet();
});

Deno.test("StreamServer.stop() ends a server whose listener fails", async () => {
  const bench = new StreamBench();
  const { clock, log } = bench;
  const server = new StreamServer(brokenListener(Infinity, []), { clock, log, handle: echo });
  await clock.advance(500);
  await server.stop(5_000);
  assertEquals([bench.records.length, clock.pending], [1, 0]);
});
