/**
 * Signals: the first asks to stop, a later one insists.
 *
 * @module
 */

import type { Clock } from "../base/clock.ts";
import { unreachable } from "../base/invariant.ts";
import type { Io, StopSignal } from "./io.ts";

/** Why the program is to stop: a signal, or the end of what supervises it. */
export type StopCause = StopSignal | "input-end";

/** The signals that ask the program to stop. */
export const STOP_SIGNALS: readonly StopSignal[] = ["SIGINT", "SIGTERM", "SIGHUP"];
const NUMBERS: Readonly<Record<StopSignal, number>> = { SIGHUP: 1, SIGINT: 2, SIGTERM: 15 };

/** A signal that comes within this time of the first is the same keystroke: `deno task` passes one on twice. */
const SAME_KEYSTROKE_MS = 1_000;

/** The exit code of a program that a signal ended: 128 and the signal's number. */
export function exitCodeOf(cause: StopCause): number {
  return cause === "input-end" ? 128 + NUMBERS.SIGHUP : 128 + NUMBERS[cause];
}

/** The program was asked to stop: the reason that {@link StopRequests.signal} aborts with. */
export class StopError extends Error {
  /** The name of this class. */
  override readonly name = "StopError";
  /** Why. */
  readonly stopCause: StopCause;

  /** Creates an error that names the cause. */
  constructor(stopCause: StopCause) {
    super(stopCause === "input-end" ? "Stopped: standard input ended" : `Stopped by ${stopCause}`);
    this.stopCause = stopCause;
  }
}

/** Decides what a request to stop means. */
export class StopFilter {
  #firstMs: number | undefined;

  /** Takes a request. `stop`: the first one; `ignore`: the same keystroke; `force`: somebody is out of patience. */
  take(nowMs: number): "stop" | "ignore" | "force" {
    if (this.#firstMs === undefined) {
      this.#firstMs = nowMs;
      return "stop";
    }
    return this.restMs(nowMs) > 0 ? "ignore" : "force";
  }

  /** How long a request that comes would still be the same keystroke; 0 if there was none. */
  restMs(nowMs: number): number {
    return this.#firstMs === undefined ? 0 : Math.max(0, this.#firstMs + SAME_KEYSTROKE_MS - nowMs);
  }
}

/** Requests to stop this program. */
export interface StopRequests {
  /** Aborts at the first one, with a {@link StopError}. */
  readonly signal: AbortSignal;
  /** Resolves to an exit code when somebody insists. */
  readonly forced: Promise<number>;
  /** Listens no more: signals have their usual effect again, but for what is left of the same keystroke. */
  close(): void;
}

/** Options of {@link listenForStop}. */
export interface StopOptions {
  /** Tells keystrokes apart. */
  clock: Clock;
  /** Whether the end of standard input is a request too. */
  supervised: boolean;
}

/** Begins to listen for requests to stop. */
export function listenForStop(io: Pick<Io, "onSignal" | "onInputEnd">, options: StopOptions): StopRequests {
  const { clock, supervised } = options;
  const controller = new AbortController();
  const filter = new StopFilter();
  let force: (code: number) => void = () => {};
  const forced = new Promise<number>((resolve) => force = resolve);
  function take(cause: StopCause): void {
    const meaning = filter.take(clock.now());
    switch (meaning) {
      case "stop":
        return controller.abort(new StopError(cause));
      case "force":
        return force(exitCodeOf(cause));
      case "ignore":
        return;
      default:
        return unreachable(meaning);
    }
  }
  const offSignals = STOP_SIGNALS.map((name) => io.onSignal(name, () => take(name)));
  const offInput = supervised ? io.onInputEnd(() => take("input-end")) : () => {};
  function leaveSignals(): void {
    for (const off of offSignals) off();
  }
  return {
    signal: controller.signal,
    forced,
    close(): void {
      offInput();
      // What stops at once is closed before the keystroke comes again, which would end the program without a word.
      const restMs = filter.restMs(clock.now());
      if (restMs > 0) clock.schedule(restMs, leaveSignals);
      else leaveSignals();
    },
  };
}
