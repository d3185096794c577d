/**
 * Child processes on `node:child_process`: Deno, Node and Bun.
 *
 * @module
 */

import { type ChildProcess as NodeChild, spawn } from "node:child_process";
import process from "node:process";
import type { Readable } from "node:stream";
import { invariant } from "../base/invariant.ts";
import { byteStream } from "./byte_stream.ts";
import type { ChildProcess, ProcessEnd, Signal, Spawn, SpawnOptions } from "./processes.ts";
import { systemCodeOf, toFileError } from "./system_error.ts";

/** Options of {@link createNodeSpawn}. */
export interface NodeSpawnOptions {
  /**
   * How long after the end of a child its output may stay open before {@link ChildProcess.ended} resolves all the same,
   * in milliseconds: a process that the child started and left behind may hold it for ever. Default: 2,000.
   */
  lingerMs?: number;
}

/** Makes a {@link Spawn} that starts children on this machine. */
export function createNodeSpawn({ lingerMs = 2_000 }: NodeSpawnOptions = {}): Spawn {
  return async (options) => {
    try {
      const child = start(options);
      const spawned = new Promise<void>((resolve, reject) => child.once("spawn", resolve).once("error", reject));
      // Before anything is awaited: a child that ends at once must find its listeners.
      const adopted = child.pid === undefined ? undefined : adopt(child, child.pid, lingerMs);
      await spawned;
      invariant(adopted !== undefined, "a started child has a process id");
      return adopted;
    } catch (error) {
      throw toFileError(error, `start ${options.command[0]}`);
    }
  };
}

/**
 * Starts a child on this machine. Under Deno it needs permission to run the program, and to read all variables, for a
 * child inherits them.
 */
export const nodeSpawn: Spawn = createNodeSpawn();

function start({ command: [program, ...args], folder, variables = {}, streams = "piped" }: SpawnOptions): NodeChild {
  return spawn(program, args, {
    stdio: streams === "piped" ? "pipe" : "inherit",
    env: { ...process.env, ...variables },
    windowsHide: true,
    ...(folder !== undefined && { cwd: folder }),
  });
}

function adopt(child: NodeChild, pid: number, lingerMs: number): ChildProcess {
  let exited = false;
  // A signal that cannot be sent is reported here, and so is a broken pipe to a child that ends.
  child.on("error", () => {});
  child.stdin?.on("error", () => {});
  child.once("exit", () => {
    exited = true;
    child.stdin?.destroy();
  });
  return {
    pid,
    output: outputOf(child, child.stdout),
    errors: outputOf(child, child.stderr),
    ended: endOf(child, lingerMs),
    signal(name: Signal): void {
      // The child's own kill() would be the natural thing, but Deno's sends one signal and ignores every later one.
      if (!exited) sendSignal(pid, name);
    },
  };
}

function outputOf(child: NodeChild, stream: Readable | null): ReadableStream<Uint8Array> {
  if (stream === null) return new ReadableStream({ start: (controller) => controller.close() });
  const output = byteStream(stream);
  child.once("exit", output.drain);
  return output.bytes;
}

/** Resolves when the child has ended and its output with it. */
function endOf(child: NodeChild, lingerMs: number): Promise<ProcessEnd> {
  return new Promise((resolve) => {
    child.once("exit", (code, signal) => {
      const end: ProcessEnd = signal === null ? { kind: "exited", code: code ?? 0 } : { kind: "signalled", signal };
      const timer = setTimeout(() => resolve(end), lingerMs);
      child.once("close", () => {
        clearTimeout(timer);
        resolve(end);
      });
    });
  });
}

function sendSignal(pid: number, name: Signal): void {
  try {
    process.kill(pid, name);
  } catch (error) {
    // It ended a moment ago, and the news is on its way.
    if (systemCodeOf(error) !== "ESRCH") throw toFileError(error, `send ${name} to process ${pid}`);
  }
}
