/**
 * A client in memory among an index and content servers that do as a test tells them.
 *
 * @module
 */

import { createHash } from "node:crypto";
import { assertEquals, assertRejects, assertStringIncludes } from "@std/assert";
import { sleep } from "../src/base/clock.ts";
import { seededRandom } from "../src/base/random.ts";
import { VirtualClock } from "../src/base/virtual_clock.ts";
import type { ClientState } from "../src/core/cdn_lifecycles.ts";
import { inlineDigests } from "../src/env/digests.ts";
import { createLog, type LogRecord } from "../src/env/log.ts";
import { MemoryFiles } from "../src/env/memory_files.ts";
import { MemoryNetwork } from "../src/net/memory.ts";
import type { Conn, Listener } from "../src/net/net.ts";
import {
  type ClientEnv,
  ClientError,
  type ClientErrorKind,
  type Download,
  getFile,
  type GetFileOptions,
} from "../src/roles/cdn/client.ts";
import { LineConn } from "../src/services/line_conn.ts";

/** Where the index is. */
export const INDEX = { host: "10.0.0.1", port: 5050 };
const CLIENT = "10.0.2.1";
const PORT = 7001;
const PIECE_BYTES = 65_536;

/** The file that the tests download, unless they say otherwise. */
export const NAME = "file";
/** Where they put it. */
export const TARGET = "out";

/** Where content server `CS<number>` is. */
export function peerAddress(number: number): { host: string; port: number } {
  return { host: `10.0.1.${number}`, port: PORT };
}

/** Bytes that look like nothing else, the same for the same seed. */
export function someBytes(sizeBytes: number, seed = 1): Uint8Array {
  const random = seededRandom(seed);
  const words = new Uint32Array(Math.ceil(sizeBytes / 4));
  for (let at = 0; at < words.length; at++) words[at] = random.next() * 2 ** 32;
  return new Uint8Array(words.buffer, 0, sizeBytes);
}

/** The SHA-256 of some bytes. */
export function shaOf(bytes: Uint8Array): string {
  return createHash("sha256").update(bytes).digest("hex");
}

/** Checks that a client's request fails, of what kind, and what its error says. */
export async function assertFails(
  run: Promise<unknown>,
  kind: ClientErrorKind,
  ...words: string[]
): Promise<ClientError> {
  const error = await assertRejects(() => run, ClientError);
  assertEquals(error.kind, kind, error.message);
  for (const word of words) assertStringIncludes(error.message, word);
  return error;
}

/** What a content server does. All but the bytes may be changed while it runs. */
export interface PeerBehaviour {
  /** The file's bytes; undefined if it does not have the file. */
  content?: Uint8Array | undefined;
  /** What it announces as the file's length. Default: the truth. */
  announcedBytes?: number | undefined;
  /** Whether it knows `GET` alone. `"silent"` says nothing to other verbs, `"close"` hangs up, `"error"` refuses. */
  old?: "silent" | "close" | "error" | undefined;
  /** What it says to `HASH`, without the line's end. Default: the truth. */
  hash?: string | undefined;
  /** How long it takes for the first word of its answer to `HASH`, in milliseconds. */
  hashFirstMs?: number | undefined;
  /** How long it takes for a digest after the answer's first word, in milliseconds. */
  hashMs?: number | undefined;
  /** After how many bytes of a body it hangs up. */
  cutAfterBytes?: number | undefined;
  /** After how many bytes of a body it stops for good. */
  stallAfterBytes?: number | undefined;
  /** What it sends after the body. */
  trailer?: string | undefined;
  /** Whether it waits for the client to hang up. */
  keepOpen?: boolean | undefined;
  /** How long it takes for each piece of 65,536 bytes, in milliseconds. */
  pieceMs?: number | undefined;
  /** What it says instead of all that. */
  says?: string | undefined;
  /** A verb that it refuses besides. */
  refuses?: string | undefined;
  /** The only name that it knows. Default: any. */
  name?: string | undefined;
}

/** A content server at work. */
export interface Peer extends PeerBehaviour {
  /** Every line that came in. */
  readonly lines: string[];
  /** How many bytes of bodies it sent. */
  sentBytes: number;
  /** Breaks its connections, and listens no more. */
  kill(): void;
}

