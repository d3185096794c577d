/**
 * Questions that an old peer does not understand.
 *
 * @module
 */

import type { Address } from "../base/address.ts";
import { NetError } from "../net/net_error.ts";
import { parseError } from "../protocol/replies.ts";
import { type AskEnv, type AskOptions, converse } from "./ask.ts";
import type { LineConn } from "./line_conn.ts";

/** How long a peer that knows the verb takes at most until the first byte of its answer, in milliseconds. */
export const SILENCE_MS = 1_000;

/** Options of {@link askNewer}. */
export interface NewerVerbOptions<T> extends AskOptions {
  /** Reads the answer, whose first line is there already. Not called for `ERROR`, but for `ERROR FILE_NOT_FOUND`. */
  read: (first: string, lines: LineConn) => Promise<T>;
  /** Milliseconds until the first byte of the answer; `Infinity` leaves it to the deadline. Default: 1,000. */
  silenceMs?: number | undefined;
  /** Given the connection before anything is said on it, for looking at what has come. */
  onOpen?: ((lines: LineConn) => void) | undefined;
}

/**
 * What a peer makes of a verb.
 *
 * - `answered`: knows it
 * - `refused`: does not know it: answers `ERROR <code>`, or hangs up (without a code)
 * - `silent`: says nothing, which an old peer does, but also a slow one
 */
export type NewerAnswer<T> =
  | { readonly kind: "answered"; readonly answer: T }
  | { readonly kind: "refused"; readonly code?: string }
  | { readonly kind: "silent" };

/**
 * Says `line` on a connection of its own. A peer that begins to answer may take until the deadline.
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
  { read, silenceMs = SILENCE_MS, onOpen, ...options }: NewerVerbOptions<T>,
): Promise<NewerAnswer<T>> {
  let isOpen = false;
  let isAnswered = false;
  let isSilent = false;
  const refused = (code?: string): NewerAnswer<T> => {
    if (isSilent) return { kind: "silent" };
    return code === undefined ? { kind: "refused" } : { kind: "refused", code };
  };
  try {
    return await converse(env, to, options, async (lines) => {
      isOpen = true;
      onOpen?.(lines);
      await lines.writeLines(line);
      const first = await readFirst(env, lines, { silenceMs, onSilence: () => isSilent = true });
      const code = first === undefined ? undefined : parseError(first);
      if (first === undefined || (code !== undefined && code !== "FILE_NOT_FOUND")) return refused(code);
      isAnswered = true;
      return { kind: "answered", answer: await read(first, lines) };
    });
  } catch (error) {
    // Who hangs up on a word that it does not know often does so with a reset.
    if (isOpen && !isAnswered && error instanceof NetError && !options.signal?.aborted) return refused();
    throw error;
  }
}

interface FirstLineOptions {
  readonly silenceMs: number;
  readonly onSilence: () => void;
}

async function readFirst(
  { clock }: AskEnv,
  lines: LineConn,
  { silenceMs, onSilence }: FirstLineOptions,
): Promise<string | undefined> {
  if (silenceMs === Infinity) return await lines.readLine();
  const cancel = clock.schedule(silenceMs, () => {
    if (lines.conn.receivedBytes > 0) return;
    onSilence();
    lines.close();
  });
  try {
    return await lines.readLine();
  } finally {
    cancel();
  }
}
