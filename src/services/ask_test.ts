import { assertEquals, assertRejects, assertStrictEquals } from "@std/assert";
import { assertNetError, caught, watch } from "../../tests/net_bench.ts";
import { CLIENT, SERVER, StreamBench } from "../../tests/stream_bench.ts";
import { DeadlineError } from "../base/deadline.ts";
import { ProtocolError } from "../protocol/protocol_error.ts";
import { ask, type AskEnv, askList, type AskOptions, converse, requireLine } from "./ask.ts";
import { LineConn } from "./line_conn.ts";
import { StreamServer } from "./stream_server.ts";

const DEADLINE_MS = 2_000;

interface Ends {
  readonly bench: StreamBench;
  readonly env: AskEnv;
  /** First lines that came in. */
  readonly asked: string[];
  stop(): Promise<void>;
}

/** A server that reads a line and does as it is told, then hangs up. */
async function serve(reply: (lines: LineConn) => Promise<void>): Promise<Ends> {
  const bench = new StreamBench();
  const { clock, log } = bench;
  const asked: string[] = [];
  const server = new StreamServer(await bench.listen(), {
    clock,
    log,
    handle: async (conn) => {
      const lines = new LineConn(conn, { clock, idleMs: 60_000 });
      try {
        asked.push(await requireLine(lines));
        await reply(lines);
      } finally {
        lines.close();
      }
    },
  });
  const stop = async (): Promise<void> => {
    // Whoever asked has hung up, whatever came of it: else this would take the whole drain.
    await clock.advance(10);
    assertEquals(bench.network.usage(CLIENT).conns, 0, "the client's streams");
    await clock.until(server.stop(0));
    await bench.assertQuiet();
  };
  return { bench, env: { net: bench.client, clock }, asked, stop };
}

/** A reply that never comes. The handler ends with the connection. */
async function silence(lines: LineConn): Promise<void> {
  await lines.readLine();
}

function list(ends: Ends, options: Partial<AskOptions> = {}): { taken: string[]; asking: Promise<void> } {
  const taken: string[] = [];
  const take = (line: string): void => void taken.push(line);
  const asking = askList(ends.env, SERVER, "LIST_SERVERS", { deadlineMs: DEADLINE_MS, ...options, take });
  return { taken, asking };
}

Deno.test("ask() says a line and returns the answer", async () => {
  const ends = await serve((lines) => lines.writeLines("PONG", "and more"));
  assertEquals(await ends.bench.clock.until(ask(ends.env, SERVER, "PING", { deadlineMs: DEADLINE_MS })), "PONG");
  assertEquals(ends.asked, ["PING"]);
  await ends.stop();
});

Deno.test("ask() leaves an error reply to the caller", async () => {
  const ends = await serve((lines) => lines.writeLines("ERROR UNKNOWN_COMMAND"));
  const answer = await ends.bench.clock.until(ask(ends.env, SERVER, "PING", { deadlineMs: DEADLINE_MS }));
  assertEquals(answer, "ERROR UNKNOWN_COMMAND");
  await ends.stop();
});

Deno.test("ask() throws reset when the peer hangs up instead", async () => {
  const ends = await serve((lines) => lines.finish());
  await ends.bench.clock.until(assertNetError(ask(ends.env, SERVER, "PING", { deadlineMs: DEADLINE_MS }), "reset"));
  await ends.stop();
});

Deno.test("ask() throws at its deadline when no answer comes", async () => {
  const ends = await serve(silence);
  const asking = ask(ends.env, SERVER, "PING", { deadlineMs: DEADLINE_MS });
  await assertRejects(
    () => ends.bench.clock.until(asking),
    DeadlineError,
    "Cannot get an answer from 10.0.0.1:5050: no answer within 2000 ms",
  );
  assertEquals(ends.bench.clock.now(), DEADLINE_MS);
  await ends.stop();
});

Deno.test("ask() throws at its deadline when nobody takes the connection, or at dialMs", async () => {
  for (const dialMs of [undefined, 300]) {
    const ends = await serve(silence);
    ends.bench.network.partition(CLIENT, SERVER.host);
    const asking = ask(ends.env, SERVER, "PING", { deadlineMs: DEADLINE_MS, dialMs });
    await assertRejects(() => ends.bench.clock.until(asking), DeadlineError);
    assertEquals(ends.bench.clock.now(), dialMs ?? DEADLINE_MS);
    ends.bench.network.heal();
    await ends.stop();
  }
});

Deno.test("ask() gives all the time to the answer once the connection is open, whatever dialMs", async () => {
  const ends = await serve(silence);
  const asking = ask(ends.env, SERVER, "PING", { deadlineMs: DEADLINE_MS, dialMs: 300 });
  await assertRejects(() => ends.bench.clock.until(asking), DeadlineError, "get an answer");
  assertEquals(ends.bench.clock.now(), DEADLINE_MS);
  await ends.stop();
});

