/**
 * How the index and the monitor come to agree on who is alive, whatever was lost or restarted between them.
 *
 * The monitor reports each death once it is decided. All else follows from the list that the index asks for anyway: a
 * server that the monitor hears again is revived, and one that was revived by a registration but stays silent is dead
 * again after a grace period.
 *
 * Source: ARCHITECTURE.md, "Who is alive".
 *
 * @module
 */

import type { ServerStatus } from "../protocol/cdn.ts";

/** What the index knows of one server's life. */
export interface ServerLife {
  /** Its id. */
  readonly id: string;
  /** Where clients reach it. */
  readonly host: string;
  /** Where clients reach it. */
  readonly tcpPort: number;
  /** Whether the index routes to it. */
  readonly alive: boolean;
  /** When `alive` was last decided, by a registration or a report. */
  readonly decidedMs: number;
}

/** What the index is to do. */
export type Verdict =
  | { readonly kind: "revive"; readonly id: string }
  | { readonly kind: "bury"; readonly id: string };

/** Options of {@link reconcile}. */
export interface ReconcileOptions {
  /** When the list was asked for. What was decided later is newer than the list. */
  askedMs: number;
  /** How long a server may be silent at the monitor after it registered. */
  graceMs: number;
}

/**
 * Compares the monitor's list with the index's own view.
 *
 * The list counts only if it was asked for after the index's own decision, and only for a server that both know at the
 * same port: an id may have moved.
 */
export function reconcile(
  listed: readonly ServerStatus[],
  lifeOf: (id: string) => ServerLife | undefined,
  { askedMs, graceMs }: ReconcileOptions,
): Verdict[] {
  const verdicts: Verdict[] = [];
  for (const status of listed) {
    const life = lifeOf(status.id);
    if (life === undefined || life.tcpPort !== status.tcpPort || life.alive === status.alive) continue;
    if (askedMs <= life.decidedMs) continue;
    if (status.alive) verdicts.push({ kind: "revive", id: life.id });
    else if (askedMs - life.decidedMs > graceMs) verdicts.push({ kind: "bury", id: life.id });
  }
  return verdicts;
}
