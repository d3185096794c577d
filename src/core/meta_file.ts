/**
 * A file as the meta servers know it: its present version, and which node has which bytes of it.
 *
 * Every change of it is decided here, and stored by the catalogues of `src/storage`. A node that may have old bytes stays
 * on record until those are known to be gone, whatever happens meanwhile: so nothing stale is forgotten.
 *
 * Two speak of versions. The store orders them by generation, and knows the SHA-256 of each; its word counts. Existing
 * programs name a hash and a time stamp, in the order in which they happen to be heard.
 *
 * Source: PROTOCOL.md, "edge: versions".
 *
 * @module
 */

import { compareHashes, type FileVersion } from "./file_version.ts";

/** A version as it is published. */
export interface PublishedVersion extends FileVersion {
  /** The SHA-256 of its bytes in lower-case hex; empty if nobody computed it. */
  readonly sha256: string;
  /** Its place in the store's order; `undefined` if it was not the store that said so. */
  readonly generation: number | undefined;
}

/** A file, or what remains of one that was removed while nodes still had it. */
export interface MetaFile extends PublishedVersion {
  /** Its name. */
  readonly name: string;
  /** The store's last word about it, whoever spoke since. */
  readonly generation: number | undefined;
  /** When it was published first, in milliseconds since the Unix epoch. */
  readonly createdMs: number;
  /** Whether it was removed: it is kept on record as long as nodes have its bytes. */
  readonly isRemoved: boolean;
  /** Which nodes have it, and for each the {@link copyOf} the version that it has. */
  readonly holders: ReadonlyMap<number, string>;
}

/** What a publication changed. */
export type PublicationKind =
  /** There was no such file. */
  | "new"
  /** The bytes are others. */
  | "changed"
  /** The bytes are the same; its hash, time stamp or generation is another. */
  | "touched"
  /** Nothing. */
  | "same"
  /** Nothing: a later version is known already. */
  | "outdated";

/** What a publication came to. */
export interface PublicationResult {
  /** The file as it is now. */
  readonly file: MetaFile;
  /** What it changed. */
  readonly kind: PublicationKind;
}

/** What a node is told that asks whether it may keep bytes. */
export type HoldVerdict =
  /** They are the present version, and the node is on record as having it. */
  | "current"
  /** A later version is known. */
  | "stale"
  /** There is no such file: nobody published it, or it was removed. */
  | "unknown";

/** What became of a node's question. */
export interface HoldResult {
  /** The file as it is now; `undefined` if nobody knows it. */
  readonly file: MetaFile | undefined;
  /** What the node is told. */
  readonly verdict: HoldVerdict;
}

/** The nodes that have a file, by id in ascending order. */
export interface HolderSplit {
  /** Those that have its present version. */
  readonly current: readonly number[];
  /** Those that have other bytes, which must not be served any more. */
  readonly stale: readonly number[];
}

/** Stands for the bytes of a copy that is to go, whatever it is. */
const PURGED = "purged";

/** What a note of a copy begins with: what tells it from another copy of the same bytes. */
const SERIAL = /^([\w.-]*)\|/;

/** What tells the bytes of one version from those of another: the SHA-256, or else `=` and the hash as it was named. */
export function bytesOf({ sha256, hash }: Pick<PublishedVersion, "sha256" | "hash">): string {
  return sha256 !== "" ? sha256 : `=${hash}`;
}

/**
 * Notes a copy of a version: the generation if there is one, `|`, and the {@link bytesOf} it. Bytes that come back, as in
 * versions A, B, A, make another copy: so that the late word that the first one is gone is none about the second.
 */
export function copyOf(version: Pick<PublishedVersion, "sha256" | "hash" | "generation">): string {
  return version.generation === undefined ? bytesOf(version) : `${version.generation}|${bytesOf(version)}`;
}

/** Whether a note is of a copy that is to go, whatever it is. */
export function isPurged(copy: string): boolean {
  return bytesIn(copy) === PURGED;
}

function bytesIn(copy: string): string {
  return copy.replace(SERIAL, "");
}

/** What can be told of a version that only a hash names: 64 hex digits are the SHA-256 itself. */
export function versionOf({ hash, timestamp }: FileVersion): PublishedVersion {
  const sha256 = /^[0-9a-f]{64}$/i.test(hash) ? hash.toLowerCase() : "";
  return { hash, timestamp, sha256, generation: undefined };
}

