/**
 * Anybody's programs as those under test, started by command lines.
 *
 * @module
 */

import { TextLineStream } from "@std/streams/text-line-stream";
import { type Address, formatAddress } from "../../src/base/address.ts";
import type { Clock } from "../../src/base/clock.ts";
import { escapeControls } from "../../src/env/escape_controls.ts";
import type { Net } from "../../src/net/net.ts";
import { NetError } from "../../src/net/net_error.ts";
import { Bell } from "../../src/services/bell.ts";
import { type Cast, type Part, type Player, SERVED, StartError } from "./stage.ts";
import type { Actor } from "./transcript.ts";

/** Options of {@link ProcessCast}. */
export interface ProcessCastOptions {
  /** The network. */
  readonly net: Net;
  /** Time. */
  readonly clock: Clock;
  /** The host at which programs are to listen. */
  readonly host: string;
  /** The folder to start them in. Default: this process's. */
  readonly folder?: string | undefined;
  /** A command line for each that can be started; see {@link splitCommand}. */
  readonly commands: Readonly<Partial<Record<Actor, string>>>;
  /** Gives a port on which nobody listens. Default: one that the system names, and may give to others at once. */
  readonly freePort?: () => number;
}

/** How long a program may take until it listens, and how often that is tried, in milliseconds. */
const READY_MS = 20_000;
const LOOK_MS = 50;
/** How many of its last lines are kept. */
const MAX_LINES = 8;
const NEVER = new AbortController().signal;

/**
 * Splits a command line at blanks. Quotes keep blanks together.
 *
 * @throws {RangeError} if a quote has no end, or nothing is there.
 */
export function splitCommand(text: string): string[] {
  const words: string[] = [];
  const word = /\s*((?:[^\s"']|"[^"]*"|'[^']*')+)/y;
  for (let match = word.exec(text); match !== null; match = word.exec(text)) {
    words.push(match[1]!.replace(/"([^"]*)"|'([^']*)'/g, (_, double, single) => double ?? single));
    text = text.slice(word.lastIndex);
    word.lastIndex = 0;
  }
  if (text.trim() !== "" || words.length === 0) throw new RangeError(`Cannot read a command line: "${text}"`);
  return words;
}

/** Starts programs. In their command lines `{index_port}` and the like stand for what they are told. */
export class ProcessCast implements Cast {
  /** Those that have a command line. */
  readonly knows: ReadonlySet<Actor>;
  readonly #options: ProcessCastOptions;

  /** Starts nothing yet. */
  constructor(options: ProcessCastOptions) {
    this.#options = options;
    this.knows = new Set(Object.keys(options.commands) as Actor[]);
  }

  /** Starts one. */
  async start(part: Part): Promise<Player> {
    const { host, commands } = this.#options;
    const command = commands[part.actor]!;
    const files = await Deno.makeTempDir({ prefix: "microcdn-conformance-" });
    for (const [name, text] of Object.entries(SERVED)) await Deno.writeTextFile(`${files}/${name}`, text);
    const tcp = await this.#freePort("tcp");
    const udp = await this.#freePort("udp");
    const out = `${files}/saved`;
    const values = describe(part, { host, tcp, udp, files, out });
    const [program, ...args] = splitCommand(command).map((word) => (
      word.replace(/\{(\w+)\}/g, (whole, name) => values.get(name) ?? whole)
    ));
    const process = this.#spawn(program!, args);
    if (part.actor === "index" || part.actor === "monitor") await this.#listening({ host, port: tcp }, process);
    const player: Player = {
      places: {
        index: { host, port: tcp },
        content: { host, port: tcp },
        monitor: { host, port: tcp },
        "monitor-udp": { host, port: udp },
      },
      stop: () => process.end("SIGTERM"),
      kill: async () => {
        await process.end("SIGKILL");
        await Deno.remove(files, { recursive: true }).catch(() => {});
      },
      lastLines: () => process.lines,
    };
    if (!command.includes("{out}")) return player;
    return {
      ...player,
      saved: async () => process.hasEnded ? await Deno.readFile(out).catch(() => undefined) : undefined,
    };
  }

  #spawn(program: string, args: readonly string[]): Program {
    try {
      return new Program(program, args, this.#options.folder);
    } catch (error) {
      if (!(error instanceof Error)) throw error;
      throw new StartError(`Cannot start ${program}: ${error.message}`, { cause: error });
    }
  }

  async #freePort(kind: "tcp" | "udp"): Promise<number> {
    const { net, host, freePort } = this.#options;
    if (freePort !== undefined) return freePort();
    const socket = await (kind === "tcp" ? net.listen({ host, port: 0 }) : net.bind({ host, port: 0 }));
    socket.close();
    return socket.address.port;
  }

  async #listening(at: Address, program: Program): Promise<void> {
    const { net, clock } = this.#options;
    const bell = new Bell();
    for (const endMs = clock.now() + READY_MS; clock.now() < endMs && !program.hasEnded;) {
      try {
        const conn = await net.dial(at);
        return conn.close();
      } catch (error) {
        if (!(error instanceof NetError)) throw error;
        await bell.wait(clock, { signal: NEVER, limitMs: LOOK_MS });
      }
    }
    await program.end("SIGKILL");
    const said = program.lines.map((line) => `; it prints: ${escapeControls(line)}`).join("");
    throw new StartError(`Cannot start a program: nobody listens at ${formatAddress(at)}${said}`);
  }
}

interface Own {
  readonly host: string;
  readonly tcp: number;
  readonly udp: number;
  readonly files: string;
  readonly out: string;
}

function describe({ id, file, index, monitor, heartbeats }: Part, own: Own): Map<string, string> {
  return new Map(Object.entries({
    id,
    file,
    host: own.host,
    tcp_port: String(own.tcp),
    udp_port: String(own.udp),
    folder: own.files,
    out: own.out,
    index_host: index.host,
    index_port: String(index.port),
    monitor_host: monitor.host,
    monitor_port: String(monitor.port),
    heartbeat_port: String(heartbeats.port),
  }));
}

/** A process, and its last words. */
class Program {
  readonly lines: string[] = [];
  hasEnded = false;
  readonly #child: Deno.ChildProcess;
  readonly #ended: Promise<unknown>;

  constructor(program: string, args: readonly string[], folder: string | undefined) {
    this.#child = new Deno.Command(program, {
      args: [...args],
      stdin: "null",
      stdout: "piped",
      stderr: "piped",
      ...(folder !== undefined && { cwd: folder }),
    }).spawn();
    const status = this.#child.status.then(() => this.hasEnded = true);
    this.#ended = Promise.all([status, this.#read(this.#child.stdout), this.#read(this.#child.stderr)]);
  }

  async end(signal: Deno.Signal): Promise<void> {
    if (!this.hasEnded) this.#child.kill(signal);
    await this.#ended;
  }

  async #read(stream: ReadableStream<Uint8Array<ArrayBuffer>>): Promise<void> {
    for await (const line of stream.pipeThrough(new TextDecoderStream()).pipeThrough(new TextLineStream())) {
      this.lines.push(line);
      if (this.lines.length > MAX_LINES) this.lines.shift();
    }
  }
}
