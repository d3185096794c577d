/**
 * Runs `ssh`: something goes in, something comes out, and it ends in time.
 *
 * @module
 */

import { onAbort } from "../../src/base/abort.ts";
import { withDeadline } from "../../src/base/deadline.ts";
import type { Env } from "../../src/env/env.ts";
import type { ChildProcess } from "../../src/env/processes.ts";

/** What running it needs of the outside world. */
export type SshEnv = Pick<Env, "spawn" | "clock">;

/** What goes in: a text, or bytes in pieces. */
export type SshInput = string | AsyncIterable<Uint8Array>;

/** Options of {@link runSsh}. */
export interface SshOptions {
  /** What goes in. */
  readonly input: SshInput;
  /** Whether input stays open after that until there is output enough or the signal aborts. Default: false. */
  readonly keepsInput?: boolean;
  /** Milliseconds for all of it. */
  readonly deadlineMs: number;
  /** What is being done, for the error: `copy microcdn-index to lab1`. */
  readonly what: string;
  /** Ends it. */
  readonly signal: AbortSignal;
  /** Gets output as it comes. Default: it is kept and returned. */
  readonly onOutput?: (text: string) => void;
}

/** How it ended. */
export interface SshEnd {
  /** The exit code; that of a shell if it was ended by a signal. */
  readonly code: number;
  /** What came out, the beginning of it. */
  readonly output: string;
  /** What it complained of, the beginning of it. */
  readonly errors: string;
}

/** How much of an output is kept, in UTF-16 units: a report of 100 roles, or 10,000 lines of a log. */
const MAX_KEPT = 4_194_304;
/** How long it may take to end once it was asked to. */
const KILL_MS = 2_000;

/**
 * Runs it to its end.
 *
 * @throws {DeadlineError} if it takes too long; {@link FileError} if there is no ssh here, or the input cannot be read.
 * Rejects with the signal's reason if that aborts. In each case it has ended.
 */
export async function runSsh(
  { spawn, clock }: SshEnv,
  command: readonly [string, ...string[]],
  options: SshOptions,
): Promise<SshEnd> {
  const { deadlineMs, what, signal } = options;
  signal.throwIfAborted();
  const child = await spawn({ command });
  let cancelKill = (): void => {};
  function end(): void {
    child.signal("SIGTERM");
    cancelKill = clock.schedule(KILL_MS, () => child.signal("SIGKILL"));
  }
  try {
    return await withDeadline(clock, { deadlineMs, what, signal }, async (within) => {
      const off = onAbort(within, end);
      return await converse(child, options, within).finally(off);
    });
  } finally {
    child.input.close();
    await child.ended;
    cancelKill();
  }
}

async function converse(child: ChildProcess, options: SshOptions, within: AbortSignal): Promise<SshEnd> {
  const { input, keepsInput = false, onOutput } = options;
  const reading = [read(child.output, onOutput), read(child.errors)];
  let failure: unknown;
  const feeding = feed(child, input, within).catch((error) => {
    // Without the rest of its input it would wait for ever.
    failure = error;
    child.signal("SIGTERM");
  });
  if (!keepsInput) void feeding.then(() => child.input.close());
  const [end, output = "", errors = ""] = await Promise.all([child.ended, ...reading]);
  await feeding;
  if (failure !== undefined) throw failure;
  return { code: end.kind === "exited" ? end.code : 128, output, errors };
}

async function feed({ input, ended }: ChildProcess, bytes: SshInput, signal: AbortSignal): Promise<void> {
  if (typeof bytes === "string") return await input.write(new TextEncoder().encode(bytes));
  let hasEnded = false;
  void ended.then(() => hasEnded = true);
  for await (const piece of bytes) {
    if (hasEnded || signal.aborted) return;
    await input.write(piece);
  }
}

async function read(stream: ReadableStream<Uint8Array>, onOutput?: (text: string) => void): Promise<string> {
  const decoder = new TextDecoder();
  let text = "";
  for await (const piece of stream) {
    const part = decoder.decode(piece, { stream: true });
    if (onOutput !== undefined) onOutput(part);
    else if (text.length < MAX_KEPT) text += part;
  }
  return text;
}
