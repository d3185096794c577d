/**
 * The suite finds fault with peers that are wrong on purpose, and shows what they said.
 */

import { assert, assertEquals, assertStringIncludes } from "@std/assert";
import { seededRandom } from "../../src/base/random.ts";
import { VirtualClock } from "../../src/base/virtual_clock.ts";
import { MemoryNetwork } from "../../src/net/memory.ts";
import type { Conn, Listener, Net } from "../../src/net/net.ts";
import { LineDecoder } from "../../src/protocol/line_decoder.ts";
import { isHeld, renderFailure, renderReasons, renderTable } from "./report.ts";
import type { Cast, Part, Player, Stage } from "./stage.ts";
import { type CaseResult, loadSections, runSections } from "./suite.ts";
import type { Actor, Place } from "./transcript.ts";

const HOST = "10.0.0.1";
const OUR_HOST = "10.0.0.2";
const PORT = 7;

/** What a wrong server answers to a line; with `stays` it does not hang up then. */
type Answer = (line: string) => { readonly text?: string; readonly stays?: boolean };

/** A network with nobody under test yet. */
class Bench {
  readonly clock = new VirtualClock();
  readonly #network = new MemoryNetwork({ clock: this.clock, random: seededRandom(1), faults: { latencyMs: 1 } });
  readonly net: Net = this.#network.host(HOST);

  stage(more: Partial<Stage>): Stage {
    const net = this.#network.host(OUR_HOST);
    const variables = { file: "hello.txt", empty: "file1.txt" };
    return { net, clock: this.clock, host: OUR_HOST, players: {}, variables, label: "x", ...more };
  }

  /** Runs one case, and returns what came of it. */
  async runCase(stage: Stage, file: string, name: string): Promise<CaseResult> {
    const section = (await loadSections()).find((section) => section.file === file)!;
    const one = section.cases.find((one) => one.name === name)!;
    const [result] = await this.clock.until(runSections(stage, [{ ...section, cases: [one] }]));
    return result!;
  }
}

async function serveWrongly(listener: Listener, answer: Answer): Promise<void> {
  for await (const conn of listener) void talk(conn, answer).catch(() => {});
}

async function talk(conn: Conn, answer: Answer): Promise<void> {
  const decoder = new LineDecoder();
  const buffer = new Uint8Array(4_096);
  for (let count = await conn.read(buffer); count !== null; count = await conn.read(buffer)) {
    decoder.push(buffer.subarray(0, count));
    for (let line = decoder.next(); line !== undefined; line = decoder.next()) {
      const { text = "", stays = false } = answer(line);
      await conn.write(new TextEncoder().encode(text));
      if (!stays) return conn.close();
    }
  }
  conn.close();
}

function standing(actor: Actor, place: Place): Partial<Record<Actor, Player>> {
  const places = { [place]: { host: HOST, port: PORT } };
  return { [actor]: { places, stop: () => Promise.resolve(), kill: () => Promise.resolve() } };
}

interface WrongServer {
  readonly what: string;
  readonly actor: Exclude<Actor, "client">;
  readonly answer: Answer;
  readonly file: string;
  readonly name: string;
  readonly lines: string[];
}

const NOT_FOUND = "a file that nobody registered is not found";
const DOWNLOAD = "OK with the size, and exactly so many bytes";
const LIST = "LIST_SERVERS is SERVER lines and END";

