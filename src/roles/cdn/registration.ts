/**
 * A content server's registration at the index.
 *
 * @module
 */

import type { Address } from "../../base/address.ts";
import type { AskEnv } from "../../services/ask.ts";
import { converse, requireLine } from "../../services/ask.ts";
import {
  encodeIndexRequest,
  type FileEntry,
  FILES_ADDED,
  parseError,
  REGISTERED,
  type Registration,
} from "../../protocol/cdn.ts";
import { ProtocolError } from "../../protocol/protocol_error.ts";
import type { LineConn } from "../../services/line_conn.ts";

/** What to register, and where. */
export interface RegistrationRequest {
  /** The index. */
  index: Address;
  /** Who registers. With a host it is sent as REGISTER_AT; an index that does not know that gets REGISTER. */
  registration: Registration;
  /** What it has. */
  files: Iterable<FileEntry>;
  /** How long all of it may take, in milliseconds. */
  deadlineMs: number;
  /** Calls it off. */
  signal: AbortSignal;
}

/** How many ADD_FILE lines go out in one write. */
const BATCH = 500;

/**
 * Registers a server and its files.
 *
 * @returns this side's address on the connection to the index.
 * @throws {ProtocolError} with the index's own code if it refuses.
 */
export async function registerAtIndex(env: AskEnv, request: RegistrationRequest): Promise<Address> {
  const files = [...request.files];
  try {
    return await attempt(env, request, files);
  } catch (error) {
    const isOldIndex = error instanceof ProtocolError && error.code === "UNKNOWN_FIRST_COMMAND";
    if (request.registration.host === undefined || !isOldIndex) throw error;
    const { id, tcpPort, udpPort } = request.registration;
    return await attempt(env, { ...request, registration: { id, tcpPort, udpPort } }, files);
  }
}

async function attempt(
  env: AskEnv,
  { index, registration, deadlineMs, signal }: RegistrationRequest,
  files: readonly FileEntry[],
): Promise<Address> {
  return await converse(env, index, { deadlineMs, signal }, async (lines) => {
    await lines.writeLines(encodeIndexRequest({ kind: "register", registration }));
    await expectLine(lines, REGISTERED);
    const { id } = registration;
    for (let at = 0; at < files.length; at += BATCH) {
      const batch = files.slice(at, at + BATCH);
      await lines.writeLines(...batch.map((file) => encodeIndexRequest({ kind: "add-file", id, file })));
    }
    await lines.writeLines(encodeIndexRequest({ kind: "done-files" }));
    await expectLine(lines, FILES_ADDED);
    return lines.conn.local;
  });
}

async function expectLine(lines: LineConn, expected: string): Promise<void> {
  const line = await requireLine(lines);
  if (line === expected) return;
  const code = parseError(line) ?? "INVALID_REPLY";
  throw new ProtocolError(code, `Cannot register at ${lines.peer}: it answers ${JSON.stringify(line.slice(0, 80))}`);
}
