/**
 * The options of the load generator, for the one that needs no compiler. `load.c` explains them.
 *
 * @module
 */

import { choice, count, host, optionalSeconds, optionalText, port, seconds, toggle } from "../../../src/cli/flag.ts";
import { type FlagTable, type FlagValues, readFlags, splitArgs } from "../../../src/cli/flags.ts";
import { UsageError } from "../../../src/cli/usage_error.ts";

const LOAD_FLAGS = {
  host: host({ name: "host", initial: "127.0.0.1", help: "" }),
  port: port({ name: "port", initial: 0, help: "" }),
  request: optionalText({ name: "request", placeholder: "TEXT", help: "" }),
  requestsFile: optionalText({ name: "requests", placeholder: "FILE", help: "" }),
  head: choice({ name: "head", initial: "none", among: ["none", "line", "http"], help: "" }),
  expect: optionalText({ name: "expect", placeholder: "TEXT", help: "" }),
  lengthBytes: count({ name: "length", initial: -1, min: 0, max: 9e15, help: "" }),
  atOnce: count({ name: "at-once", initial: 1, min: 1, max: 20_000, help: "" }),
  count: count({ name: "count", initial: 1, min: 1, max: 1e9, help: "" }),
  endsAfterMs: optionalSeconds({ name: "seconds", help: "" }),
  isIdle: toggle({ name: "idle", help: "" }),
  bufferBytes: count({ name: "buffer", initial: 1_048_576, min: 1, max: 1_073_741_824, help: "" }),
  deadlineMs: seconds({ name: "deadline", initialMs: 60_000, help: "" }),
} as const satisfies FlagTable;

/** What the generator is to do. */
export type LoadOptions = FlagValues<typeof LOAD_FLAGS>;

/**
 * Reads a command line.
 *
 * @throws {UsageError} if it makes no sense.
 */
export function readLoadOptions(args: readonly string[]): LoadOptions {
  const line = splitArgs(args, LOAD_FLAGS);
  const [operand] = line.operands;
  const problem = line.problems[0] ?? (operand === undefined ? undefined : `there are only options, got "${operand}"`);
  if (problem !== undefined) throw new UsageError(problem);
  const options = readFlags(LOAD_FLAGS, [line]);
  if (options.port === 0) throw new UsageError("--port is needed");
  if (options.request === undefined && options.requestsFile === undefined && !options.isIdle) {
    throw new UsageError("--request or --requests is needed");
  }
  return options;
}

const SIGNS: Readonly<Record<string, string>> = { n: "\n", r: "\r", t: "\t", "\\": "\\" };

/**
 * Reads text with the escapes `\n`, `\r`, `\t`, `\\` and `\xHH`, as bytes.
 *
 * @throws {UsageError} if there is another one.
 */
export function unescapeText(text: string): Uint8Array<ArrayBuffer> {
  const plain = new TextEncoder().encode(text);
  const bytes: number[] = [];
  for (let at = 0; at < plain.length; at++) {
    if (plain[at] !== BACKSLASH) {
      bytes.push(plain[at]!);
      continue;
    }
    const rest = String.fromCharCode(...plain.subarray(at + 1, at + 4));
    const [, hex] = /^x([0-9A-Fa-f]{2})/.exec(rest) ?? [];
    const sign = SIGNS[rest.slice(0, 1)];
    if (hex === undefined && sign === undefined) throw new UsageError(`unknown escape in: ${text}`);
    bytes.push(hex === undefined ? sign!.charCodeAt(0) : parseInt(hex, 16));
    at += hex === undefined ? 1 : 3;
  }
  return Uint8Array.from(bytes);
}

const BACKSLASH = 0x5c;
