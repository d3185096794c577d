import { assert, assertEquals, assertLessOrEqual, assertStrictEquals } from "@std/assert";
import { assertAtEnd, assertNetError, caught, nextOf, pattern, readPattern, watch } from "../../tests/net_bench.ts";
import { sleep } from "../base/clock.ts";
import { seededRandom } from "../base/random.ts";
import { VirtualClock } from "../base/virtual_clock.ts";
import { MemoryNetwork, type MemoryNetworkOptions } from "./memory.ts";
import type { Conn, Listener } from "./net.ts";

const ONE = "10.0.0.1", TWO = "10.0.0.2", PORT = 5050;
const KIB = 1024;

interface Bench {
  clock: VirtualClock;
  network: MemoryNetwork;
  /** Opens a stream from the first machine to the second. */
  pair(): Promise<[Conn, Conn]>;
  listener: Listener;
}

async function startBench(options: Partial<MemoryNetworkOptions> = {}): Promise<Bench> {
  const clock = new VirtualClock();
  const network = new MemoryNetwork({ clock, random: seededRandom(1), faults: { latencyMs: 10 }, ...options });
  const net = network.host(ONE);
  const listener = await network.host(TWO).listen({ host: "0.0.0.0", port: PORT });
  const pair = (): Promise<[Conn, Conn]> =>
    clock.until(Promise.all([net.dial({ host: TWO, port: PORT }), nextOf(listener)]));
  return { clock, network, pair, listener };
}

Deno.test("MemoryNet.dial() takes one round trip, and the listener knows half a one later", async () => {
  const { clock, network, listener } = await startBench();
  const dialled = network.host(ONE).dial({ host: TWO, port: PORT }).then(() => clock.now());
  const accepted = nextOf(listener).then(() => clock.now());
  assertEquals(await clock.until(Promise.all([dialled, accepted])), [20, 30]);
  const refused = assertNetError(network.host(ONE).dial({ host: TWO, port: 1 }), "refused");
  await clock.until(refused);
  assertEquals(clock.now(), 50);
});

Deno.test("MemoryNet.dial() throws timeout when nobody can answer, or the signal's reason before", async () => {
  const { clock, network } = await startBench({ limits: { connectTimeoutMs: 7_000 } });
  const net = network.host(ONE);
  for (const [from, to] of [[ONE, TWO], [TWO, ONE]] as const) {
    network.partition(from, to, { oneWay: true });
    const startMs = clock.now();
    await clock.until(assertNetError(net.dial({ host: TWO, port: PORT }), "timeout"));
    assertEquals(clock.now() - startMs, 7_000);
    network.heal();
  }
  network.isolate(TWO);
  const controller = new AbortController();
  const dialling = caught(net.dial({ host: TWO, port: PORT }, controller));
  await clock.advance(5_000);
  controller.abort("enough");
  assertStrictEquals(await dialling, "enough");
  network.heal();
  await clock.until(network.idle());
  assertEquals(network.usage().conns, 0);
});

Deno.test("MemoryNet.dial() gets through once the partition is healed", async () => {
  const { clock, network, listener } = await startBench();
  network.partition(ONE, TWO);
  const dialling = network.host(ONE).dial({ host: TWO, port: PORT });
  await clock.advance(5_000);
  network.heal(ONE, TWO);
  await clock.until(Promise.all([dialling, nextOf(listener)]));
  assertEquals(clock.now(), 5_030);
});

Deno.test("MemoryNet.dial() waits while the listener's backlog is full", async () => {
  const { clock, network, listener } = await startBench({ limits: { backlog: 2 } });
  const net = network.host(ONE);
  const dials = [1, 2, 3].map(() => watch(net.dial({ host: TWO, port: PORT })));
  await clock.advance(5_500);
  assertEquals(dials.map(({ settled }) => settled), [true, true, false]);
  await nextOf(listener);
  await clock.advance(1_000);
  assertEquals(dials.map(({ settled }) => settled), [true, true, true]);
});

Deno.test("MemoryNet.dial() that was called off leaves nothing on either side", async () => {
  const { clock, network, listener } = await startBench();
  for (const delayMs of [0, 5, 15, 19]) {
    const controller = new AbortController();
    const dialling = caught(network.host(ONE).dial({ host: TWO, port: PORT }, controller));
    await clock.advance(delayMs);
    controller.abort("enough");
    assertEquals(await dialling, "enough");
    await clock.until(network.idle());
    assertEquals(network.usage().conns, 0, `called off after ${delayMs} ms`);
  }
  const accepting = nextOf(listener);
  await clock.until(network.host(ONE).dial({ host: TWO, port: PORT }));
  assertEquals((await clock.until(accepting)).remote.host, ONE);
});

