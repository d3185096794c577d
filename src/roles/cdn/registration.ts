/**
 * What a content server says to its index: its registration, and that it goes on.
 *
 * Source: PROTOCOL.md, "cdn: index" and "cdn: renewal".
 *
 * @module
 */

import type { AbortOptions } from "../../base/abort.ts";
import { type Address, isWildcard } from "../../base/address.ts";
import { DeadlineError } from "../../base/deadline.ts";
import { ListDigest } from "../../core/list_digest.ts";
import { NetError } from "../../net/net_error.ts";
import {
  encodeIndexRequest,
  type FileEntry,
  FILES_ADDED,
  REGISTERED,
  type Registration,
  RENEWED,
} from "../../protocol/cdn.ts";
import { ProtocolError } from "../../protocol/protocol_error.ts";
import { parseError } from "../../protocol/replies.ts";
import type { AskEnv } from "../../services/ask.ts";
import { converse, requireLine } from "../../services/ask.ts";
import type { LineConn } from "../../services/line_conn.ts";
import { askNewer, SILENCE_MS } from "../../services/newer_verb.ts";

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

/** A registration that the index took in. */
export interface TakenRegistration {
  /** Who registered, as it was sent. */
  readonly registration: Registration;
  /** The digest of the list. */
  readonly sha256: string;
  /** This side's address on the connection to the index. */
  readonly dialledFrom: Address;
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
 * @throws {ProtocolError} with the index's own code if it refuses.
 */
export async function registerAtIndex(env: AskEnv, request: RegistrationRequest): Promise<TakenRegistration> {
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
): Promise<TakenRegistration> {
  const limits = { deadlineMs: DEADLINE_MS, dialMs: Math.min(patienceMs, DIAL_MS), idleMs: patienceMs, signal };
  return await converse(env, index, limits, async (lines) => {
    const { id, tcpPort, udpPort } = registration;
    const { local } = lines.conn;
    const host = registration.host ?? hostToName(boundHost, local.host);
    const named = { id, tcpPort, udpPort, ...(host === undefined || !knowsHosts ? {} : { host }) };
    await lines.writeLines(encodeIndexRequest({ kind: "register", registration: named }));
    await expectLine(lines, REGISTERED);
    onTaken?.();
    const digest = new ListDigest();
    for (let at = 0; at < files.length; at += BATCH) {
      const batch = files.slice(at, at + BATCH);
      for (const file of batch) digest.add(file);
      await lines.writeLines(...batch.map((file) => encodeIndexRequest({ kind: "add-file", id, file })));
    }
    await lines.writeLines(encodeIndexRequest({ kind: "done-files" }));
    await expectLine(lines, FILES_ADDED);
    return { registration: named, sha256: digest.hex(), dialledFrom: local };
  });
}

/** Options of {@link renewAtIndex}. */
export interface RenewalOptions extends AbortOptions {
  /** The index. */
  index: Address;
  /** What it took in. */
  taken: Pick<TakenRegistration, "registration" | "sha256">;
}

/**
 * Says that a registration goes on as it is. Returns whether the index takes that. One that holds something else says so;
 * one that does not know the verb refuses it, hangs up, or says nothing that makes sense. Then only the list helps.
 *
 * @throws {NetError} or {@link DeadlineError} if the index cannot be reached.
 */
export async function renewAtIndex(env: AskEnv, { index, taken, signal }: RenewalOptions): Promise<boolean> {
  const { registration, sha256 } = taken;
  const line = encodeIndexRequest({ kind: "renew", registration, sha256 });
  let isOpen = false;
  try {
    const said = await askNewer(env, index, line, {
      deadlineMs: DIAL_MS + 2 * SILENCE_MS,
      dialMs: DIAL_MS,
      read: (answer) => Promise.resolve(answer === RENEWED),
      onOpen: () => void (isOpen = true),
      signal,
    });
    return said.kind === "answered" && said.answer;
  } catch (error) {
    if (!isOpen || signal?.aborted || !isPeers(error)) throw error;
    return false;
  }
}

function isPeers(error: unknown): boolean {
  return error instanceof NetError || error instanceof DeadlineError || error instanceof ProtocolError;
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
