/**
 * What a failure of the edge client means for the program.
 *
 * @module
 */

import { type Address, formatAddress } from "../base/address.ts";
import { EdgeClientError, type EdgeClientErrorKind } from "../roles/edge/client_error.ts";
import { EXIT } from "./exit_codes.ts";
import { CommandError } from "./failure.ts";

const EXIT_CODES: Record<EdgeClientErrorKind, number> = {
  "not-found": EXIT.notFound,
  "invalid-name": EXIT.usage,
  "refused": EXIT.network,
  "network": EXIT.network,
  "integrity": EXIT.integrity,
  "local": EXIT.file,
  "changed": EXIT.file,
};

/** Runs a question; what it fails with is explained. */
export async function explained<T>(origins: readonly Address[], run: () => Promise<T>): Promise<T> {
  try {
    return await run();
  } catch (error) {
    throw explainEdgeError(error, origins);
  }
}

/** Gives a client's error its exit code, and a hint where one helps. Any other error is returned as it is. */
export function explainEdgeError(error: unknown, origins: readonly Address[]): unknown {
  if (!(error instanceof EdgeClientError)) return error;
  const hint = hintFor(error, origins);
  const message = hint === undefined ? error.message : `${error.message}. ${hint}`;
  return new CommandError(EXIT_CODES[error.kind], message, { cause: error });
}

/** What helps most often. */
export function hintFor(
  { kind, message }: Pick<EdgeClientError, "kind" | "message">,
  origins: readonly Address[],
): string | undefined {
  const isOrigin = origins.some((origin) => message.includes(formatAddress(origin)));
  if (kind === "network" && isOrigin && message.endsWith("connection refused")) {
    return "Is the origin running? Start it with: deno task cluster edge, or microcdn edge origin";
  }
  const needsToken = kind === "refused" && /\b401\b/.test(message);
  return needsToken ? "MICROCDN_TOKEN has to be the token of the servers" : undefined;
}