Deno.test("MemoryConn holds no more than its buffers while the other side does not read", async () => {
  const { clock, network, pair } = await startBench();
  const [client, server] = await pair();
  const writing = watch(client.write(pattern(1_000_000)));
  await clock.advance(60_000);
  assertEquals([client.sentBytes, writing.settled], [128 * KIB, false]);
  assertEquals(network.usage(ONE).bufferedBytes, 64 * KIB);
  assertEquals(network.usage(TWO).bufferedBytes, 64 * KIB);
  assertEquals(network.bytesInFlight, 0);
  await clock.until(readPattern(server, 10_000));
  await clock.advance(1_000);
  assertEquals(client.sentBytes, 128 * KIB);
  await clock.until(readPattern(server, 40_000, 10_000));
  await clock.advance(1_000);
  assertEquals(client.sentBytes, 128 * KIB + 50_000);
  await clock.until(readPattern(server, 950_000, 50_000));
  assertEquals([writing.settled, network.usage().bufferedBytes], [true, 0]);
});

Deno.test("MemoryConn buffers can be made smaller", async () => {
  const { clock, pair } = await startBench({ limits: { sendBufferBytes: 100, receiveBufferBytes: 50 } });
  const [client, server] = await pair();
  const writing = client.write(pattern(1_000));
  await clock.advance(1_000);
  assertEquals(client.sentBytes, 150);
  await clock.until(Promise.all([writing, readPattern(server, 1_000)]));
});

Deno.test("MemoryNetwork gives a stream bytesPerSecond, exactly, and shows progress on a slow line", async () => {
  for (const limit of ["link", "uplink"]) {
    const { clock, network, pair } = await startBench();
    const [client, server] = await pair();
    if (limit === "link") network.setLinkFaults(ONE, TWO, { bytesPerSecond: 100_000 });
    else network.setUplink(ONE, 100_000);
    const startMs = clock.now();
    let lastMs = startMs, longestMs = 0, received = 0;
    const reading = (async (): Promise<void> => {
      const buffer = new Uint8Array(64 * KIB);
      while (received < 1_000_000) {
        received += await server.read(buffer) ?? 0;
        longestMs = Math.max(longestMs, clock.now() - lastMs);
        lastMs = clock.now();
      }
    })();
    await clock.until(Promise.all([client.write(pattern(1_000_000)), reading]));
    assertEquals(Math.round(clock.now() - startMs), 10_010, limit);
    assertLessOrEqual(longestMs, 61);
  }
});

Deno.test("MemoryNetwork shares a line among its streams", async () => {
  const { clock, network, pair } = await startBench();
  const pairs = [await pair(), await pair()];
  network.setLinkFaults(ONE, TWO, { bytesPerSecond: 50_000 });
  const startMs = clock.now();
  const endsMs = await clock.until(Promise.all(pairs.map(async ([client, server]) => {
    await Promise.all([client.write(pattern(100_000)), readPattern(server, 100_000)]);
    return clock.now() - startMs;
  })));
  assert(endsMs.every((endMs) => endMs > 3_000 && endMs <= 4_011), `${endsMs}`);
});

Deno.test("MemoryNetwork speeds up what is on its way when a slow line gets better", async () => {
  const { clock, network, pair } = await startBench();
  const [client, server] = await pair();
  network.setLinkFaults(ONE, TWO, { bytesPerSecond: 10, latencyMs: 500 });
  const writing = client.write(pattern(100_000));
  await clock.advance(60_000);
  network.clearFaults();
  const startMs = clock.now();
  await clock.until(Promise.all([writing, readPattern(server, 100_000)]));
  assertLessOrEqual(clock.now() - startMs, 100);
});

Deno.test("MemoryConn keeps its bytes in order through loss and jitter, and takes longer", async () => {
  const { clock, pair } = await startBench({ faults: { latencyMs: 5, jitterMs: 50, lossRate: 0.2, reorderRate: 0.5 } });
  const [client, server] = await pair();
  const startMs = clock.now();
  const writing = (async (): Promise<void> => {
    for (let offset = 0; offset < 100_000; offset += 1_000) {
      await client.write(pattern(1_000, offset));
      await sleep(clock, 1);
    }
  })();
  await clock.until(Promise.all([writing, readPattern(server, 100_000)]));
  assert(clock.now() - startMs > 200, "no loss was seen");
});

Deno.test("MemoryConn waits through a partition and goes on when it is healed", async () => {
  for (const [from, to] of [[ONE, TWO], [TWO, ONE]] as const) {
    const { clock, network, pair } = await startBench();
    const [client, server] = await pair();
    await client.write(pattern(10));
    network.partition(from, to, { oneWay: true });
    const writing = client.write(pattern(500_000, 10));
    const reading = readPattern(server, 500_010);
    const read = watch(reading);
    await clock.advance(59_000);
    assertEquals(read.settled, false);
    network.heal();
    await clock.until(Promise.all([writing, reading]));
    assertLessOrEqual(clock.now(), 60_000);
    await client.closeWrite();
    await clock.until(assertAtEnd(server));
  }
});

