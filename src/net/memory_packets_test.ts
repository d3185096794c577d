import { assertAlmostEquals, assertEquals, assertThrows } from "@std/assert";
import type { Address } from "../base/address.ts";
import { seededRandom } from "../base/random.ts";
import { VirtualClock } from "../base/virtual_clock.ts";
import { type LinkFaults, MemoryNetwork, type MemoryNetworkOptions } from "./memory.ts";
import type { PacketSocket } from "./net.ts";

const ONE = "10.0.0.1", TWO = "10.0.0.2", PORT = 6000;

interface Bench {
  clock: VirtualClock;
  network: MemoryNetwork;
  /** Sends one datagram with this mark from the first machine to the second. */
  send(mark: number): Promise<void>;
  /** The marks that came to the second machine, and when. */
  came: { mark: number; atMs: number }[];
  there: PacketSocket;
}

async function startBench(options: Partial<MemoryNetworkOptions> = {}, sizeBytes = 4): Promise<Bench> {
  const clock = new VirtualClock();
  const network = new MemoryNetwork({ clock, random: seededRandom(1), ...options });
  const here = await network.host(ONE).bind({ host: ONE, port: PORT });
  const there = await network.host(TWO).bind({ host: TWO, port: PORT });
  const came: Bench["came"] = [];
  (async (): Promise<void> => {
    for await (const { bytes } of there) {
      came.push({ mark: new DataView(bytes.buffer).getUint32(0), atMs: clock.now() });
    }
  })();
  const send = (mark: number): Promise<void> => {
    const bytes = new Uint8Array(sizeBytes);
    new DataView(bytes.buffer).setUint32(0, mark);
    return here.send(bytes, there.address);
  };
  return { clock, network, send, came, there };
}

/** Sends 10,000 datagrams, one a millisecond, and returns their marks as they came. */
async function marksOf(faults: Partial<LinkFaults>, seed = 1): Promise<number[]> {
  const { clock, network, send, came } = await startBench({ faults, random: seededRandom(seed) });
  for (let mark = 0; mark < 10_000; mark++) {
    await send(mark);
    await clock.advance(1);
  }
  await clock.until(network.idle());
  return came.map(({ mark }) => mark);
}

Deno.test("MemoryNetwork loses datagrams at lossRate", async () => {
  const marks = await marksOf({ lossRate: 0.1 });
  assertAlmostEquals(marks.length, 9_000, 100);
  assertEquals(marks, await marksOf({ lossRate: 0.1 }));
  assertEquals(await marksOf({ lossRate: 1 }), []);
});

Deno.test("MemoryNetwork doubles datagrams at duplicateRate", async () => {
  const marks = await marksOf({ duplicateRate: 0.2 });
  assertAlmostEquals(marks.length, 12_000, 150);
  assertEquals(new Set(marks).size, 10_000);
  assertEquals((await marksOf({ duplicateRate: 1 })).length, 20_000);
});

Deno.test("MemoryNetwork lets later datagrams overtake at reorderRate, and otherwise keeps their order", async () => {
  assertEquals(await marksOf({ latencyMs: 7 }), Array.from({ length: 10_000 }, (_, mark) => mark));
  const marks = await marksOf({ latencyMs: 7, reorderRate: 0.05 });
  assertEquals(marks.length, 10_000);
  let highest = -1, overtaken = 0;
  for (const mark of marks) {
    if (mark < highest) overtaken++;
    highest = Math.max(highest, mark);
  }
  assertAlmostEquals(overtaken, 500, 75);
});

Deno.test("MemoryNetwork delivers after latencyMs, and up to jitterMs later", async () => {
  const { clock, send, came } = await startBench({ faults: { latencyMs: 10, jitterMs: 20 } });
  for (let mark = 0; mark < 1_000; mark++) await send(mark);
  await clock.advance(100);
  const delays = came.map(({ atMs }) => atMs);
  assertEquals([delays.length, Math.min(...delays) >= 10, Math.max(...delays) < 30], [1_000, true, true]);
  assertAlmostEquals(delays.reduce((sum, delay) => sum + delay, 0) / 1_000, 20, 0.5);
});

Deno.test("MemoryNetwork sends datagrams through a line of bytesPerSecond one after the other", async () => {
  const { clock, network, send, came } = await startBench({ faults: { bytesPerSecond: 10_000 } }, 100);
  for (let mark = 0; mark < 5; mark++) await send(mark);
  await clock.advance(1_000);
  assertEquals(came.map(({ atMs }) => atMs), [10, 20, 30, 40, 50]);
  network.clearFaults();
  network.setLinkFaults(ONE, TWO, { bytesPerSecond: Infinity });
  network.setUplink(ONE, 1_000);
  await send(5);
  await clock.advance(1_000);
  assertEquals(came.at(-1), { mark: 5, atMs: 1_100 });
});

