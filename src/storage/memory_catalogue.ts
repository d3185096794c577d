/**
 * A catalogue in memory, which ends with its process.
 *
 * @module
 */

import { CatalogueModel } from "./catalogue_model.ts";
import { type FileChange, runChanges } from "./file_change.ts";
import type { EdgeNode, NodeEntry } from "./meta_catalogue.ts";
import { ModelledCatalogue } from "./modelled_catalogue.ts";

/** The model and nothing else. */
export class MemoryCatalogue extends ModelledCatalogue {
  /** See {@link ModelledCatalogue.isShared}. */
  override readonly isShared: boolean = false;
  /** See {@link ModelledCatalogue.failure}. */
  override readonly failure: undefined = undefined;
  #lastId = 0;

  /** Creates it empty. */
  constructor() {
    super(new CatalogueModel());
  }

  /** See {@link ModelledCatalogue.change}. */
  // deno-lint-ignore require-await -- a throw must become a rejection
  protected override async change<T>(changes: readonly FileChange<T>[]): Promise<T[]> {
    const { results, differences } = runChanges(changes, (name) => this.model.file(name));
    for (const { name, after } of differences) this.model.putFile(name, after);
    return results as T[];
  }

  /** See {@link ModelledCatalogue.register}. */
  // deno-lint-ignore require-await -- a throw must become a rejection
  override async register({ address, lat, lng }: NodeEntry, nowMs: number): Promise<EdgeNode> {
    const known = this.model.nodes().find((node) => node.address === address);
    const node: EdgeNode = known === undefined
      ? { id: ++this.#lastId, address, lat, lng, createdMs: nowMs }
      : { ...known, lat, lng };
    this.model.putNode(node);
    return node;
  }

  /** See {@link ModelledCatalogue.beat}. */
  // deno-lint-ignore require-await -- the interface's promise
  override async beat(nodeId: number): Promise<void> {
    this.model.passBeat(nodeId);
  }

  /** See {@link ModelledCatalogue.close}. */
  override async close(): Promise<void> {}
}
