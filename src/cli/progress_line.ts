/**
 * Keeps a progress line on a terminal.
 *
 * @module
 */

import type { Clock } from "../base/clock.ts";
import type { Console } from "./console.ts";
import { type Progress, RateMeter, renderProgress } from "./progress.ts";
import { escapeControls } from "../env/escape_controls.ts";
import { fitColumns } from "./columns.ts";

/** At most ten times a second. */
const REDRAW_MS = 100;
/** How often it is redrawn when nothing arrives, so that a stall shows. */
const REFRESH_MS = 1_000;
/** How long it stays away when it gives way: a reader that wants the beginning only has left by then. */
const AWAY_MS = 1_000;

/** A progress line. It redraws at most ten times a second, and once a second while nothing happens. */
export class ProgressLine {
  readonly #console: Console;
  readonly #clock: Clock;
  readonly #meter = new RateMeter();
  #progress: Progress | undefined;
  #drawnMs = -Infinity;
  #cancel: (() => void) | undefined;
  #isDueSoon = false;
  #awayUntilMs = -Infinity;

  /** Creates it; nothing is shown yet. */
  constructor(console: Console, clock: Clock) {
    this.#console = console;
    this.#clock = clock;
  }

  /** Shows how a transfer goes. Its rate is measured here. */
  show(progress: Omit<Progress, "bytesPerSecond">): void {
    this.#progress = progress;
    const nowMs = this.#clock.now();
    this.#meter.note(progress.doneBytes, nowMs);
    const waitMs = Math.max(this.#drawnMs + REDRAW_MS, this.#awayUntilMs) - nowMs;
    if (waitMs <= 0) this.#draw();
    else if (!this.#isDueSoon) this.#arm(waitMs, true);
  }

  /** Says in its place what is being waited for, until there is progress to show. */
  note(name: string, text: string): void {
    this.#cancel?.();
    this.#progress = undefined;
    this.#drawnMs = -Infinity;
    const line = escapeControls(`${name}  ${text}`);
    this.#console.status(fitColumns(line, this.#console.output.columns - 1));
  }

  /** Takes it away for a second, and resolves once it is gone. */
  async giveWay(): Promise<void> {
    this.close();
    this.#awayUntilMs = this.#clock.now() + AWAY_MS;
    await this.#console.flush();
  }

  /** Takes it away. */
  close(): void {
    this.#cancel?.();
    this.#cancel = undefined;
    this.#isDueSoon = false;
    this.#progress = undefined;
    this.#console.status("");
  }

  #draw(): void {
    if (this.#progress === undefined) return;
    const nowMs = this.#clock.now();
    this.#drawnMs = nowMs;
    const bytesPerSecond = this.#meter.bytesPerSecond(nowMs);
    this.#console.status(renderProgress({ ...this.#progress, bytesPerSecond }, this.#console.output.columns));
    this.#arm(REFRESH_MS, false);
  }

  #arm(delayMs: number, isDueSoon: boolean): void {
    this.#cancel?.();
    this.#isDueSoon = isDueSoon;
    this.#cancel = this.#clock.schedule(delayMs, () => this.#draw());
  }
}