const WRONG_SERVERS: readonly WrongServer[] = [
  {
    what: "greets in words of its own",
    actor: "index",
    answer: (line) => line === "HELLO" ? { text: "OK\n", stays: true } : { text: "ERROR FILE_NOT_FOUND\n" },
    file: "index_lookups.txt",
    name: "HELLO is greeted in the one way or not at all",
    lines: ["- < ERROR FILE_NOT_FOUND", "+ < OK", "+ < ERROR FILE_NOT_FOUND", "+ ! close"],
  },
  {
    what: "answers in lower case",
    actor: "index",
    answer: (line) => line === "HELLO" ? { stays: true } : { text: "error file_not_found\n" },
    file: "index_lookups.txt",
    name: NOT_FOUND,
    lines: ["- < ERROR FILE_NOT_FOUND", "+ < error file_not_found", "+ ! close"],
  },
  {
    what: "ends lines with carriage returns",
    actor: "index",
    answer: (line) => line === "HELLO" ? { stays: true } : { text: "ERROR FILE_NOT_FOUND\r\n" },
    file: "index_lookups.txt",
    name: NOT_FOUND,
    lines: ["- < ERROR FILE_NOT_FOUND", "+ < ERROR FILE_NOT_FOUND\\r", "+ ! close"],
  },
  {
    what: "says nothing",
    actor: "index",
    answer: () => ({ stays: true }),
    file: "index_lookups.txt",
    name: NOT_FOUND,
    lines: ["- < ERROR FILE_NOT_FOUND"],
  },
  {
    what: "hangs up after an answer that is not whole",
    actor: "index",
    answer: (line) => line === "HELLO" ? { stays: true } : { text: "ERROR FILE" },
    file: "index_lookups.txt",
    name: NOT_FOUND,
    lines: ["- < ERROR FILE_NOT_FOUND", "+ <| ERROR FILE", "+ ! close"],
  },
  {
    what: "stays after an error",
    actor: "index",
    answer: () => ({ text: "ERROR WHAT\n", stays: true }),
    file: "errors.txt",
    name: "index: an unknown command",
    lines: ["- ! close"],
  },
  {
    what: "registers with less than OK REGISTERED",
    actor: "index",
    answer: () => ({ text: "OK\n", stays: true }),
    file: "registration.txt",
    name: "a server without files is taken too",
    lines: ["- < OK REGISTERED", "+ < OK"],
  },
  {
    what: "announces more than it sends",
    actor: "content",
    answer: () => ({ text: "OK 7\nhello\n" }),
    file: "downloads.txt",
    name: DOWNLOAD,
    lines: ["- ! bytes 7", "+ <| hello\\n", "+ ! close"],
  },
  {
    what: "sends more than it announces",
    actor: "content",
    answer: () => ({ text: "OK 3\nhello\n" }),
    file: "downloads.txt",
    name: DOWNLOAD,
    lines: ["- ! close", "+ < lo", "+ ! close"],
  },
  {
    what: "sends bytes without a header",
    actor: "content",
    answer: () => ({ text: "hello\n" }),
    file: "downloads.txt",
    name: DOWNLOAD,
    lines: ["- < OK <size:n>", "+ < hello", "+ ! close"],
  },
  {
    what: "leaves out END",
    actor: "monitor",
    answer: () => ({ text: "SERVER CS1 10.0.0.1 7001 0 alive\n" }),
    file: "monitor_lists.txt",
    name: LIST,
    lines: ["- < END", "+ ! close"],
  },
  {
    what: "lists the port last",
    actor: "monitor",
    answer: () => ({ text: "SERVER CS1 10.0.0.1 0 alive 7001\nEND\n" }),
    file: "monitor_lists.txt",
    name: LIST,
    lines: ["- < END", "+ < SERVER CS1 10.0.0.1 0 alive 7001", "+ < END", "+ ! close"],
  },
];

for (const { what, actor, answer, file, name, lines } of WRONG_SERVERS) {
  Deno.test(`conformance: finds fault with a server that ${what}`, async () => {
    const bench = new Bench();
    const listener = await bench.net.listen({ host: HOST, port: PORT });
    const serving = serveWrongly(listener, answer);
    const stage = bench.stage({ players: standing(actor, actor) });
    const { outcome } = await bench.runCase(stage, file, name);
    assert(outcome.kind === "failed");
    assertEquals(outcome.lines.filter((line) => /^[-+]/.test(line)), lines);
    listener.close();
    await serving;
  });
}

/** Somebody who does something wrong once it is started. */
function wrongCast(actor: Actor, act: (part: Part) => Promise<void>): Cast {
  return {
    knows: new Set([actor]),
    start(part): Promise<Player> {
      const done = act(part).catch(() => {});
      return Promise.resolve({ places: {}, stop: () => done, kill: () => done });
    },
  };
}

async function sayTo(net: Net, port: number, text: string): Promise<void> {
  const conn = await net.dial({ host: OUR_HOST, port });
  await conn.write(new TextEncoder().encode(text));
  await conn.closeWrite();
  const buffer = new Uint8Array(4_096);
  while (await conn.read(buffer) !== null);
  conn.close();
}

Deno.test("conformance: finds fault with a client that does not say HELLO", async () => {
  const bench = new Bench();
  const cast = wrongCast("client", ({ index, file }) => sayTo(bench.net, index.port, `GET ${file}\n`));
  const result = await bench.runCase(bench.stage({ cast }), "client_flow.txt", "a client does without a greeting");
  assert(result.outcome.kind === "failed");
  assertEquals(result.outcome.reason, "nobody dials our index in time and says HELLO");
  assertEquals(result.outcome.lines, ["  & start client hello.txt", "- @ accept index", "+ < GET ..."]);
});