Deno.test("MemoryConn throws timeout when what it sent cannot get through, or is not acknowledged, for 60 s", async () => {
  for (const [from, to] of [[ONE, TWO], [TWO, ONE]] as const) {
    const { clock, network, pair } = await startBench();
    const [client, server] = await pair();
    network.partition(from, to, { oneWay: true });
    await client.write(pattern(10));
    const reading = watch(client.read(new Uint8Array(10)));
    const serving = watch(server.read(new Uint8Array(20)));
    await clock.advance(59_000);
    assertEquals(reading.settled, false);
    await clock.advance(1_100);
    await assertNetError(client.write(pattern(10)), "timeout");
    await assertNetError(client.read(new Uint8Array(10)), "timeout");
    // The other side only listens: it knows nothing until it says something itself.
    assertEquals(serving.settled, from === TWO);
    network.heal();
    await server.write(pattern(10));
    await clock.until(network.idle());
    await assertNetError(server.write(pattern(10)), "reset");
  }
});

Deno.test("MemoryConn that was idle during a partition notices nothing of it", async () => {
  const { clock, network, pair } = await startBench();
  const [client, server] = await pair();
  network.partition(ONE, TWO);
  await clock.advance(86_400_000);
  network.heal();
  await clock.until(Promise.all([client.write(pattern(10)), readPattern(server, 10)]));
});

Deno.test("MemoryNetwork.isolate() cuts a machine off from others, not from itself", async () => {
  const { clock, network, pair } = await startBench();
  const [client] = await pair();
  network.isolate(TWO);
  const own = network.host(TWO).dial({ host: "127.0.0.1", port: PORT });
  await clock.until(own);
  await client.write(pattern(1));
  await clock.advance(61_000);
  await assertNetError(client.write(pattern(1)), "timeout");
});

Deno.test("MemoryConn.close() with bytes unread resets the other side, which still gets what had arrived", async () => {
  const { clock, network, pair } = await startBench();
  const [client, server] = await pair();
  await Promise.all([client.write(pattern(10)), server.write(pattern(20))]);
  await clock.until(network.idle());
  server.close();
  await clock.until(network.idle());
  await readPattern(client, 20);
  await assertNetError(client.read(new Uint8Array(1)), "reset");
  await assertNetError(client.write(pattern(1)), "reset");
});

Deno.test("MemoryConn.write() throws reset a round trip after the first write to a side that has closed", async () => {
  const { clock, pair } = await startBench();
  const [client, server] = await pair();
  server.close();
  await clock.until(assertAtEnd(client));
  await client.write(pattern(1));
  await clock.advance(19);
  await client.write(pattern(1));
  await clock.advance(1);
  await assertNetError(client.write(pattern(1)), "reset");
});

Deno.test("MemoryConn.close() delivers what was written, also through a partition", async () => {
  const { clock, network, pair } = await startBench();
  const [client, server] = await pair();
  await clock.until(client.write(pattern(120_000)));
  network.partition(ONE, TWO);
  client.close();
  await clock.advance(30_000);
  network.heal();
  await clock.until(readPattern(server, 120_000).then(() => assertAtEnd(server)));
  server.close();
  await clock.until(network.idle());
  assertEquals(network.usage(), { conns: 0, listeners: 1, sockets: 0, bufferedBytes: 0 });
});

Deno.test("MemoryConn refuses a second read or write at once", async () => {
  const { clock, pair } = await startBench();
  const [client] = await pair();
  watch(client.read(new Uint8Array(1)));
  watch(client.write(pattern(1_000_000)));
  await clock.advance(100);
  assert(await caught(client.read(new Uint8Array(1))) instanceof TypeError);
  assert(await caught(client.write(pattern(1))) instanceof TypeError);
});

Deno.test("MemoryNetwork.resetStreams() breaks both sides of a pair's streams, and no others", async () => {
  const { clock, network, pair } = await startBench();
  const [client, server] = await pair();
  const other = network.host("10.0.0.3").dial({ host: TWO, port: PORT });
  const dialled = await clock.until(other);
  const reading = [client, server].map((conn) => assertNetError(conn.read(new Uint8Array(1)), "reset"));
  network.resetStreams(TWO, ONE);
  await Promise.all(reading);
  await assertNetError(client.write(pattern(1)), "reset");
  await dialled.write(pattern(1));
  network.resetStreams(TWO);
  await assertNetError(dialled.read(new Uint8Array(1)), "reset");
});

