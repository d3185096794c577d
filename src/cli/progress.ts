/**
 * How a transfer goes, as one line.
 *
 * @module
 */

import { escapeControls } from "../env/escape_controls.ts";
import { columnsOf, fitColumns } from "./columns.ts";
import { formatBytes, formatDuration } from "./units.ts";

/** A transfer at one moment. */
export interface Progress {
  /** What is transferred. */
  readonly name: string;
  /** How much has arrived. */
  readonly doneBytes: number;
  /** How much there is; `undefined` as long as nobody said. */
  readonly totalBytes?: number | undefined;
  /** How fast it goes; `undefined` as long as that cannot be told. */
  readonly bytesPerSecond?: number | undefined;
}

/** The shortest a name is cut to before something else goes. */
const MIN_NAME_COLUMNS = 12;
const MIN_BAR_COLUMNS = 12;
const MAX_BAR_COLUMNS = 32;
const GAP = 2;

/**
 * Writes a transfer as a line that fits in `columns`: the name, a bar, the percentage, bytes, the rate and the time left,
 * and less of it where there is less room.
 */
export function renderProgress(progress: Progress, columns: number): string {
  // A line that fills the last column wraps on some terminals, and could not be rewritten.
  const room = columns - 1;
  const name = escapeControls(progress.name);
  const details = fit(detailsOf(progress), room - GAP - Math.min(columnsOf(name), MIN_NAME_COLUMNS));
  const taken = details.reduce((sum, detail) => sum + GAP + columnsOf(detail), 0);
  const shown = fitColumns(name, Math.max(0, room - taken));
  const left = room - taken - columnsOf(shown) - GAP;
  const share = shareOf(progress);
  const bar = share !== undefined && left >= MIN_BAR_COLUMNS ? [renderBar(share, Math.min(left, MAX_BAR_COLUMNS))] : [];
  return [shown, ...bar, ...details].filter((part) => part !== "").join(" ".repeat(GAP));
}

/** The particulars in the order in which they are shown, each with how dear it is: the least dear one goes first. */
function detailsOf(progress: Progress): ReadonlyArray<readonly [dear: number, text: string]> {
  const { doneBytes, totalBytes, bytesPerSecond } = progress;
  const share = shareOf(progress);
  const details: Array<readonly [number, string]> = [];
  if (share !== undefined) details.push([4, `${Math.floor(share * 100)}%`.padStart(4)]);
  const total = totalBytes === undefined ? "" : ` of ${formatBytes(totalBytes)}`;
  details.push([1, `${formatBytes(doneBytes)}${total}`]);
  if (bytesPerSecond === undefined) return details;
  details.push([2, `${formatBytes(bytesPerSecond)}/s`.padStart(10)]);
  if (totalBytes === undefined) return details;
  const leftMs = bytesPerSecond > 0 ? (totalBytes - doneBytes) / bytesPerSecond * 1000 : Infinity;
  details.push([3, `${formatDuration(leftMs)} left`]);
  return details;
}

function fit(details: ReadonlyArray<readonly [dear: number, text: string]>, room: number): string[] {
  const kept = [...details];
  while (kept.reduce((sum, [, text]) => sum + text.length + GAP, -GAP) > room && kept.length > 0) {
    const cheapest = Math.min(...kept.map(([dear]) => dear));
    kept.splice(kept.findIndex(([dear]) => dear === cheapest), 1);
  }
  return kept.map(([, text]) => text);
}

function shareOf({ doneBytes, totalBytes }: Progress): number | undefined {
  if (totalBytes === undefined) return undefined;
  return totalBytes === 0 ? 1 : Math.min(1, doneBytes / totalBytes);
}

function renderBar(share: number, columns: number): string {
  const inner = columns - 2;
  const full = Math.floor(share * inner);
  return `[${"#".repeat(full)}${"-".repeat(inner - full)}]`;
}

/** The window over which a rate is measured. */
const WINDOW_MS = 5_000;
/** How far apart samples are kept at least, so that there are few of them. */
const SAMPLE_MS = 100;

/** The rate of a transfer over its last seconds. */
export class RateMeter {
  #samples: Array<{ readonly atMs: number; readonly bytes: number }> = [];

  /** Notes how many bytes there are at a moment. */
  note(bytes: number, nowMs: number): void {
    const last = this.#samples.at(-1);
    // A transfer that resumed begins anew: what was there before did not arrive in this window.
    if (last !== undefined && bytes < last.bytes) this.#samples = [];
    if (this.#samples.length > 1 && nowMs - this.#samples.at(-2)!.atMs < SAMPLE_MS) this.#samples.pop();
    this.#samples.push({ atMs: nowMs, bytes });
    while (this.#samples.length > 2 && nowMs - this.#samples[1]!.atMs >= WINDOW_MS) this.#samples.shift();
  }

  /** Bytes a second over the last five seconds up to `nowMs`; `undefined` before there are two moments to compare. */
  bytesPerSecond(nowMs: number): number | undefined {
    const [first] = this.#samples;
    const last = this.#samples.at(-1);
    if (first === undefined || last === undefined || nowMs - first.atMs < SAMPLE_MS) return undefined;
    const stalled = nowMs - last.atMs >= WINDOW_MS;
    return stalled ? 0 : (last.bytes - first.bytes) / (nowMs - first.atMs) * 1000;
  }
}
