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
import type { LineConn } from "./line_conn.ts";
import { askNewer, type NewerAnswer, type NewerVerbOptions } from "./newer_verb.ts";

const PEER = { host: "127.0.0.1", port: 5050 };

interface Lab {
  readonly clock: VirtualClock;
  readonly net: Net;
}

/** Answers one connection by `serve`, and asks it. */
async function askPeer<T>(
  serve: (conn: Conn, lab: Lab) => Promise<void>,
  read: NewerVerbOptions<T>["read"],
  more: Pick<NewerVerbOptions<T>, "signal" | "silenceMs" | "onOpen"> = {},
): Promise<{ answer: NewerAnswer<T>; tookMs: number }> {
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
    const options = { deadlineMs: 60_000, dialMs: 1_000, read, ...more };
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

const hangs = async (conn: Conn): Promise<void> => void await conn.read(new Uint8Array(1)).catch(() => null);

Deno.test("askNewer() reads the answer of a peer that knows the verb", async () => {
  for (const line of ["OK 1", "ERROR FILE_NOT_FOUND"]) {
    assertEquals((await askPeer(says(`${line}\n`), first)).answer, { kind: "answered", answer: line });
  }
});

Deno.test("askNewer() tells an old peer, by ERROR or a close, from a silent one", async () => {
  assertEquals((await askPeer(says("ERROR UNKNOWN\n"), first)).answer, { kind: "refused", code: "UNKNOWN" });
  assertEquals((await askPeer(says(""), first)).answer, { kind: "refused" });
  assertEquals(await askPeer(hangs, first), { answer: { kind: "silent" }, tookMs: 1_000 });
});

Deno.test("askNewer() bears silence for as long as it is told to", async () => {
  const late = async (conn: Conn, { clock }: Lab): Promise<void> => {
    await sleep(clock, 3_000);
    await says("OK 5\n")(conn);
  };
  assertEquals((await askPeer(late, first, { silenceMs: 2_000 })).answer, { kind: "silent" });
  let receivedBytes = (): number => NaN;
  const onOpen = ({ conn }: LineConn): number => (receivedBytes = () => conn.receivedBytes)();
  const { answer } = await askPeer(late, first, { silenceMs: Infinity, onOpen });
  assertEquals([answer, receivedBytes()], [{ kind: "answered", answer: "OK 5" }, 5]);
});

Deno.test("askNewer() waits for a peer that has begun to answer", async () => {
  const { answer, tookMs } = await askPeer(async (conn, { clock }) => {
    await says("OK 5 ")(conn);
    await sleep(clock, 50_000);
    await says("done\n")(conn);
  }, first);
  assertEquals(answer, { kind: "answered", answer: "OK 5 done" });
  assert(tookMs >= 50_000);
});

Deno.test("askNewer() ends at the deadline, and when it is called off", async () => {
  const stalls = async (conn: Conn): Promise<void> => {
    await says("OK 5 ")(conn);
    await hangs(conn);
  };
  await assertRejects(() => askPeer(stalls, first), DeadlineError);
  await assertRejects(() => askPeer(hangs, first, { silenceMs: Infinity }), DeadlineError);
  const signal = AbortSignal.abort(new TypeError("called off"));
  await assertRejects(() => askPeer(stalls, first, { signal }), TypeError, "called off");
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
