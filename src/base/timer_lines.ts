/**
 * Many timers by few: those with the same delay wait in one line, for one timer of the runtime.
 *
 * A server sets a timer or two for each connection, nearly all of which are called off again, and a runtime's own timer
 * costs more than the rest of what is done about idle peers.
 *
 * @module
 */

/** The runtime's timers. */
export interface RuntimeTimers {
  /** Milliseconds since an arbitrary start, never stepping back. */
  now(): number;
  /** Calls `run` once after about `delayMs`, and returns how to call it off. */
  set(delayMs: number, run: () => void): () => void;
}

/** One call to come, between the one before it and the one after it. */
interface Entry {
  readonly dueMs: number;
  readonly run: () => void;
  earlier: Entry | undefined;
  later: Entry | undefined;
  isWaiting: boolean;
}

/** Calls that come after the same delay, and so in the order in which they were asked for. */
class Line {
  readonly #timers: RuntimeTimers;
  readonly #onEmpty: () => void;
  #first: Entry | undefined;
  #last: Entry | undefined;
  #clear: (() => void) | undefined;

  constructor(timers: RuntimeTimers, onEmpty: () => void) {
    this.#timers = timers;
    this.#onEmpty = onEmpty;
  }

  add(delayMs: number, run: () => void): () => void {
    const dueMs = this.#timers.now() + delayMs;
    const entry: Entry = { dueMs, run, earlier: this.#last, later: undefined, isWaiting: true };
    if (this.#last === undefined) this.#first = entry;
    else this.#last.later = entry;
    this.#last = entry;
    this.#clear ??= this.#timers.set(delayMs, () => this.#fire());
    return () => this.#callOff(entry);
  }

  /** The timer stays set for one that was called off while others wait: when it fires, the next are looked at. */
  #callOff(entry: Entry): void {
    if (!entry.isWaiting) return;
    this.#takeOut(entry);
    if (this.#first !== undefined) return;
    this.#clear?.();
    this.#clear = undefined;
    this.#onEmpty();
  }

  #takeOut(entry: Entry): void {
    const { earlier, later } = entry;
    if (earlier === undefined) this.#first = later;
    else earlier.later = later;
    if (later === undefined) this.#last = earlier;
    else later.earlier = earlier;
    // What holds on to a call that was called off must not hold on to all that came after it.
    entry.earlier = entry.later = undefined;
    entry.isWaiting = false;
  }

  #fire(): void {
    this.#clear = undefined;
    const nowMs = this.#timers.now();
    try {
      while (this.#first !== undefined && this.#first.dueMs <= nowMs) {
        const { run } = this.#first;
        this.#takeOut(this.#first);
        run();
      }
    } finally {
      this.#rearm();
    }
  }

  #rearm(): void {
    // What just ran may have asked for more, and set the timer.
    if (this.#clear !== undefined) return;
    if (this.#first === undefined) return this.#onEmpty();
    this.#clear = this.#timers.set(Math.max(0, this.#first.dueMs - this.#timers.now()), () => this.#fire());
  }
}

/** Timers of any delay. */
export class TimerLines {
  readonly #timers: RuntimeTimers;
  readonly #lines = new Map<number, Line>();

  /** Creates them on the runtime's own. */
  constructor(timers: RuntimeTimers) {
    this.#timers = timers;
  }

  /** Calls `run` once after `delayMs`. The returned function calls it off. */
  schedule(delayMs: number, run: () => void): () => void {
    let line = this.#lines.get(delayMs);
    if (line === undefined) {
      const made: Line = new Line(this.#timers, () => {
        if (this.#lines.get(delayMs) === made) this.#lines.delete(delayMs);
      });
      this.#lines.set(delayMs, line = made);
    }
    return line.add(delayMs, run);
  }
}
