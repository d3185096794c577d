/**
 * What a client asks besides files: what there is, where, and who serves.
 *
 * @module
 */

import type { AbortOptions } from "../../base/abort.ts";
import { type Address, type Addresses, formatAddresses } from "../../base/address.ts";
import { withDefaults } from "../../base/settings.ts";
import { describeHolder, type Holder } from "../../core/holder_pool.ts";
import {
  type FileEntry,
  type IndexRequest,
  type Location,
  parseFileEntry,
  parseServerStatus,
  type ServerStatus,
} from "../../protocol/cdn.ts";
import type { AskEnv } from "../../services/ask.ts";
import { SILENCE_MS } from "../../services/newer_verb.ts";
import { ClientError, HolderError } from "./client_error.ts";
import { DigestQuestion } from "./digest_question.ts";
import { holderOf } from "./holder_search.ts";
import { Indexes, IndexFailure } from "./indexes.ts";
import { askNewerList, locateAll, locateOne } from "./lookup.ts";
import { wireNames } from "./wire_names.ts";

/** Options of a question to the index. */
export interface QueryOptions extends AbortOptions {
  /** Who is asked; of several the first that can be reached and knows. Default: 127.0.0.1:5050. */
  readonly index?: Addresses | undefined;
  /** Milliseconds for the whole answer. Default: 30,000. */
  readonly deadlineMs?: number | undefined;
}

const DEFAULTS = { index: { host: "127.0.0.1", port: 5050 }, deadlineMs: 30_000 } as const;

/**
 * Lists every file that a live server has.
 *
 * @returns Names in canonical form, in the index's order.
 * @throws {ClientError} `"unsupported"` if the index is too old for that; `"network"`, `"aborted"`.
 */
export async function listFiles(env: AskEnv, options: QueryOptions = {}): Promise<FileEntry[]> {
  return await list(env, options, { kind: "list-files" }, parseFileEntry);
}

/**
 * Lists every content server that the index knows. A monitor understands the same question.
 *
 * @throws {ClientError} `"unsupported"` if the index is too old for that; `"network"`, `"aborted"`.
 */
export async function listServers(env: AskEnv, options: QueryOptions = {}): Promise<ServerStatus[]> {
  return await list(env, options, { kind: "list-servers" }, parseServerStatus);
}

async function list<T>(
  env: AskEnv,
  options: QueryOptions,
  request: IndexRequest & { readonly kind: "list-files" | "list-servers" },
  parse: (line: string) => T,
): Promise<T[]> {
  const { index, ...rest } = withDefaults(DEFAULTS, options);
  const what = request.kind === "list-files" ? "list files" : "list servers";
  const askOne = async (one: Address): Promise<{ outcome: "listed" | "refused" | "silent"; entries: T[] }> => {
    const entries: T[] = [];
    const take = (line: string): void => void entries.push(parse(line));
    return { outcome: await askNewerList(env, one, request, { ...rest, take }), entries };
  };
  const indexes = new Indexes(index);
  const isTelling = ({ entries }: { readonly entries: readonly T[] }): boolean => entries.length > 0;
  const { outcome, entries } = await asked(what, options, () => indexes.ask(askOne, { ...rest, isTelling }));
  if (outcome === "listed") return entries;
  const verb = request.kind === "list-files" ? "LIST_FILES" : "LIST_SERVERS";
  const text = `Cannot ${what}: the index at ${formatAddresses(index)}`;
  if (outcome === "refused") throw new ClientError("unsupported", `${text} does not know ${verb}`);
  throw new ClientError("network", `${text} did not answer ${verb} within ${SILENCE_MS / 1_000} s`);
}

/** A file as one holder has it. */
export interface HolderStat {
  /** Who. */
  readonly holder: Holder;
  /** How long it is there; as the index says if the holder does not. */
  readonly sizeBytes: number;
  /** Its SHA-256 there; undefined if the holder does not say. */
  readonly sha256?: string | undefined;
  /** Why the holder does not say; undefined if it is too old for the question. */
  readonly reason?: string | undefined;
}

