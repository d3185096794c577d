/**
 * How a client's request ends when it does not succeed.
 *
 * @module
 */

import { describeHolder, type Holder } from "../../core/holder_pool.ts";
import { ProtocolError } from "../../protocol/protocol_error.ts";

/**
 * - `not-found`: nobody has the file
 * - `network`: the index or the holders cannot be reached, or answer what the protocol does not allow
 * - `integrity`: the bytes are not those that their holder promised
 * - `local`: the file cannot be saved here; see `cause`
 * - `aborted`: called off; `cause` is the signal's reason
 * - `timeout`: it took longer than it may
 * - `unsupported`: the index is too old for the question
 */
export type ClientErrorKind =
  | "not-found"
  | "network"
  | "integrity"
  | "local"
  | "aborted"
  | "timeout"
  | "unsupported";

/** A request of a client failed for good. Its message is one sentence that names the file and what was tried. */
export class ClientError extends Error {
  /** The name of this class. */
  override readonly name = "ClientError";
  /** What went wrong, for deciding. */
  readonly kind: ClientErrorKind;

  /** Creates an error. */
  constructor(kind: ClientErrorKind, message: string, options: ErrorOptions = {}) {
    super(message, options);
    this.kind = kind;
  }
}

/**
 * - `unreachable`: nobody answers there, or the connection broke
 * - `not-found`: it does not have the file
 * - `refused`: it answers some other `ERROR`
 * - `nonsense`: it breaks the protocol
 * - `short`: it ended before all bytes were sent
 * - `stalled`: it stopped sending
 * - `overflow`: it sends more than it announced
 * - `other-version`: it has other bytes under this name, or cannot tell
 * - `wrong-bytes`: what it sent is not what it promised
 */
export type HolderFault =
  | "unreachable"
  | "not-found"
  | "refused"
  | "nonsense"
  | "short"
  | "stalled"
  | "overflow"
  | "other-version"
  | "wrong-bytes";

/** One holder failed; another may do better. */
export class HolderError extends Error {
  /** The name of this class. */
  override readonly name = "HolderError";
  /** What it did. */
  readonly fault: HolderFault;

  /** Creates an error that reads `<holder>: <reason>`. */
  constructor(fault: HolderFault, holder: Holder, reason: string, options: ErrorOptions = {}) {
    super(`${describeHolder(holder)}: ${reason}`, options);
    this.fault = fault;
  }
}

/** What an error of ours says went wrong, without the action that failed: `connection refused`. */
export function reasonOf(error: unknown): string {
  const message = error instanceof Error ? error.message : String(error);
  const isNonsense = error instanceof ProtocolError && NONSENSE.includes(error.code);
  return isNonsense ? `it answers nonsense (${message})` : message.match(/^Cannot .*?: (.+)$/s)?.[1] ?? message;
}

/** Codes of what we cannot read; other ones are the peer's own. */
const NONSENSE: readonly string[] = ["INVALID_REPLY", "LINE_TOO_LONG"];
