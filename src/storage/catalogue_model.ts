/**
 * What is known, in memory: what every catalogue reads from, and by itself the pure model of one.
 *
 * @module
 */

import { isStale, type MetaFile } from "../core/meta_file.ts";
import type { CatalogueListener, EdgeNode } from "./meta_catalogue.ts";

/** Nodes and files, and who has stale bytes. */
export class CatalogueModel {
  readonly #nodes = new Map<number, EdgeNode>();
  readonly #files = new Map<string, MetaFile>();
  /** Names of files by the id of a node that has other bytes of them. */
  readonly #stale = new Map<number, Set<string>>();
  readonly #listeners = new Set<CatalogueListener>();
  #listedNodes: readonly EdgeNode[] | undefined;
  #listedFiles: readonly MetaFile[] | undefined;

  /** A node by its id. */
  node(id: number): EdgeNode | undefined {
    return this.#nodes.get(id);
  }

  /** Every node, by id. */
  nodes(): readonly EdgeNode[] {
    return this.#listedNodes ??= [...this.#nodes.values()].sort((a, b) => a.id - b.id);
  }

  /** A file by its name. */
  file(name: string): MetaFile | undefined {
    return this.#files.get(name);
  }

  /** The names of all that is known, removed or not. */
  names(): IterableIterator<string> {
    return this.#files.keys();
  }

  /** Every file that is not removed, in the order of the names' code units. */
  files(): readonly MetaFile[] {
    return this.#listedFiles ??= [...this.#files.values()]
      .filter(({ isRemoved }) => !isRemoved)
      .sort((a, b) => a.name < b.name ? -1 : 1);
  }

  /** Names of files of which a node has stale bytes, at most `limit`. */
  staleAt(nodeId: number, limit: number): readonly string[] {
    const names: string[] = [];
    for (const name of this.#stale.get(nodeId) ?? []) {
      if (names.length >= limit) break;
      names.push(name);
    }
    return names;
  }

  /** Puts a node in place of what was known of it. */
  putNode(node: EdgeNode): void {
    this.#nodes.set(node.id, node);
    this.#listedNodes = undefined;
    for (const listener of [...this.#listeners]) listener.onNode?.(node);
  }

  /** Puts a file in place of what was known of it; `undefined` if nothing is left to know. */
  putFile(name: string, file: MetaFile | undefined): void {
    const before = this.#files.get(name);
    if (before === file) return;
    if (file === undefined) this.#files.delete(name);
    else this.#files.set(name, file);
    this.#listedFiles = undefined;
    for (const nodeId of before?.holders.keys() ?? []) if (!file?.holders.has(nodeId)) this.#unmark(nodeId, name);
    for (const [nodeId, bytes] of file?.holders ?? []) {
      if (isStale(file!, bytes)) this.#mark(nodeId, name);
      else this.#unmark(nodeId, name);
    }
    for (const listener of [...this.#listeners]) listener.onFile?.(name, file);
  }

  /** Passes on a node's sign of life. */
  passBeat(nodeId: number): void {
    for (const listener of [...this.#listeners]) listener.onBeat?.(nodeId);
  }

  /** Passes on that signs of life may have been missed. */
  passGap(): void {
    for (const listener of [...this.#listeners]) listener.onGap?.();
  }

  /** Tells a listener of every change from now on. Returns the way to end that. */
  listen(listener: CatalogueListener): () => void {
    this.#listeners.add(listener);
    return () => void this.#listeners.delete(listener);
  }

  #mark(nodeId: number, name: string): void {
    const names = this.#stale.get(nodeId);
    if (names === undefined) this.#stale.set(nodeId, new Set([name]));
    else names.add(name);
  }

  #unmark(nodeId: number, name: string): void {
    const names = this.#stale.get(nodeId);
    if (names?.delete(name) === true && names.size === 0) this.#stale.delete(nodeId);
  }
}
