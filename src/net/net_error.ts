/**
 * What can go wrong outside: one error class with a code that callers can decide on.
 *
 * @module
 */

/**
 * - `refused`: nobody listens there
 * - `unreachable`: no route
 * - `unknown-host`: no host has that name, or nobody can tell at present
 * - `wrong-family`: an IPv6 address where only IPv4 will do, or the other way round
 * - `timeout`: the network gave up
 * - `reset`: the other side broke off
 * - `closed`: our own side was closed
 * - `in-use`: the address belongs to another
 * - `unavailable`: the address is not this machine's
 * - `denied`: no permission
 * - `exhausted`: no file descriptors or buffers are left
 * - `too-large`: a datagram over the limit
 * - `unsupported`: this runtime or system cannot do it; see `cause`
 * - `other`: anything else; see `cause`
 */
export type NetErrorCode =
  | "refused"
  | "unreachable"
  | "unknown-host"
  | "wrong-family"
  | "timeout"
  | "reset"
  | "closed"
  | "in-use"
  | "unavailable"
  | "denied"
  | "exhausted"
  | "too-large"
  | "unsupported"
  | "other";

const REASONS: Record<NetErrorCode, string> = {
  "refused": "connection refused",
  "unreachable": "no route to it",
  "unknown-host": "no host of that name",
  "wrong-family": "its address is of another IP version than ours",
  "timeout": "timed out",
  "reset": "connection reset by the other side",
  "closed": "closed on this side",
  "in-use": "the address is in use",
  "unavailable": "the address is not one of this machine",
  "denied": "permission denied",
  "exhausted": "out of file descriptors or buffers",
  "too-large": "too large",
  "unsupported": "not supported here",
  "other": "failed",
};

/** The outside failed: a dial, a listen, a stream or a datagram. */
export class NetError extends Error {
  /** The name of this class. */
  override readonly name = "NetError";
  /** What went wrong, for deciding. */
  readonly code: NetErrorCode;

  /**
   * Creates an error that reads `Cannot <what>: <reason of the code>`.
   *
   * @param what The action that failed, such as `dial 127.0.0.1:5050`.
   */
  constructor(code: NetErrorCode, what: string, options: ErrorOptions = {}) {
    super(`Cannot ${what}: ${reasonOf(code, options.cause)}`, options);
    this.code = code;
  }
}

function reasonOf(code: NetErrorCode, cause: unknown): string {
  const isExplained = code === "other" || code === "unsupported";
  return isExplained && cause instanceof Error ? cause.message : REASONS[code];
}

/** The codes of `node:net`, `node:dgram` and Deno's system errors that mean one of ours. */
const SYSTEM_CODES: Record<string, NetErrorCode> = {
  ECONNREFUSED: "refused",
  EHOSTUNREACH: "unreachable",
  ENETUNREACH: "unreachable",
  EHOSTDOWN: "unreachable",
  ENETDOWN: "unreachable",
  EAFNOSUPPORT: "wrong-family",
  ENOTFOUND: "unknown-host",
  EAI_AGAIN: "unknown-host",
  ETIMEDOUT: "timeout",
  ECONNRESET: "reset",
  ECONNABORTED: "reset",
  EPIPE: "reset",
  ENOTCONN: "reset",
  EADDRINUSE: "in-use",
  EADDRNOTAVAIL: "unavailable",
  EACCES: "denied",
  EPERM: "denied",
  EMFILE: "exhausted",
  ENFILE: "exhausted",
  ENOBUFS: "exhausted",
  ENOMEM: "exhausted",
  EMSGSIZE: "too-large",
};

/** Translates a system error code (`ECONNREFUSED`, ...) into one of ours. */
export function codeOfSystem(systemCode: string | undefined): NetErrorCode {
  return SYSTEM_CODES[systemCode ?? ""] ?? "other";
}
