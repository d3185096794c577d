import { assertEquals } from "@std/assert";
import { seededRandom } from "../../base/random.ts";
import { VirtualClock } from "../../base/virtual_clock.ts";
import { MemoryNetwork } from "../../net/memory.ts";
import type { Conn } from "../../net/net.ts";
import { LifeSigns } from "./life_signs.ts";

const SERVER = { host: "10.0.1.1", port: 7001 };
const DEADLINE_MS = 4_000;

/** Asks a server that does with its streams as told; undefined does not even listen. Returns the answer and how long it took. */
async function ask(serve?: (conn: Conn) => Promise<void>): Promise<{ answers: boolean; tookMs: number }> {
  const clock = new VirtualClock();
  const network = new MemoryNetwork({ clock, random: seededRandom(1), faults: { latencyMs: 1 } });
  const host = network.host(SERVER.host);
  const listener = serve === undefined ? undefined : await host.listen(SERVER);
  const accepting = (async () => {
    if (listener !== undefined) { for await (const conn of listener) await serve!(conn); }
  })();
  const signs = new LifeSigns({ net: network.host("10.0.0.2"), clock }, DEADLINE_MS);
  const asking = signs.ask(SERVER, new AbortController().signal);
  assertEquals(signs.active, 1);
  const answers = await clock.until(asking);
  assertEquals(signs.active, 0);
  const tookMs = clock.now();
  listener?.close();
  await clock.advance(120_000);
  await accepting;
  assertEquals(network.usage().conns, 0);
  return { answers, tookMs };
}

/** Reads the question and says something to it. */
function saying(text: string): (conn: Conn) => Promise<void> {
  return async (conn) => {
    const buffer = new Uint8Array(64);
    const count = await conn.read(buffer);
    assertEquals(new TextDecoder().decode(buffer.subarray(0, count ?? 0)), "PING\n");
    await conn.write(new TextEncoder().encode(text));
    conn.close();
  };
}

Deno.test("LifeSigns.ask() takes a refusal for a sign of life, and an end in order", async () => {
  assertEquals((await ask(saying("ERROR INVALID_COMMAND\n"))).answers, true);
  assertEquals((await ask(saying("ERROR WHATEVER\r\n"))).answers, true);
  assertEquals((await ask(saying(""))).answers, true);
});

Deno.test("LifeSigns.ask() takes nothing else for one: nobody, another protocol, a broken stream", async () => {
  assertEquals((await ask()).answers, false);
  assertEquals((await ask(saying("HTTP/1.1 400 Bad Request\r\n"))).answers, false);
  assertEquals((await ask(saying(`${"x".repeat(9_000)}\n`))).answers, false);
  // Closing with the question unread is how a system ends the streams of a program that is gone.
  const broken = await ask(async (conn) => {
    conn.close();
    await Promise.resolve();
  });
  assertEquals(broken.answers, false);
});

Deno.test("LifeSigns.ask() gives up on a stream that is accepted and not answered", async () => {
  const conns: Conn[] = [];
  const { answers, tookMs } = await ask((conn) => {
    conns.push(conn);
    return conn.read(new Uint8Array(64)).then(async () => {
      await conn.read(new Uint8Array(64)).catch(() => {});
      conn.close();
    });
  });
  assertEquals(answers, false);
  assertEquals(tookMs, DEADLINE_MS);
});