/** What the index says to a line; undefined says nothing, empty hangs up. */
export type IndexScript = (line: string) => string | undefined;

/** A client, and the peers that a test gives it. */
export class DownloadLab implements AsyncDisposable {
  /** Time. */
  readonly clock = new VirtualClock();
  /** The network; 1 ms each way. */
  readonly network = new MemoryNetwork({ clock: this.clock, random: seededRandom(1), faults: { latencyMs: 1 } });
  /** The client's disk. */
  readonly files: MemoryFiles;
  /** What the client logged. */
  readonly records: LogRecord[] = [];
  /** The states that it went through. */
  readonly states: ClientState[] = [];
  /** What came in at the index. */
  readonly asked: string[] = [];
  readonly #listeners: Listener[] = [];

  /** Creates a client that is alone. */
  constructor({ capacityBytes = Infinity }: { capacityBytes?: number } = {}) {
    this.files = new MemoryFiles({ clock: this.clock, capacityBytes });
  }

  /** The client's outside world. */
  get env(): ClientEnv {
    const { clock, files } = this;
    const sink = (record: LogRecord): void => void this.records.push(record);
    const log = createLog({ clock, sink, level: "debug" });
    return { net: this.network.host(CLIENT), clock, files, digests: inlineDigests(), log, random: seededRandom(2) };
  }

  /** Starts content server `CS<number>`. */
  async peer(number: number, behaviour: PeerBehaviour): Promise<Peer> {
    const { host } = peerAddress(number);
    const listener = await this.#listen(host, PORT);
    const kill = (): void => {
      listener.close();
      this.network.resetStreams(host);
    };
    const peer: Peer = { ...behaviour, lines: [], sentBytes: 0, kill };
    void this.#accept(listener, (lines) => this.#serve(lines, peer));
    return peer;
  }

  /** Starts an index that names these holders, best first, `holders` being asked each time. */
  async index(holders: () => readonly number[], { old = false }: { old?: boolean } = {}): Promise<void> {
    const locate = (number: number): string => `SERVER ${peerAddress(number).host} ${PORT} CS${number} 7\n`;
    await this.scriptedIndex((line) => {
      const [first] = holders();
      if (line === "HELLO") return "WELCOME MICRO-CDN\n";
      if (line.startsWith("GET ")) return first === undefined ? "ERROR FILE_NOT_FOUND\n" : locate(first);
      if (old || !line.startsWith("LOCATE ")) return "ERROR UNKNOWN_FIRST_COMMAND\n";
      return first === undefined ? "ERROR FILE_NOT_FOUND\n" : `${holders().map(locate).join("")}END\n`;
    });
  }