Deno.test("conformance: finds fault with a client that goes on after FILE_NOT_FOUND", async () => {
  const bench = new Bench();
  const cast = wrongCast("client", async ({ index, file, content }) => {
    await sayTo(bench.net, index.port, `HELLO\nGET ${file}\n`);
    await sayTo(bench.net, content.port, `GET ${file}\n`);
  });
  const name = "FILE_NOT_FOUND of the index is the end";
  const { outcome } = await bench.runCase(bench.stage({ cast }), "client_flow.txt", name);
  assert(outcome.kind === "failed");
  assertEquals(outcome.lines.slice(-2), ["- ! nobody 2s", "+ < GET ..."]);
});

Deno.test("conformance: finds fault with heartbeats before the registration, and with too many", async () => {
  const bench = new Bench();
  const socket = await bench.net.bind({ host: HOST, port: 0 });
  const beat = new TextEncoder().encode("HEARTBEAT conf-x-0 10.0.0.1 7001 0 2");
  const early = wrongCast("content", async ({ index, heartbeats, id }) => {
    await socket.send(beat, heartbeats);
    await sayTo(bench.net, index.port, `REGISTER ${id} 7001 7002\n`);
  });
  const isEarly = await bench.runCase(
    bench.stage({ cast: early }),
    "states.txt",
    "content: INIT to REGISTERING, it dials the index",
  );
  assertEquals(isEarly.outcome.kind, "held");
  const name = "content: still REGISTERING after OK REGISTERED alone";
  const greedy = wrongCast("content", async ({ index, heartbeats, id }) => {
    await socket.send(beat, heartbeats);
    await sayTo(bench.net, index.port, `REGISTER ${id} 7001 7002\nDONE_FILES\n`);
  });
  const { outcome } = await bench.runCase(bench.stage({ cast: greedy }), "states.txt", name);
  assert(outcome.kind === "failed");
  assertEquals(outcome.lines.slice(-2), ["- ! quiet 4s", "+ < HEARTBEAT conf-x-0 10.0.0.1 7001 0 2"]);
  const hasty = wrongCast("content", async ({ index, heartbeats, id }) => {
    const registering = sayTo(bench.net, index.port, `REGISTER ${id} 7001 7002\nDONE_FILES\n`);
    for (let count = 0; count < 3; count++) await socket.send(beat, heartbeats);
    await registering;
  });
  const often = "a heartbeat about every 3 seconds, with load and number of files";
  const tooOften = await bench.runCase(bench.stage({ cast: hasty }), "heartbeats.txt", often);
  assert(tooOften.outcome.kind === "failed");
  assertEquals(tooOften.outcome.reason, "it came too early");
  socket.close();
});

Deno.test("renderFailure(), renderTable() and renderReasons() show a run as people read it", async () => {
  const bench = new Bench();
  const listener = await bench.net.listen({ host: HOST, port: PORT });
  const serving = serveWrongly(listener, (line) => line === "HELLO" ? { stays: true } : { text: "error\u001b[2J\n" });
  const stage = bench.stage({ players: standing("index", "index") });
  const sections = (await loadSections()).filter(({ file }) => /^(index_lookups|ours_monitor)/.test(file));
  const results = await bench.clock.until(runSections(stage, sections));
  const failure = results.find(({ one }) => one.name === NOT_FOUND)!;
  assertEquals(
    renderFailure(failure).replace(/:\d+,/, ":1,"),
    `FAILED Index: lookups: a file that nobody registered is not found
  tests/conformance/index_lookups.txt:1, PROTOCOL.md "cdn: index"
  another line came:
      @ index 10.0.0.1:7
      > HELLO
      > GET conf-x-2.txt
    - < ERROR FILE_NOT_FOUND
    + < error\\x1b[2J
    + ! close`,
  );
  const table = renderTable(results);
  assertStringIncludes(table, "The contract");
  assertEquals(table.split("\n").length, 6);
  const ours = results.filter(({ section }) => section.isOurs).length;
  assertStringIncludes(renderReasons(results)!, "Not run: no --monitor");
  assertEquals(results.filter(({ outcome }) => outcome.kind === "not-run").length, ours);
  assertEquals(isHeld(results), false);
  assertEquals(isHeld(results.filter(({ section }) => section.isOurs)), false);
  const held = results.map((one) => ({ ...one, outcome: { kind: "held" as const } }));
  assertEquals(isHeld(held), true);
  const unasked = results.map((one) => one.section.isOurs ? one : { ...one, outcome: { kind: "held" as const } });
  assertEquals(isHeld(unasked), true);
  listener.close();
  await serving;
});
