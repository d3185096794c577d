/**
 * What the meta servers know: edge nodes, files, and who has which version of what. Reads are answered from memory;
 * changes are durable when they resolve, and can be read. Implementations: `memory_catalogue.ts`, `sqlite_catalogue.ts`
 * and `postgres_catalogue.ts`, which several meta servers share; all pass `tests/meta_catalogue_contract.ts`.
 *
 * @module
 */

import type { EdgeSite } from "../core/edge_selection.ts";
import type { FileVersion } from "../core/file_version.ts";
import type { Place } from "../core/geography.ts";
import type { HoldResult, MetaFile, PublicationResult, PublishedVersion } from "../core/meta_file.ts";

/** An edge node. */
export interface EdgeNode extends EdgeSite {
  /** Where clients reach it: `localhost:4000`. */
  readonly address: string;
  /** When it registered first, in milliseconds since the Unix epoch. */
  readonly createdMs: number;
}

/** An edge node that registers. */
export interface NodeEntry extends Place {
  /** Where clients reach it. The same address is the same node. */
  readonly address: string;
}

/** A version that is being published. */
export interface Publication extends PublishedVersion {
  /** The file. */
  readonly name: string;
  /** The node that has it already; `undefined` if only the store does. */
  readonly holder?: number | undefined;
}

/** What an existing program says of a file. */
export interface FileUpdate extends FileVersion {
  /** The file. */
  readonly name: string;
  /** The node that has it; `undefined` if only the store does. */
  readonly holder: number | undefined;
}

/** Bytes that a node got from the store, and would keep. */
export interface HoldClaim extends PublishedVersion {
  /** The file. */
  readonly name: string;
  /** The node. */
  readonly nodeId: number;
}

/** Bytes that a node no longer has. */
export interface Release {
  /** The file. */
  readonly name: string;
  /** The node. */
  readonly nodeId: number;
  /** Which bytes, as {@link MetaFile.holders} has them: other ones stay on record. `undefined` for any. */
  readonly bytes: string | undefined;
}

/** Options of {@link MetaCatalogue.remove}. */
export interface RemoveOptions {
  /** The generation that was removed: a later version stays. Default: whatever there is. */
  readonly generation?: number | undefined;
}

/** Told of what changed, whoever changed it; by the time of the call it can be read. It may not throw. */
export interface CatalogueListener {
  /** A node registered, for the first time or again. */
  onNode?(node: EdgeNode): void;
  /** A node gave a sign of life to some meta server. */
  onBeat?(nodeId: number): void;
  /** A file, or who has it, is another than before; `undefined` if nothing is left to know. */
  onFile?(name: string, file: MetaFile | undefined): void;
  /** Signs of life that other meta servers got until now may have been missed. Nothing else was. */
  onGap?(): void;
}

/**
 * The catalogue.
 *
 * Changes throw {@link StorageError}: `"unavailable"` if nothing was changed, `"timeout"` if that is not known. Every
 * change may be repeated. A node that is named in one must be known: else it throws {@link RangeError}.
 */
export interface MetaCatalogue {
  /** A node by its id. */
  node(id: number): EdgeNode | undefined;
  /** Every node, by id. */
  nodes(): readonly EdgeNode[];
  /** A file by its name, also one that was removed while nodes still have it. */
  file(name: string): MetaFile | undefined;
  /** Every file that is not removed, in the order of the names' code units. */
  files(): readonly MetaFile[];
  /** Names of files of which a node has bytes that must not be served any more, at most `limit`, in any order. */
  staleAt(nodeId: number, limit: number): readonly string[];
  /** Registers a node: the one of that address, at its new place, or a new one. */
  register(node: NodeEntry, nowMs: number): Promise<EdgeNode>;
  /**
   * Takes note that a node lives, and tells every meta server. Not durable. When it resolves, every change is known here
   * that was made anywhere before other meta servers hear of the beat.
   */
  beat(nodeId: number): Promise<void>;
  /** Publishes versions, as `publishVersion()` decides. All of them count, or none. */
  publish(publications: readonly Publication[], nowMs: number): Promise<readonly PublicationResult[]>;
  /** Takes what an existing program says, as `updateVersion()` decides. */
  update(update: FileUpdate, nowMs: number): Promise<PublicationResult>;
  /** Lets a node keep bytes or not, as `holdVersion()` decides. */
  hold(claim: HoldClaim, nowMs: number): Promise<HoldResult>;
  /** Notes that nodes no longer have bytes, as `releaseHolder()` decides. */
  release(releases: readonly Release[]): Promise<void>;
  /** Removes a file; see `removeFile()`. Returns what is left of it; `undefined` for nothing. */
  remove(name: string, options?: RemoveOptions): Promise<MetaFile | undefined>;
  /**
   * Has every node drop its copies of files, as `purgeFile()` decides. Names that nobody knows are passed over.
   *
   * @param mark Letters and digits that no other purge has.
   */
  purge(names: readonly string[], mark: string): Promise<void>;
  /** Tells a listener of every change from now on. Returns the way to end that. */
  listen(listener: CatalogueListener): () => void;
  /** Whether other meta servers share it, and hear nodes that this one does not. */
  readonly isShared: boolean;
  /** Why it does not work at present; `undefined` while it does. Reads go on meanwhile. */
  readonly failure: string | undefined;
  /** Lets go of what it holds. Idempotent. */
  close(): Promise<void>;
}
