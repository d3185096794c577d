import { assert, assertEquals, assertNotEquals, assertRejects, assertThrows } from "@std/assert";
import { assertNetError, nextOf, readExactly, receive } from "../../tests/net_bench.ts";
import { NET_CASES, runNetCase } from "../../tests/net_contract.ts";
import { every, sleep, systemClock } from "../base/clock.ts";
import { randomInt, seededRandom } from "../base/random.ts";
import { VirtualClock } from "../base/virtual_clock.ts";
import { type MemoryNet, MemoryNetwork, type MemoryNetworkOptions } from "./memory.ts";
import { NetError } from "./net_error.ts";

function startNetwork(options: Partial<MemoryNetworkOptions> = {}): { clock: VirtualClock; network: MemoryNetwork } {
  const clock = new VirtualClock();
  return { clock, network: new MemoryNetwork({ clock, random: seededRandom(1), ...options }) };
}

for (const netCase of NET_CASES) {
  Deno.test(`MemoryNetwork ${netCase.name}`, async () => {
    const { clock, network } = startNetwork();
    await clock.until(runNetCase(network.host("127.0.0.1"), netCase));
    await clock.until(network.idle());
    assertEquals(network.usage(), { conns: 0, listeners: 0, sockets: 0, bufferedBytes: 0 });
    assertEquals([network.bytesInFlight, clock.pending], [0, 0]);
  });
}

Deno.test("MemoryNetwork runs on the machine's clock too", async () => {
  const network = new MemoryNetwork({ clock: systemClock(), random: seededRandom(1), faults: { latencyMs: 1 } });
  const listener = await network.host("10.0.0.1").listen({ host: "10.0.0.1", port: 0 });
  const client = await network.host("10.0.0.2").dial(listener.address);
  const server = await nextOf(listener);
  await client.write(Uint8Array.of(1, 2, 3));
  assertEquals(await readExactly(server, 3), Uint8Array.of(1, 2, 3));
  for (const each of [client, server, listener]) each.close();
  await network.idle();
});

Deno.test("MemoryNetwork.host() gives each machine its own address and its own loopback", async () => {
  const { clock, network } = startNetwork();
  const one = network.host("10.0.0.1"), two = network.host("10.0.0.2");
  for (
    const [at, from, dialled, code] of [
      ["10.0.0.1", two, "10.0.0.1", undefined],
      ["10.0.0.1", one, "10.0.0.1", undefined],
      ["10.0.0.1", one, "127.0.0.1", "refused"],
      ["127.0.0.1", one, "localhost", undefined],
      ["127.0.0.1", one, "127.0.0.2", "refused"],
      ["127.0.0.1", one, "10.0.0.1", "refused"],
      ["127.0.0.1", two, "127.0.0.1", "refused"],
      ["localhost", one, "127.0.0.1", undefined],
      ["127.0.0.2", one, "127.0.0.2", undefined],
      ["0.0.0.0", one, "127.0.0.9", undefined],
      ["0.0.0.0", two, "10.0.0.1", undefined],
      ["0.0.0.0", one, "0.0.0.0", undefined],
      ["0.0.0.0", one, "::1", "refused"],
      ["::1", one, "::1", undefined],
      ["::", one, "::1", undefined],
      ["::", one, "::", undefined],
      ["::", two, "10.0.0.1", undefined],
    ] as const
  ) {
    const listener = await one.listen({ host: at, port: 80 });
    const dialling = from.dial({ host: dialled, port: 80 });
    if (code !== undefined) await clock.until(assertNetError(dialling, code));
    else {
      const client = await clock.until(dialling);
      const server = await clock.until(nextOf(listener));
      assertEquals([server.local, server.remote], [client.remote, client.local]);
      client.close();
      server.close();
    }
    listener.close();
  }
  await clock.until(network.idle());
});

Deno.test("MemoryNetwork.host() takes names too, and shares one machine among all loopback addresses", async () => {
  const { clock, network } = startNetwork();
  const listener = await network.host("cs1.lab").listen({ host: "cs1.lab", port: 7001 });
  const client = await clock.until(network.host("cs2.lab").dial({ host: "cs1.lab", port: 7001 }));
  assertEquals([client.local.host, client.remote], ["cs2.lab", listener.address]);
  await network.host("127.0.0.1").listen({ host: "127.0.0.2", port: 80 });
  await clock.until(network.host("localhost").dial({ host: "127.0.0.2", port: 80 }));
  for (const wildcard of ["0.0.0.0", "::"]) assertThrows(() => network.host(wildcard), RangeError);
});

