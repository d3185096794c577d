/**
 * What an edge node does about a copy that it is asked for.
 *
 * Source: PROTOCOL.md, "edge: what a node may serve".
 *
 * @module
 */

/** What is known of a copy, or of bytes that are coming. */
export interface CopyStanding {
  /** Whether a meta server has it on record for this node, under its present registration. */
  readonly isHeld: boolean;
  /** Whether the node's lease lasts. */
  readonly hasLease: boolean;
}

/** What to do first. */
export type ServeStep =
  /** Serve it. */
  | "serve"
  /** Ask a meta server whether it is the present version. */
  | "ask-meta"
  /** Ask the store what the present version is. */
  | "ask-store";

/**
 * Decides about a copy: it is served unasked only while whoever changes the file would wait for this node.
 *
 * Without a lease a meta server may think of this node as dead, or be away: the store knows in any case.
 */
export function decideServing({ isHeld, hasLease }: CopyStanding): ServeStep {
  if (!hasLease) return "ask-store";
  return isHeld ? "serve" : "ask-meta";
}

/**
 * Decides whether a copy may be served that nobody can tell anything about.
 *
 * @param ageMs How long ago it was known to be the present version.
 * @param staleMs The longest; 0 for never.
 */
export function mayServeStale(ageMs: number, staleMs: number): boolean {
  return staleMs > 0 && ageMs <= staleMs;
}
