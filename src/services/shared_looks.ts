/**
 * Looks at something that changes, shared by all who ask before one begins: it tells the truth to each of them, since none
 * has asked after it. Who asks while one is under way gets the next one.
 *
 * @module
 */

interface Line<T> {
  running: Promise<unknown>;
  next: Promise<T> | undefined;
}

/** Looks by name. */
export class SharedLooks<T> {
  readonly #look: (name: string) => Promise<T>;
  readonly #lines = new Map<string, Line<T>>();

  /** Creates it with the way to look. */
  constructor(look: (name: string) => Promise<T>) {
    this.#look = look;
  }

  /** Looks. Rejects as the look does. */
  ask(name: string): Promise<T> {
    const line = this.#lines.get(name);
    if (line === undefined) {
      const own: Line<T> = { running: Promise.resolve(), next: undefined };
      this.#lines.set(name, own);
      return this.#begin(name, own);
    }
    return line.next ??= line.running.then(() => this.#begin(name, line));
  }

  #begin(name: string, line: Line<T>): Promise<T> {
    line.next = undefined;
    const look = this.#look(name);
    line.running = look.then(() => {}, () => {}).then(() => {
      if (line.next === undefined) this.#lines.delete(name);
    });
    return look;
  }
}
