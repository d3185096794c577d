/**
 * A content server's registration at the index.
 *
 * @module
 */

import { type Address, isWildcard } from "../../base/address.ts";
import type { AskEnv } from "../../services/ask.ts";
import { converse, requireLine } from "../../services/ask.ts";
import { encodeIndexRequest, type FileEntry, FILES_ADDED, REGISTERED, type Registration } from "../../protocol/cdn.ts";
import { ProtocolError } from "../../protocol/protocol_error.ts";
import { parseError } from "../../protocol/replies.ts";
import type { LineConn } from "../../services/line_conn.ts";

/** What to register, and where. */
export interface RegistrationRequest {
  /** The index. */
  index: Address;
  /** Who registers. With a host it is sent as REGISTER_AT; an index that does not know that gets REGISTER. */
  registration: Registration;
  /**
   * Where it serves. If the index is dialled from another address, clients would be sent where nobody listens: then it is
   * sent as REGISTER_AT, too. A wildcard serves everywhere.
   */
  boundHost: string;
  /** What it has. */
  files: Iterable<FileEntry>;
  /** How long the index may make no progress, in milliseconds. */
  patienceMs: number;
  /** Called when the index has taken the registration in and waits for files. */
  onTaken?: () => void;
  /** Calls it off. */
  signal: AbortSignal;
}

/** How long a dial may take: an index that lost its power says nothing for ever. */
const DIAL_MS = 5_000;
/** How long all of it may take: a large list on a slow link takes long, as long as it goes on. */
const DEADLINE_MS = 3_600_000;
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
    return await attempt(env, request, { files, knowsHosts: true });
  } catch (error) {
    const isOldIndex = error instanceof ProtocolError && error.code === "UNKNOWN_FIRST_COMMAND";
    if (!isOldIndex) throw error;
    return await attempt(env, request, { files, knowsHosts: false });
  }
}

async function attempt(
  env: AskEnv,
  { index, registration, boundHost, patienceMs, onTaken, signal }: RegistrationRequest,
  { files, knowsHosts }: { files: readonly FileEntry[]; knowsHosts: boolean },
): Promise<Address> {
  const limits = { deadlineMs: DEADLINE_MS, dialMs: Math.min(patienceMs, DIAL_MS), idleMs: patienceMs, signal };
  return await converse(env, index, limits, async (lines) => {
    const { id, tcpPort, udpPort } = registration;
    const { local } = lines.conn;
    const host = registration.host ?? hostToName(boundHost, local.host);
    const named = { id, tcpPort, udpPort, ...(host === undefined || !knowsHosts ? {} : { host }) };
    await lines.writeLines(encodeIndexRequest({ kind: "register", registration: named }));
    await expectLine(lines, REGISTERED);
    onTaken?.();
    for (let at = 0; at < files.length; at += BATCH) {
      const batch = files.slice(at, at + BATCH);
      await lines.writeLines(...batch.map((file) => encodeIndexRequest({ kind: "add-file", id, file })));
    }
    await lines.writeLines(encodeIndexRequest({ kind: "done-files" }));
    await expectLine(lines, FILES_ADDED);
    return local;
  });
}

/** The host that the index has to be told because it cannot be seen from where it is dialled. */
function hostToName(boundHost: string, dialledFrom: string): string | undefined {
  return isWildcard(boundHost) || boundHost === dialledFrom ? undefined : boundHost;
}

async function expectLine(lines: LineConn, expected: string): Promise<void> {
  const line = await requireLine(lines);
  if (line === expected) return;
  const code = parseError(line) ?? "INVALID_REPLY";
  throw new ProtocolError(code, `Cannot register at ${lines.peer}: it answers ${JSON.stringify(line.slice(0, 80))}`);
}