Deno.test("MemoryNetwork loses what goes beyond a link's or a socket's queue, the newest first", async () => {
  const limits = { linkQueueBytes: 1_000, socketQueuePackets: 3 };
  const { clock, network, send, came } = await startBench({ limits }, 36);
  for (let mark = 0; mark < 20; mark++) await send(mark);
  await clock.until(network.idle());
  assertEquals(came.map(({ mark }) => mark), Array.from({ length: 10 }, (_, mark) => mark));
  const full = await network.host(TWO).bind({ host: TWO, port: 1 });
  for (let mark = 0; mark < 5; mark++) await full.send(Uint8Array.of(mark), full.address);
  await clock.until(network.idle());
  const kept: number[] = [];
  for await (const { bytes } of full) {
    kept.push(bytes[0]!);
    if (kept.length === 3) full.close();
  }
  assertEquals(kept, [0, 1, 2]);
});

Deno.test("MemoryNetwork.partition() loses datagrams, also those on their way, one way or both", async () => {
  const { clock, network, send, came, there } = await startBench({ faults: { latencyMs: 10 } });
  const back: number[] = [];
  const here = await network.host(ONE).bind({ host: ONE, port: 1 });
  (async (): Promise<void> => {
    for await (const { bytes } of here) back.push(bytes[0]!);
  })();
  const exchange = async (mark: number): Promise<void> => {
    await send(mark);
    await there.send(Uint8Array.of(mark), here.address);
  };
  await exchange(1);
  await clock.advance(5);
  network.partition(ONE, TWO, { oneWay: true });
  await clock.advance(10);
  await exchange(2);
  await clock.advance(20);
  assertEquals([came.map(({ mark }) => mark), back], [[], [1, 2]]);
  network.partition(ONE, TWO);
  await exchange(3);
  network.heal(ONE, TWO);
  await exchange(4);
  await clock.advance(20);
  network.isolate(TWO);
  await exchange(5);
  await clock.advance(20);
  network.heal(TWO);
  await exchange(6);
  await clock.advance(20);
  assertEquals([came.map(({ mark }) => mark), back], [[4, 6], [1, 2, 4, 6]]);
});

Deno.test("MemoryNetwork.setLinkFaults() goes before setFaults(), for one direction, until clearFaults()", async () => {
  const { clock, network, send, came, there } = await startBench({ faults: { latencyMs: 5 } });
  const sentMs = async (): Promise<number> => {
    const startMs = clock.now();
    await send(1);
    await clock.advance(1_000);
    return came.at(-1)!.atMs - startMs;
  };
  assertEquals(await sentMs(), 5);
  network.setLinkFaults(ONE, TWO, { latencyMs: 100 });
  network.setLinkFaults(TWO, ONE, { lossRate: 1 });
  network.setFaults({ latencyMs: 200, jitterMs: 0 });
  assertEquals(await sentMs(), 100);
  await there.send(new Uint8Array(4), there.address);
  await clock.advance(200);
  assertEquals(came.length, 3);
  network.clearFaults();
  assertEquals(await sentMs(), 5);
});

Deno.test("MemoryNetwork refuses faults out of their range", () => {
  const network = new MemoryNetwork({ clock: new VirtualClock(), random: seededRandom(1) });
  for (
    const change of [
      { latencyMs: -1 },
      { jitterMs: Infinity },
      { reorderMs: NaN },
      { lossRate: 1.1 },
      { duplicateRate: -0.1 },
      { reorderRate: NaN },
      { bytesPerSecond: 0 },
    ]
  ) {
    assertThrows(() => network.setFaults(change), RangeError, `Cannot set ${Object.keys(change)[0]}`);
    assertThrows(() => network.setLinkFaults(ONE, TWO, change), RangeError);
  }
  assertThrows(() => network.setUplink(ONE, 0), RangeError, "Cannot set bytesPerSecond");
});

Deno.test("MemoryNetwork.crash() ends a socket's iteration, and what is on its way to it is lost", async () => {
  const { clock, network, send, came, there } = await startBench({ faults: { latencyMs: 10 } });
  await send(1);
  network.crash(TWO);
  const address: Address = there.address;
  await clock.advance(20);
  assertEquals([came.length, network.usage(TWO).sockets], [0, 0]);
  const next = await network.host(TWO).bind(address);
  await send(2);
  await clock.advance(20);
  for await (const { from } of next) {
    assertEquals(from, { host: ONE, port: PORT });
    break;
  }
});
