/**
 * The load generator as the rows use it: the same process for every contender. It is `load.c`, or `program.ts` with
 * the same options where there is no C compiler.
 *
 * @module
 */

import { ROOT } from "../../cluster/surroundings.ts";
import type { Workbench } from "../workbench.ts";

/** What to ask, and what to expect. */
export interface Target {
  /** The port on 127.0.0.1. */
  readonly port: number;
  /** The request, with escapes as in C. */
  readonly request: string;
  /** A file with a request a line, which are sent in turn in place of {@link Target.request}. */
  readonly requestsFile?: string;
  /** What comes before the body. */
  readonly head: "none" | "line" | "http";
  /** How the answer must begin. */
  readonly expect: string;
  /** How many bytes the body must have; absent: any. */
  readonly lengthBytes?: number;
}

/** How much load. */
export interface Load {
  /** Connections at once. */
  readonly atOnce: number;
  /** Ends after so many requests. Default: {@link Load.seconds} decides. */
  readonly count?: number;
  /** Begins no request after so long. */
  readonly seconds?: number;
  /** How long all of it may take, in seconds. */
  readonly deadlineSeconds: number;
}

/** What the generator saw. */
export interface LoadResult {
  /** Answers that were as expected. */
  readonly requests: number;
  /** Those that were not, and connections that failed. */
  readonly errors: number;
  /** What was wrong with the first of them. */
  readonly firstError: string | null;
  /** Bytes received, heads included. */
  readonly bytes: number;
  /** From the first connection to the end of the last. */
  readonly seconds: number;
  /** What the generator itself used. */
  readonly cpuSeconds: number;
  /** From a connection's first packet to its end, in microseconds. */
  readonly latencyUs: { readonly p50: number; readonly p99: number; readonly max: number };
}

/** A file that a server has. */
export interface ServedFile {
  /** Its name. */
  readonly name: string;
  /** How long it is. */
  readonly lengthBytes: number;
}

/** A file of a server that speaks our line protocol. */
export function lineTarget(port: number, { name, lengthBytes }: ServedFile): Target {
  return { port, request: `GET ${name}\\n`, head: "line", expect: `OK ${lengthBytes}\\n`, lengthBytes };
}

/** A file of a web server, which is asked to close as ours do. */
export function httpTarget(port: number, { name, lengthBytes }: ServedFile): Target {
  const request = `GET /${name} HTTP/1.1\\r\\nHost: bench\\r\\nConnection: close\\r\\n\\r\\n`;
  return { port, request, head: "http", expect: "HTTP/1.", lengthBytes };
}

/** The generator's options for a target. */
export function targetArgs({ port, request, requestsFile, head, expect, lengthBytes }: Target): string[] {
  return [
    ...["--port", String(port), "--head", head, "--expect", expect],
    ...(requestsFile === undefined ? ["--request", request] : ["--requests", requestsFile]),
    ...(lengthBytes === undefined ? [] : ["--length", String(lengthBytes)]),
  ];
}

/** The generator's command line without options. */
export function generatorCommand({ tools }: Pick<Workbench, "tools">): [string, ...string[]] {
  const { load } = tools.compiled;
  return load === undefined ? scriptCommand() : [load];
}

/** The command line of the generator that needs no compiler. */
export function scriptCommand(): [string, ...string[]] {
  const args = ["run", "-q", "--no-prompt", "--config", `${ROOT}/deno.json`, "-P=bench"];
  return [Deno.execPath(), ...args, `${ROOT}/tasks/bench/load/program.ts`];
}

/** Time for the generator to start, and to say what it saw. */
const GRACE_MS = 10_000;

/**
 * Puts load on a target.
 *
 * @throws {Error} if any answer is not as expected: numbers of a server that fails say nothing.
 */
export async function runLoad(bench: Workbench, target: Target, load: Load): Promise<LoadResult> {
  const result = await tryLoad(bench, target, load);
  if (result.errors === 0 && result.requests > 0) return result;
  const of = `${result.errors} of ${result.errors + result.requests} requests to port ${target.port}`;
  throw new Error(`Cannot measure: ${of} failed: ${result.firstError}`);
}

/** Puts load on a target that may fail. */
export async function tryLoad(bench: Workbench, target: Target, load: Load): Promise<LoadResult> {
  const { atOnce, count, seconds, deadlineSeconds } = load;
  const amount = count !== undefined ? ["--count", String(count)] : ["--seconds", String(seconds)];
  const args = [...targetArgs(target), "--at-once", String(atOnce), ...amount, "--deadline", String(deadlineSeconds)];
  const command = generatorCommand(bench);
  const lines = await bench.run("load", [...command, ...args], { deadlineMs: deadlineSeconds * 1_000 + GRACE_MS });
  return JSON.parse(lines.at(-1)!) as LoadResult;
}

/** Connections that were opened and say nothing. */
export interface IdleConns {
  /** Closes them, and says how many of them the server had not closed before. */
  close(): Promise<number>;
}

/** Opens connections and leaves them be, for at most `deadlineSeconds`. */
export async function openIdle(
  bench: Workbench,
  port: number,
  { conns, deadlineSeconds }: { conns: number; deadlineSeconds: number },
): Promise<IdleConns> {
  let isOpen = (): void => {};
  const opened = new Promise<void>((resolve) => isOpen = resolve);
  let stillOpen = 0;
  const onLine = (line: string): void => {
    if (line.startsWith('{"open"')) isOpen();
    if (line.startsWith('{"stillOpen"')) stillOpen = JSON.parse(line).stillOpen;
  };
  const args = ["--port", String(port), "--idle", "--at-once", String(conns), "--deadline", String(deadlineSeconds)];
  const command: [string, ...string[]] = [...generatorCommand(bench), ...args];
  const started = bench.start({ name: "load", command, onLine });
  const { child } = started;
  await bench.whileRuns(started, `${conns} connections`, deadlineSeconds * 1_000, opened);
  return {
    async close(): Promise<number> {
      await child.endInput();
      await bench.within("end of idle connections", GRACE_MS, () => child.ended);
      return stillOpen;
    },
  };
}
