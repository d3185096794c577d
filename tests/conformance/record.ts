/**
 * What happened in a case, line by line, as a report shows it.
 *
 * @module
 */

/** Something was not as expected. */
export class Mismatch extends Error {
  /** The name of this class. */
  override readonly name = "Mismatch";
}

/**
 * A transcript as it was really spoken. Marks: ` ` as expected, `-` expected and not come, `+` come and not expected,
 * `~` not part of the case, or nothing that this peer can tell.
 */
export class CaseRecord {
  readonly #lines: string[] = [];

  /** The lines so far. */
  get lines(): readonly string[] {
    return this.#lines;
  }

  /** A step as it went. */
  done(text: string): void {
    this.#lines.push(`  ${text}`);
  }

  /** What was expected and did not come. */
  missing(text: string): void {
    this.#lines.push(`- ${text}`);
  }

  /** What came instead. */
  came(text: string): void {
    this.#lines.push(`+ ${text}`);
  }

  /** A remark. */
  note(text: string): void {
    this.#lines.push(`~ ${text}`);
  }

  /** Drops all after the first `count` lines: a conversation that is had again. */
  forget(count: number): void {
    this.#lines.length = count;
  }
}