/**
 * Publishes a version. From now on it is the present one, unless the store has told of a later one.
 *
 * @param file What is known of the file so far.
 */
export function publishVersion(
  file: MetaFile | undefined,
  { name, hash, timestamp, sha256, generation }: PublishedVersion & { readonly name: string },
  nowMs: number,
): PublicationResult {
  const published = { hash, timestamp, sha256, generation };
  if (file === undefined) {
    return { file: { name, ...published, createdMs: nowMs, isRemoved: false, holders: new Map() }, kind: "new" };
  }
  const order = orderOf(published, file);
  if (order === "before" || (order === "same" && file.isRemoved)) return { file, kind: "outdated" };
  if (file.isRemoved) {
    const { holders } = file;
    return { file: { name, ...published, createdMs: nowMs, isRemoved: false, holders }, kind: "new" };
  }
  return order === "unordered" ? claim(file, published) : { file, kind: "same", ...overtake(file, published, order) };
}

/**
 * Takes what an existing program says: a version, and perhaps that a node has it.
 *
 * An empty hash is what existing nodes send after they filled themselves: of a file that is known it says nothing.
 *
 * @param nodeId The node that has it; `undefined` for none.
 */
export function updateVersion(
  file: MetaFile | undefined,
  version: FileVersion & { readonly name: string },
  { nodeId, nowMs }: { readonly nodeId: number | undefined; readonly nowMs: number },
): PublicationResult {
  const isSilent = version.hash === "" && file !== undefined;
  const result: PublicationResult = isSilent
    ? { file, kind: "same" }
    : publishVersion(file, { ...versionOf(version), name: version.name }, nowMs);
  if (nodeId === undefined) return result;
  return { ...result, file: noteHolder(result.file, nodeId, copyOf(result.file)) };
}

/**
 * Decides whether a node may keep bytes that it got from the store, and if so, notes that it has them. Bytes that are
 * later than what is known are news: the store's own message about them was lost, or is under way.
 */
export function holdVersion(
  file: MetaFile | undefined,
  version: PublishedVersion,
  { nodeId, nowMs }: { readonly nodeId: number; readonly nowMs: number },
): HoldResult {
  if (file === undefined) return { file, verdict: "unknown" };
  const isNamed = !file.isRemoved && file.sha256 === "" && compareHashes(file.hash, version.hash) === "same";
  const isNews = version.generation !== undefined && version.sha256 !== "";
  const now = isNews || isNamed ? publishVersion(file, { ...version, name: file.name }, nowMs).file : file;
  if (now.isRemoved) return { file: now, verdict: "unknown" };
  if (bytesOf(now) !== bytesOf(version)) return { file: now, verdict: "stale" };
  return { file: noteHolder(now, nodeId, copyOf(now)), verdict: "current" };
}

/**
 * Notes that a node has bytes of a file. The file's own version stays, whatever the node has.
 *
 * @param bytes The {@link copyOf} the version that the node has.
 * @returns the file, the same object if that was known.
 */
export function noteHolder(file: MetaFile, nodeId: number, bytes: string): MetaFile {
  if (file.holders.get(nodeId) === bytes) return file;
  return { ...file, holders: new Map(file.holders).set(nodeId, bytes) };
}

/**
 * Notes that a node has the bytes that it has put into the store, as a publication says; those of an outdated one too, as
 * bytes that must go.
 *
 * A node of which another copy is on record keeps that: it may have lost sight of what it put, and serve that copy still,
 * and then has to be told. What it keeps it asks for in any case.
 *
 * @param copy The {@link copyOf} the version that was put.
 */
export function notePublisher(file: MetaFile, nodeId: number, copy: string): MetaFile {
  return file.holders.has(nodeId) ? file : noteHolder(file, nodeId, copy);
}

/**
 * Notes that a node no longer has bytes of a file.
 *
 * @param bytes What was noted of the copy that is gone: a node that has another one by now keeps its place. `undefined` for any.
 * @returns the file, the same object if nothing changed; `undefined` if nothing is left to know.
 */
export function releaseHolder(file: MetaFile, nodeId: number, bytes: string | undefined): MetaFile | undefined {
  const held = file.holders.get(nodeId);
  if (held === undefined || (bytes !== undefined && held !== bytes)) return file;
  const holders = new Map(file.holders);
  holders.delete(nodeId);
  return file.isRemoved && holders.size === 0 ? undefined : { ...file, holders };
}

