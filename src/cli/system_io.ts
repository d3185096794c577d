/**
 * The streams and signals of this process, on every runtime.
 *
 * @module
 */

import process from "node:process";
import { byteStream } from "../env/byte_stream.ts";
import { isDenoCompiled } from "../env/deno_executable.ts";
import { systemCodeOf, toFileError } from "../env/system_error.ts";
import { EXIT } from "./exit_codes.ts";
import { explainFailure } from "./failure.ts";
import { type Io, type Output, OutputClosedError } from "./io.ts";
import { describeExecutable } from "./own_command.ts";
import { escapeControls } from "../env/escape_controls.ts";

/** What a stream's error says when nobody reads it any more. */
const CLOSED_CODES = new Set(["EPIPE", "EOF", "ECONNRESET", "ERR_STREAM_DESTROYED", "ERR_STREAM_WRITE_AFTER_END"]);

/** Returns the process's own streams and signals. */
export function systemIo(): Io {
  return {
    output: streamOutput(process.stdout, "standard output"),
    errors: streamOutput(process.stderr, "standard error"),
    onSignal(name, run): () => void {
      try {
        process.on(name, run);
      } catch {
        // Windows has not all of them: one that cannot be heard cannot come either.
        return () => {};
      }
      return () => process.off(name, run);
    },
    onInputEnd(run): () => void {
      const { stdin } = process;
      // A terminal that went away is an error, not an end.
      const names = ["end", "close", "error"] as const;
      for (const name of names) stdin.once(name, run);
      stdin.resume();
      return () => {
        for (const name of names) stdin.off(name, run);
        stdin.pause();
      };
    },
    input: () => byteStream(process.stdin).bytes,
    executable: () => describeExecutable(process, { isDenoCompiled: typeof Deno !== "undefined" && isDenoCompiled() }),
    folder: () => process.cwd(),
    async env(): ReturnType<Io["env"]> {
      const { systemEnv } = await import("../env/runtime.ts");
      return systemEnv();
    },
  };
}

/** Runs a program with the process's arguments and streams, and ends the process with the code that it resolves to. */
export async function runProgram(main: (args: readonly string[], io: Io) => Promise<number>): Promise<void> {
  process.once("uncaughtException", crash);
  process.once("unhandledRejection", crash);
  // An end by itself would wait for whatever is still open, such as a peer that never answers.
  process.exit(await main(process.argv.slice(2), systemIo()));
}

/** Ends the process after an error that nobody caught: a bug of ours. One line says so, and where only if asked. */
function crash(error: unknown): void {
  const { line = "" } = explainFailure(error);
  const wantsStack = process.argv.includes("-v") || process.argv.includes("--verbose");
  const stack = wantsStack && error instanceof Error ? `${error.stack}\n` : "";
  process.stderr.write(`${escapeControls(line)}\n${stack}`, () => process.exit(EXIT.internal));
}

interface Stream {
  readonly isTTY?: boolean;
  readonly columns?: number;
  on(name: "error", run: () => void): unknown;
  write(bytes: Uint8Array, done: (error?: Error | null) => void): boolean;
}

function streamOutput(stream: Stream, what: string): Output {
  // Each write reports its own failure; without a listener the same error would end the process.
  stream.on("error", () => {});
  return {
    isTerminal: stream.isTTY === true,
    get columns() {
      return stream.columns || 80;
    },
    write: (bytes) =>
      new Promise<void>((resolve, reject) => {
        stream.write(bytes, (error) => error ? reject(error) : resolve());
      }).catch((error) => {
        if (CLOSED_CODES.has(systemCodeOf(error) ?? "")) throw new OutputClosedError({ cause: error });
        throw toFileError(error, `write ${what}`);
      }),
  };
}
