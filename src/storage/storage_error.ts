/**
 * What can go wrong with what is stored: one error class with a code that callers can decide on.
 *
 * @module
 */

/**
 * - `unavailable`: the engine cannot be reached at present; the same call may go through later
 * - `timeout`: the engine did not answer in time; whether it did what was asked is not known
 * - `full`: no room is left, or the object is larger than may be stored
 * - `denied`: the engine refuses us: a wrong password, a missing right
 * - `corrupt`: what is stored is not what was stored
 * - `unsupported`: this runtime or this engine cannot do it
 * - `other`: anything else; see `cause`
 */
export type StorageErrorCode = "unavailable" | "timeout" | "full" | "denied" | "corrupt" | "unsupported" | "other";

const REASONS: Record<StorageErrorCode, string> = {
  unavailable: "it cannot be reached",
  timeout: "it did not answer in time",
  full: "no room is left",
  denied: "access denied",
  corrupt: "it is damaged",
  unsupported: "not supported here",
  other: "failed",
};

/** A storage engine failed. */
export class StorageError extends Error {
  /** The name of this class. */
  override readonly name = "StorageError";
  /** What went wrong, for deciding. */
  readonly code: StorageErrorCode;

  /**
   * Creates an error that reads `Cannot <what>: <reason>`; the reason is that of the cause, if there is one.
   *
   * @param what The action that failed, such as `read the catalogue at db.lab:5432`. No password stands in it.
   */
  constructor(code: StorageErrorCode, what: string, options: ErrorOptions = {}) {
    const { cause } = options;
    const detail = cause instanceof Error && cause.message !== "" ? cause.message : undefined;
    const reason = detail === undefined || code === "denied"
      ? REASONS[code]
      : code === "other"
      ? detail
      : `${REASONS[code]} (${detail})`;
    super(`Cannot ${what}: ${reason}`, options);
    this.code = code;
  }
}
