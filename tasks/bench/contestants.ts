/**
 * The servers that the rows ask: ours, and what people would use otherwise.
 *
 * @module
 */

import process from "node:process";
import { sleep } from "../../src/base/clock.ts";
import { unreachable } from "../../src/base/invariant.ts";
import type { Child } from "../cluster/child.ts";
import { NO_COMPILER } from "./c_program.ts";
import { httpTarget, lineTarget, type ServedFile, type Target } from "./load/generator.ts";
import { renderNginxConfig } from "./nginx_config.ts";
import { type ContentStart, startContentServer } from "./running_role.ts";
import { NOT_INSTALLED, type Tools } from "./tools.ts";
import type { Workbench } from "./workbench.ts";

/** How long a server may take to answer. */
const READY_MS = 20_000;
/** How long one may take to end before it is killed. */
const STOP_MS = 5_000;
/** How often one is asked that does not say when it is ready. */
const POLL_MS = 2;

/** The servers' names in the tables. */
export type ContestantName = "ours" | "write() in C" | "nginx" | "python3";

/** A server that serves files. */
export interface FileServer {
  /** What it is called in the tables. */
  readonly name: ContestantName;
  /** Its process id; it may have children. */
  readonly pid: number;
  /** The port of 127.0.0.1 that it listens on. */
  readonly port: number;
  /** How to ask for a file, and what to expect. */
  readonly target: (file: ServedFile) => Target;
  /** Ends it, and waits for its end. */
  readonly stop: () => Promise<void>;
}

/** How a server is started. */
export interface ServerOptions {
  /** The folder to serve. */
  folder: string;
  /** The length of what the loop of writes sends, whatever it is asked for. Default: 1 byte. */
  plainBytes?: number;
  /** How many processes serve, of those that can be told. Default: 1. */
  workers?: number;
}

/** Those that take part, ours first, and why others cannot. */
export interface Entrants {
  /** Who takes part. */
  readonly names: readonly ContestantName[];
  /** Why others are left out. */
  readonly leftOut: readonly string[];
}

/** Looks who of them this machine has. */
export function entrantsAmong({ tools }: Pick<Workbench, "tools">, peers: readonly ContestantName[]): Entrants {
  const missing = new Map(peers.flatMap((name) => {
    const reason = whyMissing(tools, name);
    return reason === undefined ? [] : [[name, reason]];
  }));
  return {
    names: ["ours", ...peers.filter((name) => !missing.has(name))],
    leftOut: [...missing].map(([name, reason]) => `${name}: ${reason}`),
  };
}

function whyMissing({ compiled, installed }: Tools, name: ContestantName): string | undefined {
  if (name === "ours") return undefined;
  if (name === "write() in C") return compiled.plain_server === undefined ? NO_COMPILER : undefined;
  return installed.has(name) ? undefined : NOT_INSTALLED;
}

/** Starts a server that this machine has, and waits until it answers. */
export async function startServer(bench: Workbench, name: ContestantName, options: ServerOptions): Promise<FileServer> {
  const { folder, plainBytes = 1, workers = 1 } = options;
  switch (name) {
    case "ours":
      return await startOurs(bench, { folder, workers });
    case "write() in C":
      return await startPlain(bench, plainBytes);
    case "nginx":
      return await startNginx(bench, folder, workers);
    case "python3":
      return await startPython(bench, folder);
    default:
      return unreachable(name);
  }
}

/** Starts all that take part. */
export async function startServers(
  bench: Workbench,
  { names }: Pick<Entrants, "names">,
  options: ServerOptions,
): Promise<FileServer[]> {
  const servers: FileServer[] = [];
  for (const name of names) servers.push(await startServer(bench, name, options));
  return servers;
}

async function startOurs(bench: Workbench, start: ContentStart): Promise<FileServer> {
  const { pid, tcp, stop } = await startContentServer(bench, start);
  const { port } = tcp;
  return { name: "ours", pid, port, target: (file) => lineTarget(port, file), stop };
}

async function startPlain(bench: Workbench, bytes: number): Promise<FileServer> {
  const command = [bench.tools.compiled.plain_server!, String(bytes)] as const;
  const { child, line } = await startAndHear(bench, "plain_server", command, /^\{"port"/);
  const { port } = JSON.parse(line) as { port: number };
  return {
    name: "write() in C",
    ...ofProcess(bench, child),
    port,
    target: ({ name }) => lineTarget(port, { name, lengthBytes: bytes }),
  };
}

/** Starts nginx on a port that was free a moment ago. */
async function startNginx(bench: Workbench, root: string, workers: number): Promise<FileServer> {
  const folder = await bench.newFolder();
  const port = await freePort(bench);
  const user = process.getuid?.() === 0 ? "root" : undefined;
  await Deno.writeTextFile(`${folder}/nginx.conf`, renderNginxConfig({ port, root, folder, workers, user }));
  const { command } = bench.tools.installed.get("nginx")!;
  const args = ["-p", folder, "-e", `${folder}/nginx.log`, "-c", `${folder}/nginx.conf`];
  const { child, lastLines } = bench.start({ name: "nginx", command: [command, ...args] });
  const server = ofProcess(bench, child);
  // In order: killed together with its workers it could not wait for them, and they would stay behind as zombies.
  bench.atEnd(server.stop);
  await answers(bench, port, () => child.end === undefined ? undefined : lastLines.join(" / "));
  return { name: "nginx", ...server, port, target: (file) => httpTarget(port, file) };
}

async function startPython(bench: Workbench, root: string): Promise<FileServer> {
  // It logs every request: into the void, so that nobody has to read it.
  const script = 'exec python3 -u -m http.server 0 --bind 127.0.0.1 --directory "$1" 2>/dev/null';
  const { child, line } = await startAndHear(bench, "python3", ["sh", "-c", script, "sh", root], / port \d+/);
  const port = Number(/ port (\d+)/.exec(line)![1]);
  return { name: "python3", ...ofProcess(bench, child), port, target: (file) => httpTarget(port, file) };
}

/** What every server has that is a process. */
function ofProcess({ env: { clock } }: Workbench, child: Child): Pick<FileServer, "pid" | "stop"> {
  return { pid: child.pid, stop: async () => void await child.stop(clock, STOP_MS) };
}

/** Starts a process and waits until it writes a line that says where it listens. */
async function startAndHear(
  bench: Workbench,
  name: string,
  command: readonly [string, ...string[]],
  form: RegExp,
): Promise<{ child: Child; line: string }> {
  let hear = (_line: string): void => {};
  const heard = new Promise<string>((resolve) => hear = resolve);
  const onLine = (line: string): void => void (form.test(line) && hear(line));
  const started = bench.start({ name, command, onLine });
  return { child: started.child, line: await bench.whileRuns(started, `${name} to be ready`, READY_MS, heard) };
}

/** Finds a port that is free at this moment. */
export async function freePort({ env }: Pick<Workbench, "env">): Promise<number> {
  const listener = await env.net.listen({ host: "127.0.0.1", port: 0 });
  listener.close();
  return listener.address.port;
}

/** Waits until somebody takes connections at a port. */
async function answers(bench: Workbench, port: number, failure: () => string | undefined): Promise<void> {
  const { net, clock } = bench.env;
  await bench.within(`port ${port} to answer`, READY_MS, async (signal) => {
    for (;;) {
      try {
        return (await net.dial({ host: "127.0.0.1", port })).close();
      } catch {
        const reason = failure();
        if (reason !== undefined) throw new Error(`Cannot start what is to listen at port ${port}: ${reason}`);
        await sleep(clock, POLL_MS, { signal });
      }
    }
  });
}
