/**
 * A change of one file as a step from what is known of it to what is known next: each catalogue runs the same steps, in
 * memory or in a transaction, and stores the difference.
 *
 * @module
 */

import type { MetaFile } from "../core/meta_file.ts";

/** What a {@link FileChange} comes to. */
export interface StepOutcome<T> {
  /** What is known next; the same object if nothing changes, `undefined` if nothing is left to know. */
  readonly file: MetaFile | undefined;
  /** What whoever asked for it is told. */
  readonly result: T;
}

/** A change of one file. */
export interface FileChange<T = unknown> {
  /** The file. */
  readonly name: string;
  /** Takes the step. It may run again, after a transaction that failed: it depends on nothing but its argument. */
  step(file: MetaFile | undefined): StepOutcome<T>;
}

/** What several changes made of a file. */
export interface FileDifference {
  /** The file. */
  readonly name: string;
  /** What was known. */
  readonly before: MetaFile | undefined;
  /** What is known next. */
  readonly after: MetaFile | undefined;
}

/**
 * Runs changes one after the other, each on what the one before left.
 *
 * @param read What is known at first.
 */
export function runChanges(
  changes: readonly FileChange[],
  read: (name: string) => MetaFile | undefined,
): { readonly results: unknown[]; readonly differences: FileDifference[] } {
  const files = new Map<string, { readonly before: MetaFile | undefined; after: MetaFile | undefined }>();
  const results = changes.map(({ name, step }) => {
    let file = files.get(name);
    if (file === undefined) {
      const before = read(name);
      file = { before, after: before };
      files.set(name, file);
    }
    const outcome = step(file.after);
    file.after = outcome.file;
    return outcome.result;
  });
  const differences: FileDifference[] = [];
  for (const [name, { before, after }] of files) if (before !== after) differences.push({ name, before, after });
  return { results, differences };
}

/** Whether a difference is one of the version, and not only of who has it. */
export function isNewVersion({ before, after }: FileDifference): boolean {
  if (after === undefined || after.isRemoved) return false;
  return before === undefined || before.isRemoved || before.hash !== after.hash || before.sha256 !== after.sha256 ||
    before.timestamp !== after.timestamp || before.generation !== after.generation;
}

/** The holders that a difference added or gave other bytes, and those that it took away. */
export function holderDifference(
  { before, after }: FileDifference,
): { readonly put: readonly (readonly [nodeId: number, bytes: string])[]; readonly gone: readonly number[] } {
  const put = [...after?.holders ?? []].filter(([nodeId, bytes]) => before?.holders.get(nodeId) !== bytes);
  const gone = [...before?.holders.keys() ?? []].filter((nodeId) => !after?.holders.has(nodeId));
  return { put, gone };
}
