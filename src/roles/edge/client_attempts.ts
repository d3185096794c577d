/**
 * Trying again: another server, or the same one a little later.
 *
 * @module
 */

import type { AbortOptions } from "../../base/abort.ts";
import { sleep } from "../../base/clock.ts";
import { Backoff } from "../../core/backoff.ts";
import { nextRoute, type Route } from "../../core/edge_route.ts";
import type { Env } from "../../env/env.ts";
import { isPassing } from "../../services/ask_json.ts";
import { UpstreamError } from "../../services/upstream_error.ts";
import { EdgeClientError, reasonOf } from "./client_error.ts";
import type { PlannedPlace } from "./client_origin.ts";

/** The waits between attempts. */
const WAITS = { firstMs: 250, maxMs: 4_000 } as const;

/** What attempts need of the outside world. */
export type AttemptsEnv = Pick<Env, "clock" | "random">;

/** Options of {@link attempt}. */
export interface AttemptOptions extends AbortOptions {
  /** What is done, for errors: `send photos/cat.png`. */
  readonly what: string;
  /** How many more attempts there may be after the first. */
  readonly retries: number;
  /** What the origin has said already. Default: it is asked. */
  readonly planned?: PlannedPlace | undefined;
  /** Asks the origin. */
  locate(): Promise<PlannedPlace>;
  /** Told of a server that failed, and why, before the next is tried. */
  onRetry?(server: string, reason: string): void;
}

/**
 * Does something at the server that the origin names; if that fails, asks the origin again, and does it there or at the
 * store.
 *
 * @throws {EdgeClientError} when nothing is left to try, or a server refuses for good. What is no failure of a server is
 *   thrown as it is.
 */
export async function attempt<T>(
  { clock, random }: AttemptsEnv,
  { what, retries, planned, locate, onRetry = () => {}, signal }: AttemptOptions,
  run: (route: Route) => Promise<T>,
): Promise<T> {
  const backoff = new Backoff(random, WAITS);
  const failed = new Set<string>();
  let place = planned;
  for (;;) {
    let server = "the origin";
    try {
      place ??= await locate();
      const route = nextRoute({ ...place, failed }, place.isStore);
      server = route.address;
      return await run(route);
    } catch (error) {
      signal?.throwIfAborted();
      const isIntegrity = error instanceof EdgeClientError && error.kind === "integrity";
      if (!isPassing(error) && !isIntegrity) throw forGood(error, what);
      if (backoff.failures >= retries) {
        throw isIntegrity
          ? error
          : new EdgeClientError("network", `Cannot ${what}: ${reasonOf(error)}`, { cause: error });
      }
      failed.add(server);
      place = undefined;
      onRetry(server, reasonOf(error));
    }
    await sleep(clock, backoff.next(), { signal });
  }
}

function forGood(error: unknown, what: string): unknown {
  if (!(error instanceof UpstreamError)) return error;
  const kind = error.status === 404 ? "not-found" : "refused";
  const reason = error.status === 404 ? "nobody has it" : `${error.status}: ${error.detail}`;
  return new EdgeClientError(kind, `Cannot ${what}: ${reason}`, { cause: error });
}
