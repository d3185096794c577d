/**
 * What one role said so far, and waiting for what it is still to say.
 *
 * @module
 */

import type { Clock } from "../../src/base/clock.ts";
import { withDeadline } from "../../src/base/deadline.ts";
import { escapeControls } from "../../src/env/escape_controls.ts";
import { parseRecord, renderRecord, type RoleRecord } from "../cluster/log_line.ts";
import { plainPaint } from "../cluster/paint.ts";

/** Options of {@link Witness.waitFor}. */
export interface WaitOptions {
  /** What must hold of the record besides its event. Default: nothing. */
  where?: (record: RoleRecord) => boolean;
  /** How many such records there must be. Default: 1. */
  count?: number;
  /** Records before this one do not count; see {@link Witness.mark}. Default: all count. */
  since?: number;
  /** Milliseconds before it gives up. */
  deadlineMs: number;
  /** Calls the wait off. */
  signal: AbortSignal;
}

/** The log of one role. */
export class Witness {
  readonly #label: string;
  readonly #records: RoleRecord[] = [];
  readonly #lines: string[] = [];
  readonly #waiting = new Set<() => void>();

  /** Creates it for a role that has said nothing yet. */
  constructor(label: string) {
    this.#label = label;
  }

  /** Where the log ends at this moment, for {@link WaitOptions.since}. */
  get mark(): number {
    return this.#records.length;
  }

  /** Takes a line. Returns it as one for people. */
  add(line: string): string {
    const record = parseRecord(line);
    const prefix = this.#label.padEnd(7);
    const text = record === undefined ? `${prefix} ${escapeControls(line)}` : renderRecord(prefix, record, plainPaint);
    this.#lines.push(text);
    if (record !== undefined) this.#records.push(record);
    for (const look of this.#waiting) look();
    return text;
  }

  /** The last lines. */
  last(count: number): readonly string[] {
    return this.#lines.slice(-count);
  }

  /**
   * Waits until an event was logged, and returns its last record.
   *
   * @throws {DeadlineError} if it is not logged in time.
   */
  async waitFor(clock: Clock, event: string, options: WaitOptions): Promise<RoleRecord> {
    const { where = (): boolean => true, count = 1, since = 0, deadlineMs, signal } = options;
    const find = (): RoleRecord | undefined => {
      const found = this.#records.slice(since).filter((record) => record.event === event && where(record));
      return found.length >= count ? found.at(-1) : undefined;
    };
    const what = `see "${event}" in the log of ${this.#label}`;
    let look = (): void => {};
    try {
      return await withDeadline(clock, { deadlineMs, what, signal }, () =>
        new Promise((resolve) => {
          look = (): void => {
            const found = find();
            if (found !== undefined) resolve(found);
          };
          this.#waiting.add(look);
          look();
        }));
    } finally {
      this.#waiting.delete(look);
    }
  }
}
