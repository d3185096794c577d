/**
 * Tells a story step by step: a line each, with a mark and the time it took.
 *
 * @module
 */

import { type Clock, every } from "../../src/base/clock.ts";
import { escapeControls } from "../../src/env/escape_controls.ts";
import type { Paint } from "../cluster/paint.ts";
import type { Screen } from "../cluster/screen.ts";

/** One step of the story. */
export interface Step {
  /** What is to happen. */
  readonly title: string;
  /**
   * Does it and checks it. Resolves to what was seen, in a few words.
   *
   * @throws {Error} if it did not happen.
   */
  readonly run: () => Promise<string>;
}

/** Options of {@link perform}. */
export interface PerformOptions {
  /** Takes the time. */
  clock: Clock;
  /** Where to tell it. */
  screen: Screen;
  /** Colours, or none. */
  paint: Paint;
  /** Calls it off: the step under way then fails, and nothing is said of it. */
  signal: AbortSignal;
}

/** Runs the steps in order up to the first one that fails. Returns whether all held. */
export async function perform(steps: readonly Step[], options: PerformOptions): Promise<boolean> {
  const { clock, screen, paint, signal } = options;
  for (const step of steps) {
    const startMs = clock.now();
    const waiting = new AbortController();
    const ticking = every(clock, 1_000, () => {
      const text = `   ${formatSeconds(clock.now() - startMs)}  ${step.title} ...`;
      screen.status({
        text: text.slice(0, screen.statusColumns),
        columns: Math.min(text.length, screen.statusColumns),
      });
    }, { signal: waiting.signal, immediately: true });
    try {
      const seen = await step.run();
      const time = paint("dim", formatSeconds(clock.now() - startMs));
      screen.line(` ${paint("green", "✓")} ${time}  ${step.title}: ${paint("dim", escapeControls(seen))}`);
    } catch (error) {
      if (signal.aborted) return false;
      const reason = error instanceof Error ? error.message : String(error);
      const time = formatSeconds(clock.now() - startMs);
      screen.line(paint("red", ` ✗ ${time}  ${step.title}: ${escapeControls(reason)}`));
      return false;
    } finally {
      waiting.abort();
      await ticking;
    }
  }
  return true;
}

/** Writes a duration in six columns: `12.3 s`. */
export function formatSeconds(ms: number): string {
  return `${(ms / 1000).toFixed(1)} s`.padStart(6);
}
