import { assertEquals, assertRejects } from "@std/assert";
import { seededRandom } from "../../base/random.ts";
import { VirtualClock } from "../../base/virtual_clock.ts";
import { MemoryNetwork } from "../../net/memory.ts";
import type { Conn } from "../../net/net.ts";
import { NetError } from "../../net/net_error.ts";
import { renewAtIndex } from "./registration.ts";

const INDEX = { host: "10.0.0.1", port: 5050 };
const SHA256 = "0a".repeat(32);
const QUESTION = `RENEW CS1 7001 7002 sha256:${SHA256}\n`;
const TAKEN = { registration: { id: "CS1", tcpPort: 7001, udpPort: 7002 }, sha256: SHA256 };

/** What an index does with a renewal, once it has read it. */
type Way = (conn: Conn) => Promise<void>;

/** Renews at an index. Returns whether that counts, and how long it took. */
async function renew(serve: Way): Promise<{ isTaken: boolean; tookMs: number }> {
  const clock = new VirtualClock();
  const network = new MemoryNetwork({ clock, random: seededRandom(1), faults: { latencyMs: 1 } });
  const listener = await network.host(INDEX.host).listen(INDEX);
  const serving = (async () => {
    for await (const conn of listener) {
      const buffer = new Uint8Array(256);
      const count = await conn.read(buffer);
      assertEquals(new TextDecoder().decode(buffer.subarray(0, count ?? 0)), QUESTION);
      await serve(conn);
      conn.close();
    }
  })();
  const isTaken = await clock.until(renewAtIndex({ net: network.host("10.0.1.1"), clock }, {
    index: INDEX,
    taken: TAKEN,
  }));
  const tookMs = clock.now();
  listener.close();
  await clock.advance(120_000);
  await serving;
  assertEquals(network.usage().conns, 0);
  return { isTaken, tookMs };
}

function says(text: string): Way {
  return (conn) => conn.write(new TextEncoder().encode(text));
}

/** Says nothing more, and waits until the other side has enough. */
const hangs: Way = async (conn) => void await conn.read(new Uint8Array(1)).catch(() => null);

const CASES: [what: string, serve: Way, isTaken: boolean, withinMs: number][] = [
  ["takes it", says("OK RENEWED\n"), true, 10],
  ["takes it, with a carriage return", says("OK RENEWED\r\n"), true, 10],
  ["has registered something else", says("ERROR NOT_REGISTERED\n"), false, 10],
  ["does not know the verb", says("ERROR UNKNOWN_FIRST_COMMAND\n"), false, 10],
  ["finds no file of that name", says("ERROR FILE_NOT_FOUND\n"), false, 10],
  ["says OK to anything", says("OK REGISTERED\n"), false, 10],
  ["greets", says("WELCOME MICRO-CDN\n"), false, 10],
  ["says a line without end", says("x".repeat(10_000)), false, 10],
  ["hangs up", says(""), false, 10],
  ["says nothing", hangs, false, 1_010],
  [
    "stops in the middle of its answer",
    async (conn) => {
      await says("OK RE")(conn);
      await hangs(conn);
    },
    false,
    7_010,
  ],
];

for (const [what, serve, expected, withinMs] of CASES) {
  Deno.test(`renewAtIndex() at an index that ${what}: ${expected ? "all is well" : "the list is needed"}`, async () => {
    const { isTaken, tookMs } = await renew(serve);
    assertEquals([isTaken, tookMs <= withinMs], [expected, true], `${tookMs} ms`);
  });
}

Deno.test("renewAtIndex() says that there is no index rather than that it refuses", async () => {
  const clock = new VirtualClock();
  const network = new MemoryNetwork({ clock, random: seededRandom(1) });
  network.host(INDEX.host);
  const net = network.host("10.0.1.1");
  const asked = clock.until(renewAtIndex({ net, clock }, { index: INDEX, taken: TAKEN }));
  assertEquals((await assertRejects(() => asked, NetError)).code, "refused");
});

Deno.test("renewAtIndex() is called off by its signal, and does not ask for the list then", async () => {
  const clock = new VirtualClock();
  const network = new MemoryNetwork({ clock, random: seededRandom(1) });
  const listener = await network.host(INDEX.host).listen(INDEX);
  const stop = new AbortController();
  const asking = renewAtIndex({ net: network.host("10.0.1.1"), clock }, {
    index: INDEX,
    taken: TAKEN,
    signal: stop.signal,
  });
  clock.schedule(500, () => stop.abort(new Error("stopped")));
  await assertRejects(() => clock.until(asking), Error, "stopped");
  assertEquals(clock.now(), 500);
  listener.close();
  await clock.advance(1_000);
});