Deno.test("MemoryNet shows the address it is reached by as the sender of datagrams", async () => {
  const { clock, network } = startNetwork();
  const one = await network.host("10.0.0.1").bind({ host: "0.0.0.0", port: 53 });
  const two = await network.host("10.0.0.2").bind({ host: "10.0.0.2", port: 54 });
  const loop = await network.host("10.0.0.1").bind({ host: "127.0.0.1", port: 55 });
  await one.send(Uint8Array.of(1), two.address);
  assertEquals((await clock.until(receive(two))).from, { host: "10.0.0.1", port: 53 });
  await one.send(Uint8Array.of(1), loop.address);
  assertEquals((await clock.until(receive(loop))).from, { host: "127.0.0.1", port: 53 });
  // Nobody could answer: a loopback address, the other family, a machine that never was.
  await loop.send(Uint8Array.of(1), two.address);
  await two.send(Uint8Array.of(1), { host: "::1", port: 54 });
  await two.send(Uint8Array.of(1), { host: "10.0.0.99", port: 54 });
  await clock.until(network.idle());
  await two.send(Uint8Array.of(2), two.address);
  assertEquals((await clock.until(receive(two))).bytes, Uint8Array.of(2));
});

Deno.test("MemoryNet.listen() and bind() see the wildcard and each address as one place where they overlap", async () => {
  const { network } = startNetwork();
  const net = network.host("10.0.0.1");
  for (
    const [first, second, clash] of [
      ["0.0.0.0", "127.0.0.1", true],
      ["10.0.0.1", "0.0.0.0", true],
      ["::", "0.0.0.0", true],
      ["::", "10.0.0.1", true],
      ["0.0.0.0", "::1", false],
      ["10.0.0.1", "127.0.0.1", false],
      ["127.0.0.1", "127.0.0.2", false],
    ] as const
  ) {
    for (const open of [net.listen.bind(net), net.bind.bind(net)]) {
      const held = await open({ host: first, port: 80 });
      if (clash) await assertNetError(open({ host: second, port: 80 }), "in-use");
      else (await open({ host: second, port: 80 })).close();
      held.close();
    }
  }
  const stream = await net.listen({ host: "0.0.0.0", port: 80 });
  const packets = await net.bind({ host: "0.0.0.0", port: 80 });
  assertEquals(stream.address, packets.address);
});

Deno.test("MemoryNet.listen() refuses a port that is none, and runs out of ports with exhausted", async () => {
  const { network } = startNetwork();
  const net = network.host("10.0.0.1");
  for (const port of [-1, 65_536, 1.5, NaN]) {
    await assertRejects(() => net.listen({ host: "10.0.0.1", port }), RangeError, "the port must be 0 to 65535");
  }
  const ports = new Set<number>();
  for (let i = 0; i < 16_384; i++) ports.add((await net.bind({ host: "127.0.0.1", port: 0 })).address.port);
  assertEquals([ports.size, Math.min(...ports), Math.max(...ports)], [16_384, 49_152, 65_535]);
  await assertNetError(net.bind({ host: "0.0.0.0", port: 0 }), "exhausted");
  network.crash("10.0.0.1");
  await network.host("10.0.0.1").bind({ host: "0.0.0.0", port: 0 });
});

Deno.test("MemoryNet.dial() throws unreachable where no machine ever was, after the time of a round trip", async () => {
  const { clock, network } = startNetwork({ faults: { latencyMs: 20 } });
  const net = network.host("10.0.0.1");
  await clock.until(assertNetError(net.dial({ host: "10.0.0.2", port: 80 }), "unreachable"));
  assertEquals(clock.now(), 40);
  network.host("10.0.0.2");
  await clock.until(assertNetError(net.dial({ host: "10.0.0.2", port: 80 }), "refused"));
  assertEquals(clock.now(), 80);
  await clock.until(assertNetError(network.host("127.0.0.1").dial({ host: "10.0.0.2", port: 80 }), "unreachable"));
});

