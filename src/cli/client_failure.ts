/**
 * What a client's failure means for the program.
 *
 * @module
 */

import { type Addresses, formatAddress, listAddresses } from "../base/address.ts";
import { ClientError, type ClientErrorKind } from "../roles/cdn/client_error.ts";
import { EXIT } from "./exit_codes.ts";
import { CommandError } from "./failure.ts";
import { StopError } from "./signals.ts";

const EXIT_CODES: Record<Exclude<ClientErrorKind, "aborted">, number> = {
  "not-found": EXIT.notFound,
  "network": EXIT.network,
  "integrity": EXIT.integrity,
  "local": EXIT.file,
  "timeout": EXIT.network,
  "unsupported": EXIT.network,
};

/** Gives a client's error its exit code, and a hint where one helps. Any other error is returned as it is. */
export function explainClientError(error: unknown, index: Addresses): unknown {
  if (!(error instanceof ClientError)) return error;
  if (error.kind === "aborted") return error.cause instanceof StopError ? error.cause : error;
  const isRefused = isIndexDown(error, index) && error.message.endsWith("connection refused");
  const hint = isRefused ? ". Is the index running? Start it with: deno task cluster, or microcdn index" : "";
  return new CommandError(EXIT_CODES[error.kind], `${error.message}${hint}`, { cause: error });
}

/** Whether it was the index that failed, or all of them, and not a holder. */
export function isIndexDown(error: unknown, index: Addresses): boolean {
  return error instanceof ClientError && error.kind === "network" &&
    listAddresses(index).some((one) => error.message.includes(`the index at ${formatAddress(one)}: `));
}
