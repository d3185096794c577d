/**
 * What a runtime throws, in terms of {@link NetError}.
 *
 * @module
 */

import { codeOfSystem, NetError, type NetErrorCode } from "./net_error.ts";

/** Deno's error classes. Not all of their instances carry a system code, nor on every system. */
const NAMED: Record<string, NetErrorCode> = {
  ConnectionRefused: "refused",
  NetworkUnreachable: "unreachable",
  TimedOut: "timeout",
  ConnectionReset: "reset",
  ConnectionAborted: "reset",
  BrokenPipe: "reset",
  NotConnected: "reset",
  BadResource: "closed",
  Interrupted: "closed",
  AddrInUse: "in-use",
  AddrNotAvailable: "unavailable",
  NotCapable: "denied",
  PermissionDenied: "denied",
};

/** How Deno says that a name is unknown; it has neither a code nor a class for it. */
const LOOKUP_FAILED = "failed to lookup address";

/** Finds our code for an error of `Deno.*`, `node:net` or `node:dgram`. */
export function codeOfError(error: unknown): NetErrorCode {
  if (!(error instanceof Error)) return "other";
  const named = NAMED[error.name];
  if (named !== undefined) return named;
  if (error.message.startsWith(LOOKUP_FAILED)) return "unknown-host";
  return "code" in error && typeof error.code === "string" ? codeOfSystem(error.code) : "other";
}

/**
 * Wraps an error of a runtime, which becomes the cause. One of ours is returned as it is.
 *
 * @param what The action that failed, such as `dial 127.0.0.1:5050`.
 */
export function toNetError(error: unknown, what: string): NetError {
  return error instanceof NetError ? error : new NetError(codeOfError(error), what, { cause: error });
}
