/**
 * Who is alive, judged by heartbeats alone. It has no clock: the caller says what time it is.
 *
 * @module
 */

/** What is known of one member. */
interface Member {
  lastBeatMs: number;
  alive: boolean;
}

/** Options of {@link FailureDetector}. */
export interface FailureDetectorOptions {
  /** A member silent for longer than this is down. */
  timeoutMs: number;
  /**
   * How often {@link FailureDetector.sweep} is going to be called. When a call comes much later, we were not listening
   * either (stopped, suspended, starved), and that time is not held against anyone.
   */
  sweepIntervalMs: number;
  /** A member silent for longer than this is worth asking. Default: half of `timeoutMs`. */
  suspectMs?: number | undefined;
}

/** What a beat changed: a member seen for the first time, one that came back, or nothing. */
export type BeatOutcome = "new" | "up" | "same";

/** A time-out failure detector. */
export class FailureDetector {
  readonly #timeoutMs: number;
  readonly #sweepIntervalMs: number;
  readonly #suspectMs: number;
  readonly #members = new Map<string, Member>();
  /** When it was swept last; before the first time, when the first member was noted. */
  #lastSweepMs: number | undefined;

  /**
   * Creates a detector without members.
   *
   * @throws {RangeError} if a duration is not positive.
   */
  constructor({ timeoutMs, sweepIntervalMs, suspectMs = timeoutMs / 2 }: FailureDetectorOptions) {
    if (!(timeoutMs > 0) || !(sweepIntervalMs > 0) || !(suspectMs > 0)) {
      throw new RangeError(`Cannot detect failures: expected positive durations, got ${timeoutMs}, ${sweepIntervalMs}`);
    }
    this.#timeoutMs = timeoutMs;
    this.#sweepIntervalMs = sweepIntervalMs;
    this.#suspectMs = suspectMs;
  }

  /** How many members are known, alive or not. */
  get size(): number {
    return this.#members.size;
  }

  /** Notes a sign of life. */
  beat(id: string, nowMs: number): BeatOutcome {
    this.#lastSweepMs ??= nowMs;
    const member = this.#members.get(id);
    if (member === undefined) {
      this.#members.set(id, { lastBeatMs: nowMs, alive: true });
      return "new";
    }
    member.lastBeatMs = Math.max(member.lastBeatMs, nowMs);
    if (member.alive) return "same";
    member.alive = true;
    return "up";
  }

  /** Begins to wait for a member that others know: it has the time-out to show itself. One known already is left alone. */
  expect(id: string, nowMs: number): void {
    this.#lastSweepMs ??= nowMs;
    if (!this.#members.has(id)) this.#members.set(id, { lastBeatMs: nowMs, alive: true });
  }

  /** Declares members down that have been silent for too long. Each is returned once, in the order of their last beats. */
  sweep(nowMs: number): string[] {
    this.#forgiveStall(nowMs);
    const down: [id: string, lastBeatMs: number][] = [];
    for (const [id, member] of this.#members) {
      if (!member.alive || nowMs - member.lastBeatMs <= this.#timeoutMs) continue;
      member.alive = false;
      down.push([id, member.lastBeatMs]);
    }
    return down.sort((a, b) => a[1] - b[1]).map(([id]) => id);
  }

  /** Who is alive and has been silent for so long that it is worth asking. */
  suspects(nowMs: number): string[] {
    const silent = [...this.#members].filter(([, { alive, lastBeatMs }]) =>
      alive && nowMs - lastBeatMs > this.#suspectMs
    );
    return silent.map(([id]) => id);
  }

  /**
   * Takes note that a member answered a question of `askedMs`: then it lived, so that counts as a beat. For one that is
   * down by now it is too late.
   */
  vouch(id: string, askedMs: number): void {
    const member = this.#members.get(id);
    if (member?.alive === true) member.lastBeatMs = Math.max(member.lastBeatMs, askedMs);
  }

  /** Whether a member is alive; `undefined` if it is not known. */
  isAlive(id: string): boolean | undefined {
    return this.#members.get(id)?.alive;
  }

  /** How long a member has been silent; `undefined` if it is not known. */
  silenceMs(id: string, nowMs: number): number | undefined {
    const member = this.#members.get(id);
    return member === undefined ? undefined : nowMs - member.lastBeatMs;
  }

  /** Drops a member. */
  forget(id: string): void {
    this.#members.delete(id);
  }

  #forgiveStall(nowMs: number): void {
    const lateMs = nowMs - (this.#lastSweepMs ?? nowMs) - this.#sweepIntervalMs;
    this.#lastSweepMs = nowMs;
    if (lateMs <= this.#sweepIntervalMs) return;
    for (const member of this.#members.values()) {
      member.lastBeatMs = Math.min(nowMs, member.lastBeatMs + lateMs);
    }
  }
}
