/**
 * What goes wrong with PostgreSQL, in the words of `StorageError`.
 *
 * @module
 */

import { StorageError, type StorageErrorCode } from "./storage_error.ts";

/** The first two characters of an SQLSTATE, or all five, which count more. */
const CODES: ReadonlyMap<string, StorageErrorCode> = new Map<string, StorageErrorCode>([
  ["08", "unavailable"], // connection exceptions
  ["25006", "unavailable"], // a standby, which is read only
  ["25P03", "unavailable"], // idle in transaction for too long
  ["28", "denied"], // invalid authorization
  ["40", "unavailable"], // serialization failure, deadlock
  ["42501", "denied"], // insufficient privilege
  ["53", "unavailable"], // too many connections, out of memory
  ["53100", "full"], // disk full
  ["55P03", "unavailable"], // a lock could not be had in time
  ["57", "unavailable"], // shutdown, cancelled, starting up
  ["58", "unavailable"], // an error of the system under it
  ["XX001", "corrupt"],
  ["XX002", "corrupt"],
]);

/**
 * Gives an error of a query or a connection its kind. One without an SQLSTATE did not come from the server: the
 * connection broke.
 */
export function asPostgresError(error: unknown, what: string): StorageError {
  if (error instanceof StorageError) return error;
  const { code, name, severity } = error as { code?: unknown; name?: unknown; severity?: unknown };
  // The client library is not to be had.
  if (name === "NetError") return new StorageError("unsupported", what, { cause: error });
  if (name === "NotCapable") return new StorageError("denied", what, { cause: error });
  if (severity === undefined || typeof code !== "string") {
    return new StorageError("unavailable", what, { cause: error });
  }
  return new StorageError(CODES.get(code) ?? CODES.get(code.slice(0, 2)) ?? "other", what, { cause: error });
}
