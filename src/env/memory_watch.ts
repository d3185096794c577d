/**
 * Watching folders in memory.
 *
 * @module
 */

import { type AbortOptions, onAbort } from "../base/abort.ts";
import type { Clock } from "../base/clock.ts";
import { Hints } from "./hints.ts";
import type { FolderNode, TreeNode } from "./memory_tree.ts";

interface Watcher {
  readonly folder: FolderNode;
  readonly hints: Hints;
  /** Calls off the hint that is on its way. */
  cancel: (() => void) | undefined;
}

/** Everybody who watches a folder. */
export class MemoryWatchers {
  readonly #clock: Clock;
  readonly #delayMs: number;
  readonly #watchers = new Set<Watcher>();

  /** Creates it with nobody watching; a hint comes `delayMs` after the first change that it stands for. */
  constructor(clock: Clock, delayMs: number) {
    this.#clock = clock;
    this.#delayMs = delayMs;
  }

  /** Yields hints for a folder and all below it, until the signal aborts. */
  async *watch(folder: FolderNode, { signal }: AbortOptions): AsyncGenerator<void, void, void> {
    const watcher: Watcher = { folder, hints: new Hints(), cancel: undefined };
    this.#watchers.add(watcher);
    const off = onAbort(signal, () => watcher.hints.end());
    try {
      watcher.hints.ring();
      yield* watcher.hints;
    } finally {
      off();
      watcher.cancel?.();
      this.#watchers.delete(watcher);
    }
  }

  /** Sends a hint to whoever watches a folder that `node` is in. */
  changed(node: TreeNode): void {
    for (const watcher of this.#watchers) {
      if (watcher.cancel !== undefined || !isWithin(node, watcher.folder)) continue;
      watcher.cancel = this.#clock.schedule(this.#delayMs, () => {
        watcher.cancel = undefined;
        watcher.hints.ring();
      });
    }
  }
}

function isWithin(node: TreeNode, folder: FolderNode): boolean {
  for (let at: TreeNode | undefined = node; at !== undefined; at = at.parent) if (at === folder) return true;
  return false;
}
