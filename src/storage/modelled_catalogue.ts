/**
 * What all catalogues have in common: reads from a model in memory, and changes as steps of files.
 *
 * @module
 */

import {
  copyOf,
  type HoldResult,
  holdVersion,
  type MetaFile,
  notePublisher,
  type PublicationResult,
  publishVersion,
  purgeFile,
  releaseHolder,
  removeFile,
  updateVersion,
} from "../core/meta_file.ts";
import type { CatalogueModel } from "./catalogue_model.ts";
import type { FileChange } from "./file_change.ts";
import type {
  CatalogueListener,
  EdgeNode,
  FileUpdate,
  HoldClaim,
  MetaCatalogue,
  NodeEntry,
  Publication,
  Release,
  RemoveOptions,
} from "./meta_catalogue.ts";

/** A catalogue over a {@link CatalogueModel}: where changes are kept is up to those who extend it. */
export abstract class ModelledCatalogue implements MetaCatalogue {
  /** What is known. */
  protected readonly model: CatalogueModel;

  /** Creates it over what is known so far. */
  protected constructor(model: CatalogueModel) {
    this.model = model;
  }

  /** Makes changes durable, all of them or none, and then readable. */
  protected abstract change<T>(changes: readonly FileChange<T>[]): Promise<T[]>;

  /** See {@link MetaCatalogue.register}. */
  abstract register(node: NodeEntry, nowMs: number): Promise<EdgeNode>;

  /** See {@link MetaCatalogue.beat}. */
  abstract beat(nodeId: number): Promise<void>;

  /** See {@link MetaCatalogue.isShared}. */
  abstract readonly isShared: boolean;

  /** See {@link MetaCatalogue.failure}. */
  abstract readonly failure: string | undefined;

  /** See {@link MetaCatalogue.close}. */
  abstract close(): Promise<void>;

  /** See {@link MetaCatalogue.node}. */
  node(id: number): EdgeNode | undefined {
    return this.model.node(id);
  }

  /** See {@link MetaCatalogue.nodes}. */
  nodes(): readonly EdgeNode[] {
    return this.model.nodes();
  }

  /** See {@link MetaCatalogue.file}. */
  file(name: string): MetaFile | undefined {
    return this.model.file(name);
  }

  /** See {@link MetaCatalogue.files}. */
  files(): readonly MetaFile[] {
    return this.model.files();
  }

  /** See {@link MetaCatalogue.staleAt}. */
  staleAt(nodeId: number, limit: number): readonly string[] {
    return this.model.staleAt(nodeId, limit);
  }

  /** See {@link MetaCatalogue.listen}. */
  listen(listener: CatalogueListener): () => void {
    return this.model.listen(listener);
  }

  /** See {@link MetaCatalogue.publish}. */
  async publish(publications: readonly Publication[], nowMs: number): Promise<readonly PublicationResult[]> {
    for (const { holder } of publications) this.#requireNode(holder);
    return await this.change(publications.map((publication) => ({
      name: publication.name,
      step: (before) => {
        const result = publishVersion(before, publication, nowMs);
        const { holder } = publication;
        const file = holder === undefined ? result.file : notePublisher(result.file, holder, copyOf(publication));
        return { file, result: { ...result, file } };
      },
    })));
  }

  /** See {@link MetaCatalogue.update}. */
  async update(update: FileUpdate, nowMs: number): Promise<PublicationResult> {
    const { name, holder } = update;
    this.#requireNode(holder);
    return await this.#changeOne(name, (before) => {
      const result = updateVersion(before, update, { nodeId: holder, nowMs });
      return { file: result.file, result };
    });
  }

  /** See {@link MetaCatalogue.hold}. */
  async hold(claim: HoldClaim, nowMs: number): Promise<HoldResult> {
    const { name, nodeId } = claim;
    this.#requireNode(nodeId);
    return await this.#changeOne(name, (before) => {
      const result = holdVersion(before, claim, { nodeId, nowMs });
      return { file: result.file, result };
    });
  }

  /** See {@link MetaCatalogue.release}. */
  async release(releases: readonly Release[]): Promise<void> {
    await this.change(releases.map(({ name, nodeId, bytes }) => ({
      name,
      step: (before) => ({
        file: before === undefined ? undefined : releaseHolder(before, nodeId, bytes),
        result: undefined,
      }),
    })));
  }

  /** See {@link MetaCatalogue.remove}. */
  async remove(name: string, { generation }: RemoveOptions = {}): Promise<MetaFile | undefined> {
    return await this.#changeOne(name, (before) => {
      const isLater = generation !== undefined && (before?.generation ?? 0) > generation;
      const file = before === undefined || isLater ? before : removeFile(before);
      return { file, result: file };
    });
  }

  /** See {@link MetaCatalogue.purge}. */
  async purge(names: readonly string[], mark: string): Promise<void> {
    await this.change(names.map((name) => ({
      name,
      step: (before) => ({ file: before === undefined ? undefined : purgeFile(before, mark), result: undefined }),
    })));
  }

  async #changeOne<T>(name: string, step: FileChange<T>["step"]): Promise<T> {
    const [result] = await this.change([{ name, step }]);
    return result!;
  }

  #requireNode(id: number | undefined): void {
    if (id !== undefined && this.model.node(id) === undefined) {
      throw new RangeError(`Cannot note a holder: no node has the id ${id}`);
    }
  }
}
