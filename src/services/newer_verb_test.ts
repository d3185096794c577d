import { assert, assertEquals, assertRejects } from "@std/assert";
import { sleep } from "../base/clock.ts";
import { DeadlineError } from "../base/deadline.ts";
import { seededRandom } from "../base/random.ts";
import { VirtualClock } from "../base/virtual_clock.ts";
import { MemoryNetwork } from "../net/memory.ts";
import type { Conn, Net } from "../net/net.ts";
import { NetError } from "../net/net_error.ts";
import { ProtocolError } from "../protocol/protocol_error.ts";
import { requireLine } from "./ask.ts";
import { askNewer } from "./newer_verb.ts";

const PEER = { host: "127.0.0.1", port: 5050 };

interface Lab {
  readonly clock: VirtualClock;
  readonly net: Net;
}

/** Answers one connection by `serve`, and asks it. */
async function askPeer<T>(
  serve: (conn: Conn, lab: Lab) => Promise<void>,
  read: Parameters<typeof askNewer<T>>[3]["read"],
  signal?: AbortSignal,
): Promise<{ answer: T | undefined; tookMs: number }> {
  const clock = new VirtualClock();
  const net = new MemoryNetwork({ clock, random: seededRandom(1) }).host("127.0.0.1");
  const listener = await net.listen(PEER);
  const serving = (async () => {
    for await (const conn of listener) {
      await conn.read(new Uint8Array(100)).catch(() => null);
      await serve(conn, { clock, net });
      conn.close();
    }
  })();
  try {
    const options = { deadlineMs: 60_000, dialMs: 1_000, read, signal };
    const answer = await clock.until(askNewer({ clock, net }, PEER, "NEW verb", options));
    return { answer, tookMs: clock.now() };
  } finally {
    listener.close();
    await clock.until(serving);
    await clock.advance(10);
    assertEquals(clock.pending, 0, "timers left");
  }
}

function says(text: string): (conn: Conn) => Promise<void> {
  return (conn) => conn.write(new TextEncoder().encode(text));
}

const first = (line: string): Promise<string> => Promise.resolve(line);

Deno.test("askNewer() reads the answer of a peer that knows the verb", async () => {
  assertEquals((await askPeer(says("OK 1\n"), first)).answer, "OK 1");
  assertEquals((await askPeer(says("ERROR FILE_NOT_FOUND\n"), first)).answer, "ERROR FILE_NOT_FOUND");
});

Deno.test("askNewer() knows an old peer by ERROR, by a close, by a reset, and by a second of silence", async () => {
  assertEquals((await askPeer(says("ERROR UNKNOWN\n"), first)).answer, undefined);
  assertEquals((await askPeer(says(""), first)).answer, undefined);
  const silent = await askPeer(async (conn) => void await conn.read(new Uint8Array(1)).catch(() => null), first);
  assertEquals([silent.answer, silent.tookMs], [undefined, 1_000]);
});

Deno.test("askNewer() waits for a peer that has begun to answer", async () => {
  const { answer, tookMs } = await askPeer(async (conn, { clock }) => {
    await says("OK 5 ")(conn);
    await sleep(clock, 50_000);
    await says("done\n")(conn);
  }, first);
  assertEquals(answer, "OK 5 done");
  assert(tookMs >= 50_000);
});

Deno.test("askNewer() ends at the deadline, and when it is called off", async () => {
  const hangs = async (conn: Conn): Promise<void> => {
    await says("OK 5 ")(conn);
    await conn.read(new Uint8Array(1)).catch(() => null);
  };
  await assertRejects(() => askPeer(hangs, first), DeadlineError);
  const signal = AbortSignal.abort(new TypeError("called off"));
  await assertRejects(() => askPeer(hangs, first, signal), TypeError, "called off");
});

Deno.test("askNewer() throws what breaks after the first line, and what read() throws", async () => {
  await assertRejects(() => askPeer(says("one\n"), (_, lines) => requireLine(lines)), NetError);
  const refuse = (): Promise<never> => Promise.reject(new ProtocolError("BAD", "Cannot read that"));
  await assertRejects(() => askPeer(says("one\n"), refuse), ProtocolError);
});

Deno.test("askNewer() throws if nobody listens", async () => {
  const clock = new VirtualClock();
  const net = new MemoryNetwork({ clock, random: seededRandom(1) }).host("127.0.0.1");
  const asked = askNewer({ clock, net }, PEER, "NEW", { deadlineMs: 1_000, read: first });
  await assertRejects(() => clock.until(asked), NetError, "refused");
});