Deno.test("MemoryNetwork.crash() resets a machine's streams, ends its loops, and frees its addresses", async () => {
  const { clock, network, pair, listener } = await startBench();
  const [client, server] = await pair();
  const net = network.host(TWO);
  const accepting = watch(nextOf(listener).catch(() => {}));
  const reading = assertNetError(server.read(new Uint8Array(1)), "closed");
  network.crash(TWO);
  await reading;
  assertEquals(network.usage(TWO), { conns: 0, listeners: 0, sockets: 0, bufferedBytes: 0 });
  await clock.until(assertNetError(client.read(new Uint8Array(1)), "reset"));
  assertEquals(accepting.settled, true);
  await assertNetError(server.write(pattern(1)), "closed");
  await assertNetError(net.dial({ host: ONE, port: PORT }), "closed");
  await assertNetError(net.listen({ host: TWO, port: PORT }), "closed");
  await clock.until(assertNetError(network.host(ONE).dial({ host: TWO, port: PORT }), "refused"));
  const again = await network.host(TWO).listen({ host: TWO, port: PORT });
  await clock.until(Promise.all([network.host(ONE).dial({ host: TWO, port: PORT }), nextOf(again)]));
});

Deno.test("MemoryNetwork.crash() behind a partition is known only once something is sent", async () => {
  const { clock, network, pair } = await startBench();
  const [client] = await pair();
  network.partition(ONE, TWO);
  network.crash(TWO);
  network.heal();
  const read = watch(client.read(new Uint8Array(1)));
  await clock.advance(3_600_000);
  assertEquals(read.settled, false);
  await client.write(pattern(1));
  await clock.advance(20);
  await assertNetError(client.write(pattern(1)), "reset");
});

Deno.test("MemoryNetwork.crash() silently leaves peers waiting: timeout, or reset after a restart", async () => {
  for (const restarted of [false, true]) {
    const { clock, network, pair } = await startBench();
    const [client, server] = await pair();
    await server.write(pattern(10));
    network.crash(TWO, { silently: true });
    const read = watch(client.read(new Uint8Array(1)));
    await client.write(pattern(1));
    const dialling = watch(network.host(ONE).dial({ host: TWO, port: PORT }));
    await clock.advance(50_000);
    assertEquals([read.settled, dialling.settled], [false, false]);
    if (restarted) network.host(TWO);
    await clock.advance(restarted ? 20 : 10_000);
    await assertNetError(client.write(pattern(1)), restarted ? "reset" : "timeout");
    assertEquals([read.settled, dialling.settled], [true, true]);
    await clock.until(network.idle());
    assertEquals(network.usage(TWO).conns, 0);
  }
});

Deno.test("MemoryNet.crash() ends one program, and leaves the others of its machine alone", async () => {
  const { clock, network, pair } = await startBench();
  const [client, server] = await pair();
  const program = network.host(ONE);
  const conn = await clock.until(program.dial({ host: TWO, port: PORT }));
  const listener = await program.listen({ host: ONE, port: 80 });
  program.crash();
  await assertNetError(conn.read(new Uint8Array(1)), "closed");
  await assertNetError(program.bind({ host: ONE, port: 0 }), "closed");
  assertEquals((await listener[Symbol.asyncIterator]().next()).done, true);
  assertEquals(network.usage(ONE), { conns: 1, listeners: 0, sockets: 0, bufferedBytes: 0 });
  await clock.until(Promise.all([client.write(pattern(10)), readPattern(server, 10)]));
});

Deno.test("MemoryListener.close() resets streams that nobody has accepted, open or half open", async () => {
  const { clock, network, listener } = await startBench();
  const net = network.host(ONE);
  const open = await clock.until(net.dial({ host: TWO, port: PORT }));
  await clock.advance(10);
  const halfOpen = net.dial({ host: TWO, port: PORT });
  await clock.advance(15);
  listener.close();
  await clock.until(assertNetError(open.read(new Uint8Array(1)), "reset"));
  await clock.until(halfOpen.then((conn) => assertNetError(conn.read(new Uint8Array(1)), "reset")));
  await clock.until(network.idle());
  assertEquals(network.usage(TWO), { conns: 0, listeners: 0, sockets: 0, bufferedBytes: 0 });
});

Deno.test("MemoryListener forgets a dial whose machine vanished half way", async () => {
  const { clock, network } = await startBench();
  watch(network.host(ONE).dial({ host: TWO, port: PORT }));
  await clock.advance(25);
  assertEquals(network.usage(TWO).conns, 1);
  network.crash(ONE, { silently: true });
  await clock.until(network.idle());
  assertEquals(network.usage(TWO).conns, 0);
});
