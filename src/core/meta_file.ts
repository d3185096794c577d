/**
 * A file as the meta server knows it: its present version, and which node has which bytes of it.
 *
 * Every change of it is decided here, and stored by the catalogues of `src/storage`. A node that may have old bytes stays
 * on record until those are known to be gone, whatever happens meanwhile: so nothing stale is forgotten.
 *
 * @module
 */

import type { FileVersion } from "./file_version.ts";

/** A file, or what remains of one that was removed while nodes still had it. */
export interface MetaFile extends FileVersion {
  /** Its name. */
  readonly name: string;
  /** When it was published first, in milliseconds since the Unix epoch. */
  readonly createdMs: number;
  /** Whether it was removed: it is kept on record as long as nodes have its bytes. */
  readonly isRemoved: boolean;
  /** Which nodes have it, and the hash of what they have. */
  readonly holders: ReadonlyMap<number, string>;
}

/** What a publication changed. */
export type PublicationKind =
  /** There was no such file. */
  | "new"
  /** The bytes are others. */
  | "changed"
  /** The bytes are the same, the time stamp is another. */
  | "touched"
  /** Nothing. */
  | "same";

/** The nodes that have a file, by id in ascending order. */
export interface HolderSplit {
  /** Those that have its present version. */
  readonly current: readonly number[];
  /** Those that have other bytes, which must not be served any more. */
  readonly stale: readonly number[];
}

/**
 * Publishes a version: from now on it is the present one.
 *
 * @param file What is known of the file so far.
 */
export function publishVersion(
  file: MetaFile | undefined,
  { name, hash, timestamp }: FileVersion & { readonly name: string },
  nowMs: number,
): { readonly file: MetaFile; readonly kind: PublicationKind } {
  if (file === undefined || file.isRemoved) {
    const holders = file?.holders ?? new Map<number, string>();
    return { file: { name, hash, timestamp, createdMs: nowMs, isRemoved: false, holders }, kind: "new" };
  }
  if (file.hash !== hash) return { file: { ...file, hash, timestamp }, kind: "changed" };
  if (file.timestamp !== timestamp) return { file: { ...file, timestamp }, kind: "touched" };
  return { file, kind: "same" };
}

/**
 * Notes that a node has bytes of a file. The file's own hash stays, whatever the node has.
 *
 * @param hash The hash of what the node has.
 * @returns the file, the same object if that was known.
 */
export function noteHolder(file: MetaFile, nodeId: number, hash: string): MetaFile {
  if (file.holders.get(nodeId) === hash) return file;
  return { ...file, holders: new Map(file.holders).set(nodeId, hash) };
}

/**
 * Notes that a node no longer has bytes of a file.
 *
 * @param hash The hash of what is gone: a node that has other bytes by now keeps its place. `undefined` for any.
 * @returns the file, the same object if nothing changed; `undefined` if nothing is left to know.
 */
export function releaseHolder(file: MetaFile, nodeId: number, hash: string | undefined): MetaFile | undefined {
  const held = file.holders.get(nodeId);
  if (held === undefined || (hash !== undefined && held !== hash)) return file;
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

/** Whether what a node has must not be served any more. */
export function isStale(file: MetaFile, hash: string): boolean {
  return file.isRemoved || file.hash !== hash;
}

/** Tells the nodes that have the present version from those that have other bytes. */
export function splitHolders(file: MetaFile): HolderSplit {
  const current: number[] = [];
  const stale: number[] = [];
  for (const [nodeId, hash] of file.holders) (isStale(file, hash) ? stale : current).push(nodeId);
  return { current: current.sort(ascending), stale: stale.sort(ascending) };
}

function ascending(a: number, b: number): number {
  return a - b;
}
