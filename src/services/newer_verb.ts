/**
 * Questions that an old peer does not understand.
 *
 * @module
 */

import type { Address } from "../base/address.ts";
import { NetError } from "../net/net_error.ts";
import { parseError } from "../protocol/cdn.ts";
import { type AskEnv, type AskOptions, converse } from "./ask.ts";
import type { LineConn } from "./line_conn.ts";

/** How long a peer that knows the verb takes at most until the first byte of its answer, in milliseconds. */
export const SILENCE_MS = 1_000;

/** Options of {@link askNewer}. */
export interface NewerVerbOptions<T> extends AskOptions {
  /** Reads the answer, whose first line is there already. Not called for `ERROR`, but for `ERROR FILE_NOT_FOUND`. */
  read: (first: string, lines: LineConn) => Promise<T>;
}

/**
 * Says `line` on a connection of its own. Undefined means that the peer does not know the verb: it answers `ERROR`, hangs
 * up, or says nothing for a second. A peer that begins to answer may take until the deadline.
 *
 * Source: PROTOCOL.md, "cdn: old peers".
 *
 * @throws {NetError} if nobody answers there, or the connection breaks after the first line; {@link DeadlineError} past
 * the deadline; what `read` throws.
 */
export async function askNewer<T>(
  env: AskEnv,
  to: Address,
  line: string,
  { read, ...options }: NewerVerbOptions<T>,
): Promise<T | undefined> {
  let isOpen = false;
  let isAnswered = false;
  try {
    return await converse(env, to, options, async (lines) => {
      isOpen = true;
      await lines.writeLines(line);
      const first = await readFirst(env, lines);
      const code = first === undefined ? undefined : parseError(first);
      if (first === undefined || (code !== undefined && code !== "FILE_NOT_FOUND")) return undefined;
      isAnswered = true;
      return await read(first, lines);
    });
  } catch (error) {
    // Who hangs up on a word that it does not know often does so with a reset.
    if (isOpen && !isAnswered && error instanceof NetError && !options.signal?.aborted) return undefined;
    throw error;
  }
}

async function readFirst({ clock }: AskEnv, lines: LineConn): Promise<string | undefined> {
  const cancel = clock.schedule(SILENCE_MS, () => {
    if (lines.conn.receivedBytes === 0) lines.close();
  });
  try {
    return await lines.readLine();
  } finally {
    cancel();
  }
}