Deno.test("ask() throws refused when nobody listens", async () => {
  const bench = new StreamBench();
  const asking = ask({ net: bench.client, clock: bench.clock }, SERVER, "PING", { deadlineMs: DEADLINE_MS });
  await bench.clock.until(assertNetError(asking, "refused"));
  await bench.assertQuiet();
});

Deno.test("ask() throws the signal's own reason when it is called off, at once if it was before", async () => {
  const ends = await serve(silence);
  const { clock } = ends.bench;
  const controller = new AbortController();
  const asking = caught(ask(ends.env, SERVER, "PING", { deadlineMs: DEADLINE_MS, signal: controller.signal }));
  await clock.advance(500);
  assertEquals(ends.asked, ["PING"]);
  const reason = new Error("stopped");
  controller.abort(reason);
  assertStrictEquals(await clock.until(asking), reason);
  const again = ask(ends.env, SERVER, "PING", { deadlineMs: DEADLINE_MS, signal: controller.signal });
  assertStrictEquals(await caught(again), reason);
  assertEquals(clock.now(), 500);
  await ends.stop();
});

Deno.test("converse() closes the connection whatever its talk does", async () => {
  const ends = await serve(silence);
  const bug = new TypeError("a bug");
  const failing = converse(ends.env, SERVER, { deadlineMs: DEADLINE_MS }, () => Promise.reject(bug));
  assertStrictEquals(await ends.bench.clock.until(caught(failing)), bug);
  const talk = (lines: LineConn): Promise<string> => Promise.resolve(lines.peer);
  const talking = converse(ends.env, SERVER, { deadlineMs: DEADLINE_MS }, talk);
  assertEquals(await ends.bench.clock.until(talking), "10.0.0.1:5050");
  await ends.stop();
});

Deno.test("askList() takes lines up to END, whether the peer then hangs up or not", async () => {
  for (const after of [silence, (): Promise<void> => Promise.resolve()]) {
    const ends = await serve(async (lines) => {
      await lines.writeLines("SERVER a", "SERVER b");
      await lines.writeLines("END", "SERVER c");
      await after(lines);
    });
    const { taken, asking } = list(ends);
    await ends.bench.clock.until(asking);
    assertEquals([taken, ends.asked], [["SERVER a", "SERVER b"], ["LIST_SERVERS"]]);
    await ends.stop();
  }
});

Deno.test("askList() takes an empty list", async () => {
  const ends = await serve((lines) => lines.writeLines("END"));
  const { taken, asking } = list(ends);
  await ends.bench.clock.until(asking);
  assertEquals(taken, []);
  await ends.stop();
});

Deno.test("askList() throws the peer's own code when it answers ERROR, as a peer does that is older than the verb", async () => {
  for (const before of [[], ["SERVER a"]]) {
    const ends = await serve((lines) => lines.writeLines(...before, "ERROR UNKNOWN_FIRST_COMMAND"));
    const { taken, asking } = list(ends);
    const error = await assertRejects(
      () => ends.bench.clock.until(asking),
      ProtocolError,
      "10.0.0.1:5050 answers ERROR",
    );
    assertEquals([error.code, taken], ["UNKNOWN_FIRST_COMMAND", before]);
    await ends.stop();
  }
});

Deno.test("askList() throws reset when the list breaks off before END", async () => {
  for (const part of [[], ["SERVER a"]]) {
    const ends = await serve(async (lines) => {
      await lines.writeLines(...part);
      await lines.finish();
    });
    const { taken, asking } = list(ends);
    await ends.bench.clock.until(assertNetError(asking, "reset"));
    assertEquals(taken, part);
    await ends.stop();
  }
});

Deno.test("askList() throws at its deadline when the list does not come to its end", async () => {
  const ends = await serve(async (lines) => {
    for (;;) {
      await lines.writeLines("SERVER a");
      await new Promise<void>((resolve) => ends.bench.clock.schedule(100, resolve));
    }
  });
  const { taken, asking } = list(ends);
  const seen = watch(asking);
  await ends.bench.clock.advance(DEADLINE_MS - 1);
  assertEquals([seen.settled, taken.length], [false, 20]);
  await assertRejects(() => ends.bench.clock.until(asking), DeadlineError);
  await ends.bench.clock.advance(200);
  await ends.stop();
});

Deno.test("askList() throws what its taker throws", async () => {
  const ends = await serve((lines) => lines.writeLines("SERVER a", "END"));
  const bad = new ProtocolError("INVALID_REPLY", "Cannot parse it");
  const asking = askList(ends.env, SERVER, "LIST_SERVERS", {
    deadlineMs: DEADLINE_MS,
    take: () => {
      throw bad;
    },
  });
  assertStrictEquals(await ends.bench.clock.until(caught(asking)), bad);
  await ends.stop();
});
