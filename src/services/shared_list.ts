/**
 * A list that many ask for, whose bytes they share.
 *
 * @module
 */

import type { Clock } from "../base/clock.ts";
import { END } from "../protocol/replies.ts";
import type { LineConn } from "./line_conn.ts";
import { Reused } from "./reused.ts";

/** How much of a list goes out in one write. */
const PIECE_BYTES = 65_536;

/** The lines of a list with their `END`, as bytes: all who ask at about the same time, and are slow to read, hold the same. */
export class SharedList {
  readonly #bytes: Reused<Uint8Array>;

  /** Creates it. `makeLines` gives the lines as they are now, without ends. */
  constructor(clock: Pick<Clock, "now">, makeLines: () => Iterable<string>) {
    this.#bytes = new Reused(clock, () => new TextEncoder().encode(`${[...makeLines(), END].join("\n")}\n`));
  }

  /** Writes the whole list, some of it at a time: others get their turn in between. */
  async writeTo(lines: Pick<LineConn, "write">): Promise<void> {
    const bytes = this.#bytes.get();
    for (let at = 0; at < bytes.length; at += PIECE_BYTES) await lines.write(bytes.subarray(at, at + PIECE_BYTES));
  }

  /** Notes that something has changed that the next one who asks must see. */
  outdate(): void {
    this.#bytes.outdate();
  }
}
