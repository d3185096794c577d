/**
 * What the parts of a catalogue in PostgreSQL are given.
 *
 * @module
 */

import type { Clock } from "../base/clock.ts";
import type { Random } from "../base/random.ts";
import type { Log } from "../env/log.ts";

/** What every part needs of the outside world, and how long it may wait. */
export interface PostgresSettings {
  /** Measures deadlines. */
  readonly clock: Clock;
  /** Draws waits. */
  readonly random: Random;
  /** Told when the server is lost, and found again. */
  readonly log: Log;
  /** Tells this catalogue's notices from those of others. */
  readonly name: string;
  /** How long connecting may take, in milliseconds. */
  readonly connectMs: number;
  /** How long the server may take for a statement or wait for a lock, in milliseconds. */
  readonly statementMs: number;
  /** How long the server lets us do nothing within a transaction, in milliseconds: others wait meanwhile. */
  readonly idleInTransactionMs: number;
  /** How long a change may take in all, in milliseconds. */
  readonly changeMs: number;
}