/**
 * Removes a file.
 *
 * @returns what remains of it; `undefined` if no node has it.
 */
export function removeFile(file: MetaFile): MetaFile | undefined {
  if (file.holders.size === 0) return undefined;
  return file.isRemoved ? file : { ...file, isRemoved: true };
}

/**
 * Has every node drop its copy. The file stays as it is, and can be had again.
 *
 * @param mark Letters and digits that no other purge has: a node may have a new copy, which is purged in turn, by the time
 *   it says that the one before is gone. Default: none, where that cannot be.
 */
export function purgeFile(file: MetaFile, mark?: string): MetaFile {
  const { current } = splitHolders(file);
  if (current.length === 0) return file;
  const holders = new Map(file.holders);
  // Those that are stale are on their way out already, under the note that those who wait for it know.
  const note = mark === undefined ? PURGED : `${mark}|${PURGED}`;
  for (const nodeId of current) holders.set(nodeId, note);
  return { ...file, holders };
}

/** Whether what a node has must not be served any more. */
export function isStale(file: MetaFile, copy: string): boolean {
  return file.isRemoved || bytesOf(file) !== bytesIn(copy);
}

/** Tells the nodes that have the present version from those that have other bytes. */
export function splitHolders(file: MetaFile): HolderSplit {
  const current: number[] = [];
  const stale: number[] = [];
  for (const [nodeId, bytes] of file.holders) (isStale(file, bytes) ? stale : current).push(nodeId);
  return { current: current.sort(ascending), stale: stale.sort(ascending) };
}

/** Whether a version comes before or after the store's last word, or says nothing about that. */
function orderOf(version: PublishedVersion, known: PublishedVersion): "before" | "same" | "after" | "unordered" {
  if (version.generation === undefined) return "unordered";
  if (known.generation === undefined || version.generation > known.generation) return "after";
  return version.generation < known.generation ? "before" : "same";
}

/** What the store's word changes. */
function overtake(file: MetaFile, version: PublishedVersion, order: "same" | "after"): Partial<PublicationResult> {
  const holders = renamedHolders(file, version);
  const isSameBytes = bytesOf(file) === bytesOf(version) || holders !== file.holders;
  // Others may call the same bytes by another name since; the store repeats what it was told.
  if (isSameBytes && order === "same" && holders === file.holders) return {};
  return { file: { ...file, ...version, holders }, kind: isSameBytes ? "touched" : "changed" };
}

/** What somebody else's word changes: the store's place in the order stays, so that its next word counts. */
function claim(file: MetaFile, version: PublishedVersion): PublicationResult {
  const { hash, timestamp, sha256 } = version;
  const comparison = compareHashes(file.hash, hash);
  const isKnownBytes = sha256 !== "" && sha256 === file.sha256;
  // The store knows the bytes already; a hash of another kind, or none, is one more name for them.
  const isOtherName = comparison === "incomparable" && file.generation !== undefined && (sha256 === "" || isKnownBytes);
  if (comparison === "same" || isKnownBytes || isOtherName) {
    const named = {
      hash: comparison === "same" ? file.hash : hash,
      timestamp,
      sha256: file.sha256 === "" ? sha256 : file.sha256,
    };
    const isSame = named.hash === file.hash && timestamp === file.timestamp && named.sha256 === file.sha256;
    if (isSame) return { file, kind: "same" };
    return { file: { ...file, ...named, holders: renamedHolders(file, version) }, kind: "touched" };
  }
  return { file: { ...file, hash, timestamp, sha256 }, kind: "changed" };
}

/** The holders, after the SHA-256 of bytes has become known of which there was only a hash; the same map if it has not. */
function renamedHolders(file: MetaFile, version: PublishedVersion): ReadonlyMap<number, string> {
  const isNamed = file.sha256 === "" && version.sha256 !== "" && compareHashes(file.hash, version.hash) === "same";
  if (!isNamed) return file.holders;
  const [before, after] = [bytesOf(file), copyOf(version)];
  return new Map(Array.from(file.holders, ([nodeId, copy]) => [nodeId, bytesIn(copy) === before ? after : copy]));
}

function ascending(a: number, b: number): number {
  return a - b;
}