  /** Starts an index that answers by a script. The connection ends with any answer but a greeting. */
  async scriptedIndex(script: IndexScript): Promise<Listener> {
    const listener = await this.#listen(INDEX.host, INDEX.port);
    void this.#accept(listener, async (lines) => {
      for (let line = await lines.readLine(); line !== undefined; line = await lines.readLine()) {
        this.asked.push(line);
        const answer = script(line);
        if (answer !== undefined) await lines.write(new TextEncoder().encode(answer));
        if (answer !== undefined && !answer.startsWith("WELCOME")) return await lines.finish();
      }
    });
    return listener;
  }

  /** Downloads the file. */
  get(options: Partial<GetFileOptions> = {}): Promise<Download> {
    return this.clock.until(this.start(options));
  }

  /** Begins to download the file. */
  async start(options: Partial<GetFileOptions> = {}): Promise<Download> {
    this.states.length = 0;
    const onState = (state: ClientState, before: ClientState): void => {
      if (this.states.length === 0) this.states.push(before);
      assertEquals(this.states.at(-1), before);
      this.states.push(state);
    };
    return await getFile(this.env, {
      name: NAME,
      to: { kind: "file", path: TARGET },
      index: INDEX,
      onState,
      ...options,
    });
  }

  /** The names in the client's folder. */
  async saved(): Promise<string[]> {
    return (await this.files.list("/")).map(({ name }) => name);
  }

  /** Closes all peers, and checks that the client left nothing open. */
  async [Symbol.asyncDispose](): Promise<void> {
    await this.clock.advance(5_000);
    const { conns, listeners, sockets } = this.network.usage(CLIENT);
    assertEquals({ conns, listeners, sockets }, { conns: 0, listeners: 0, sockets: 0 }, "left open by the client");
    assertEquals(this.files.openFiles, 0, "files left open");
    for (const listener of this.#listeners) listener.close();
    for (const { address } of this.#listeners) this.network.resetStreams(address.host);
    await this.clock.advance(600_000);
    assertEquals(this.clock.pending, 0, "timers left");
  }

  async #listen(host: string, port: number): Promise<Listener> {
    const listener = await this.network.host(host).listen({ host, port });
    this.#listeners.push(listener);
    return listener;
  }

  async #accept(listener: Listener, serve: (lines: LineConn) => Promise<void>): Promise<void> {
    const one = async (conn: Conn): Promise<void> => {
      const lines = new LineConn(conn, { clock: this.clock, idleMs: 120_000 });
      await serve(lines).catch(() => {});
      lines.close();
    };
    for await (const conn of listener) void one(conn);
  }

  async #serve(lines: LineConn, peer: Peer): Promise<void> {
    const line = await lines.readLine();
    if (line === undefined) return;
    peer.lines.push(line);
    const [, verb, offset, length, name] = line.match(/^(?:(GET|HASH)|RANGE (\d+) (\d+)) (.*)$/) ?? [];
    const isOld = peer.old !== undefined && verb !== "GET";
    if (isOld && peer.old === "silent") await untilGone(lines);
    if (isOld && peer.old !== "error") return;
    const isUnknown = isOld || (peer.refuses !== undefined && line.startsWith(peer.refuses));
    if (peer.says !== undefined) await lines.write(new TextEncoder().encode(peer.says));
    else if (isUnknown) await lines.writeLines("ERROR INVALID_COMMAND");
    else if (peer.content === undefined || (peer.name ?? name) !== name) await lines.writeLines("ERROR FILE_NOT_FOUND");
    else if (verb === "HASH") await this.#sendHash(lines, peer, peer.content);
    else {
      const start = Number(offset ?? 0);
      const body = peer.content.subarray(start, start + Number(length ?? Infinity));
      const announced = verb === "GET" ? peer.announcedBytes : undefined;
      await lines.writeLines(`OK ${announced ?? body.length}`);
      await this.#sendBody(lines, peer, body);
    }
    if (peer.keepOpen) await untilGone(lines);
    await lines.finish();
  }

  async #sendHash(lines: LineConn, peer: Peer, content: Uint8Array): Promise<void> {
    const answer = peer.hash ?? `OK ${content.length} sha256:${shaOf(content)}`;
    const head = answer.match(/^OK \d+ /)?.[0] ?? "";
    if (peer.hashFirstMs !== undefined) await sleep(this.clock, peer.hashFirstMs);
    await lines.write(new TextEncoder().encode(head));
    if (peer.hashMs !== undefined) await sleep(this.clock, peer.hashMs);
    await lines.writeLines(answer.slice(head.length));
  }

  async #sendBody(lines: LineConn, peer: Peer, body: Uint8Array): Promise<void> {
    const limit = Math.min(body.length, peer.cutAfterBytes ?? Infinity, peer.stallAfterBytes ?? Infinity);
    for (let sent = 0; sent < limit;) {
      if (peer.pieceMs !== undefined) await sleep(this.clock, peer.pieceMs);
      const piece = body.subarray(sent, Math.min(limit, sent + PIECE_BYTES));
      await lines.write(piece);
      sent += piece.length;
      peer.sentBytes += piece.length;
    }
    if (peer.stallAfterBytes === limit) await untilGone(lines);
    if (limit === body.length && peer.trailer !== undefined) await lines.writeLines(peer.trailer);
  }
}

/** Waits until the other side hangs up. */
async function untilGone(lines: LineConn): Promise<void> {
  while (await lines.readLine() !== undefined);
}