/** Streams and datagrams among five machines, with faults of every kind: what a seed decides, as a record. */
async function recordOf(seed: number): Promise<string[]> {
  const lines: string[] = [];
  const { clock, network } = startNetwork({
    random: seededRandom(seed),
    faults: { latencyMs: 3, jitterMs: 5, lossRate: 0.05, duplicateRate: 0.05, reorderRate: 0.05 },
    limits: { streamTimeoutMs: 5_000, connectTimeoutMs: 3_000 },
    trace: (line) => lines.push(line),
  });
  const random = seededRandom(seed + 1);
  const stop = new AbortController();
  const hosts = ["10.0.0.1", "10.0.0.2", "10.0.0.3", "10.0.0.4", "10.0.0.5"];
  const any = (): string => hosts[randomInt(random, hosts.length)]!;
  for (const host of hosts) startChatter(network.host(host), any, clock, stop.signal);
  for (let round = 0; round < 40; round++) {
    await clock.advance(1_000);
    const [a, b] = [any(), any()];
    [
      (): void => network.partition(a, b),
      (): void => network.partition(a, b, { oneWay: true }),
      (): void => network.isolate(a),
      (): void => network.heal(),
      (): void => network.resetStreams(a, b),
      (): void => network.setLinkFaults(a, b, { bytesPerSecond: 500 + randomInt(random, 50_000) }),
      (): void => network.clearFaults(),
      (): void => {
        network.crash(a, { silently: randomInt(random, 2) === 0 });
        startChatter(network.host(a), any, clock, stop.signal);
      },
    ][randomInt(random, 8)]!();
  }
  stop.abort();
  for (const host of hosts) network.crash(host);
  await clock.until(network.idle());
  assertEquals([network.bytesInFlight, network.usage().bufferedBytes, clock.pending], [0, 0, 0]);
  return lines;
}

function startChatter(net: MemoryNet, any: () => string, clock: VirtualClock, signal: AbortSignal): void {
  const ignored = (error: unknown): void => assert(error instanceof NetError || error === signal.reason, `${error}`);
  const serve = async (): Promise<void> => {
    for await (const conn of await net.listen({ host: "0.0.0.0", port: 80 })) {
      const buffer = new Uint8Array(1_000);
      (async (): Promise<void> => {
        for (let count = await conn.read(buffer); count !== null; count = await conn.read(buffer)) {
          await conn.write(buffer.subarray(0, count));
        }
      })().catch(ignored).finally(() => conn.close());
    }
  };
  const beat = async (): Promise<void> => {
    const socket = await net.bind({ host: "0.0.0.0", port: 90 });
    await every(clock, 100, () => socket.send(new Uint8Array(40), { host: any(), port: 90 }), { signal });
  };
  const call = async (): Promise<void> => {
    const conn = await net.dial({ host: any(), port: 80 }, { signal });
    const bytes = new Uint8Array(5_000);
    await conn.write(bytes);
    await readExactly(conn, bytes.length).finally(() => conn.close());
  };
  serve().catch(ignored);
  beat().catch(ignored);
  every(clock, 300, () => call().catch(ignored), { signal }).catch(ignored);
}

Deno.test("MemoryNetwork repeats a seed's whole record, with every kind of fault", async () => {
  const [first, again, other] = [await recordOf(11), await recordOf(11), await recordOf(104)];
  assertEquals(first, again);
  assertNotEquals(first, other);
  const kinds = new Set([...first, ...other].map((line) => line.split(" ")[1]));
  for (const kind of ["data", "fin", "rst", "packet", "packet-lost", "packet-doubled", "packet-cut", "gave-up"]) {
    assert(kinds.has(kind), `no ${kind} in the record: ${[...kinds].join(" ")}`);
  }
  assert(first.every((line) => /^\d+\.\d{3} [a-z-]+ \S+ \S+ \d+$/.test(line)));
});

Deno.test("MemoryNetwork.idle() resolves once nothing is on its way", async () => {
  const { clock, network } = startNetwork({ faults: { latencyMs: 250 } });
  await network.idle();
  const socket = await network.host("10.0.0.1").bind({ host: "10.0.0.1", port: 1 });
  await socket.send(new Uint8Array(10), socket.address);
  assertEquals(network.bytesInFlight, 10);
  await clock.until(network.idle());
  assertEquals([clock.now(), network.bytesInFlight], [250, 0]);
  await clock.until(sleep(clock, 1));
});