/** What is known of a file. */
export interface FileStat {
  /** Its name as it was asked for. */
  readonly name: string;
  /** How long it is at the first holder that says so itself, or as the index says. */
  readonly sizeBytes: number;
  /** Its SHA-256 at the same holder; undefined if none says. */
  readonly sha256?: string | undefined;
  /** Whether all holders that say have the same version. */
  readonly isConsistent: boolean;
  /** Who has it, best first. */
  readonly holders: readonly HolderStat[];
}

/** How many holders are asked for a digest at once. */
const MAX_ASKED = 16;
const DIAL_MS = 5_000;
/** How long a holder may take for the first byte of its answer. */
const FIRST_BYTE_MS = 5_000;

/**
 * Says how long a file is, its digest, and who has it. Each holder is asked for its own digest.
 *
 * @param options `name` is the name itself, not percent-encoded.
 * @throws {ClientError} `"not-found"` if nobody has it; `"network"`, `"aborted"`.
 */
export async function statFile(env: AskEnv, options: QueryOptions & { readonly name: string }): Promise<FileStat> {
  const { name, index, ...rest } = withDefaults(DEFAULTS, options);
  const names = wireNames(name);
  const indexes = new Indexes(index);
  const locate = async (one: Address): Promise<Location[]> => {
    const all = await locateAll(env, one, { name: names[0], ...rest });
    if (all !== undefined) return all;
    const recommended = await locateOne(env, one, { names, ...rest });
    return recommended === undefined ? [] : [recommended];
  };
  const isTelling = (found: readonly Location[]): boolean => found.length > 0;
  const locations = await asked(`look up ${name}`, options, () => indexes.ask(locate, { ...rest, isTelling }));
  if (locations.length === 0) throw new ClientError("not-found", `Cannot look up ${name}: no server has it`);
  const holders: HolderStat[] = [];
  for (let first = 0; first < locations.length; first += MAX_ASKED) {
    const some = locations.slice(first, first + MAX_ASKED);
    const stats = some.map((location) => statAt(env, location, { names, ...rest }));
    holders.push(...await asked(`look up ${name}`, options, () => Promise.all(stats)));
  }
  const telling = holders.filter(({ sha256 }) => sha256 !== undefined);
  const { sizeBytes, sha256 } = telling[0] ?? holders[0]!;
  return { name, sizeBytes, sha256, isConsistent: telling.every((other) => other.sha256 === sha256), holders };
}

async function statAt(
  env: AskEnv,
  location: Location,
  { names, deadlineMs, signal }: AbortOptions & { readonly names: readonly string[]; readonly deadlineMs: number },
): Promise<HolderStat> {
  const holder = holderOf(location);
  const { sizeBytes } = location;
  const question = new DigestQuestion(env, holder, { names, dialMs: Math.min(DIAL_MS, deadlineMs), signal });
  try {
    const told = await question.wait({ firstByteMs: FIRST_BYTE_MS, wholeMs: deadlineMs, signal });
    if (told.kind === "digest") return { holder, ...told.digest };
    return told.kind === "old" ? { holder, sizeBytes } : { holder, sizeBytes, reason: told.reason };
  } catch (error) {
    if (!(error instanceof HolderError)) throw error;
    return { holder, sizeBytes, reason: error.message.slice(`${describeHolder(holder)}: `.length) };
  } finally {
    question.close();
  }
}

async function asked<T>(what: string, { signal }: AbortOptions, run: () => Promise<T>): Promise<T> {
  try {
    return await run();
  } catch (error) {
    if (signal?.aborted && error === signal.reason) {
      throw new ClientError("aborted", `Cannot ${what}: called off`, { cause: error });
    }
    if (!(error instanceof IndexFailure)) throw error;
    throw new ClientError("network", `Cannot ${what}: ${error.message}`, { cause: error.cause });
  }
}
