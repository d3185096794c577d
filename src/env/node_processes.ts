/**
 * Child processes on `node:child_process`: Node and Bun. On Deno it works, too, but wants to read every variable.
 *
 * @module
 */

import { type ChildProcess as NodeChild, spawn } from "node:child_process";
import process from "node:process";
import type { Readable } from "node:stream";
import { invariant } from "../base/invariant.ts";
import { byteStream } from "./byte_stream.ts";
import {
  type ChildInput,
  type ChildProcess,
  LINGER_MS,
  type ProcessEnd,
  type Signal,
  type Spawn,
  type SpawnerOptions,
  type SpawnOptions,
} from "./processes.ts";
import { systemCodeOf, toFileError } from "./system_error.ts";

/** Makes a {@link Spawn} that starts children on this machine. */
export function createNodeSpawn({ lingerMs = LINGER_MS }: SpawnerOptions = {}): Spawn {
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

/** Starts a child on this machine. */
export const nodeSpawn: Spawn = createNodeSpawn();

function start(options: SpawnOptions): NodeChild {
  const { command: [program, ...args], folder, variables = {}, streams = "piped", errors = streams } = options;
  const [main, error] = [streams, errors].map((how) => how === "piped" ? "pipe" as const : "inherit" as const);
  return spawn(program, args, {
    stdio: [main!, main!, error!],
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
    input: inputOf(child),
    output: outputOf(child, child.stdout),
    errors: outputOf(child, child.stderr),
    ended: endOf(child, lingerMs),
    signal(name: Signal): void {
      // The child's own kill() would be the natural thing, but Deno's sends one signal and ignores every later one.
      if (!exited) sendSignal(pid, name);
    },
  };
}

function inputOf({ stdin }: NodeChild): ChildInput {
  return {
    // Called back in any case: with an error if the child is gone.
    write: (bytes) => new Promise((resolve) => stdin === null ? resolve() : stdin.write(bytes, () => resolve())),
    close: () => void stdin?.end(),
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
