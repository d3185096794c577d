/**
 * How a client's request ends when it does not succeed.
 *
 * @module
 */

/**
 * - `not-found`: nobody has the file
 * - `invalid-name`: no file of the edge family can have that name
 * - `refused`: a server takes it for wrong or forbidden, and would again: no token, too large
 * - `network`: no server that could do it can be reached, or they answer nonsense
 * - `integrity`: the bytes are not those that the server promised
 * - `local`: it cannot be read or saved here; see `cause`
 * - `changed`: the file changed while it was sent
 */
export type EdgeClientErrorKind =
  | "not-found"
  | "invalid-name"
  | "refused"
  | "network"
  | "integrity"
  | "local"
  | "changed";

/** A request of a client failed for good. Its message is one sentence that names the file and what was tried. */
export class EdgeClientError extends Error {
  /** The name of this class. */
  override readonly name = "EdgeClientError";
  /** What went wrong, for deciding. */
  readonly kind: EdgeClientErrorKind;

  /** Creates an error. */
  constructor(kind: EdgeClientErrorKind, message: string, options: ErrorOptions = {}) {
    super(message, options);
    this.kind = kind;
  }
}

/** What an error says went wrong. */
export function reasonOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
