/**
 * Other people's programs that a build needs: Deno itself, Bun, npx.
 *
 * @module
 */

import { onAbort } from "../../src/base/abort.ts";

/** How much of what a tool prints is kept, the end of it, in UTF-16 units. Nothing here prints more in order. */
const MAX_PRINTED = 65_536;

// deno-lint-ignore no-control-regex -- colours are control characters
const COLOURS = /\x1b\[[0-9;]*m/g;

/** Options of {@link runTool}. */
export interface ToolOptions {
  /** The folder to run it in. */
  folder: string;
  /** Ends it. */
  signal: AbortSignal;
  /** Variables added to our own. */
  variables?: Readonly<Record<string, string>>;
}

/** How a tool ended. */
export interface ToolEnd {
  /** Whether it did what it was to do. */
  readonly success: boolean;
  /** What it printed on standard output, without colours. */
  readonly output: string;
  /** What it printed on standard error, without colours. */
  readonly errors: string;
}

/** A tool is not on this machine. */
export class MissingToolError extends Error {
  /** The name of this class. */
  override readonly name = "MissingToolError";
}

/**
 * Runs a tool to its end.
 *
 * @throws {MissingToolError} if there is none of that name.
 * @throws The signal's reason, once the tool has ended of it.
 */
export async function runTool(
  [program, ...args]: readonly [string, ...string[]],
  { folder, signal, variables = {} }: ToolOptions,
): Promise<ToolEnd> {
  signal.throwIfAborted();
  const child = start(program, { args, cwd: folder, env: variables, stdin: "null", stdout: "piped", stderr: "piped" });
  const off = onAbort(signal, () => child.kill("SIGTERM"));
  const status = child.status.finally(off);
  const [{ success }, output, errors] = await Promise.all([status, readEnd(child.stdout), readEnd(child.stderr)]);
  signal.throwIfAborted();
  return { success, output, errors };
}

function start(program: string, options: Deno.CommandOptions): Deno.ChildProcess {
  try {
    return new Deno.Command(program, options).spawn();
  } catch (error) {
    if (!(error instanceof Deno.errors.NotFound)) throw error;
    throw new MissingToolError(`Cannot run ${program}: it is not on the PATH`, { cause: error });
  }
}

async function readEnd(stream: ReadableStream<Uint8Array<ArrayBuffer>>): Promise<string> {
  let text = "";
  for await (const part of stream.pipeThrough(new TextDecoderStream())) text = (text + part).slice(-MAX_PRINTED);
  return text.replaceAll(COLOURS, "");
}
