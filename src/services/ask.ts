/**
 * Short questions to another role: dial, say a line, read the answer, within a deadline.
 *
 * @module
 */

import type { AbortOptions } from "../base/abort.ts";
import { onAbort } from "../base/abort.ts";
import { type Address, formatAddress } from "../base/address.ts";
import { withDeadline } from "../base/deadline.ts";
import type { Env } from "../env/env.ts";
import { NetError } from "../net/net_error.ts";
import { ProtocolError } from "../protocol/protocol_error.ts";
import { END, parseError } from "../protocol/replies.ts";
import { LineConn } from "./line_conn.ts";

/** What a question needs of the outside world. */
export type AskEnv = Pick<Env, "net" | "clock">;

/** Options of a question. */
export interface AskOptions extends AbortOptions {
  /** Milliseconds for all of it. */
  deadlineMs: number;
  /** Milliseconds until the connection is open. Default: no limit of its own. */
  dialMs?: number | undefined;
  /** Milliseconds that the peer may make no progress. Default: no limit of its own. */
  idleMs?: number | undefined;
}

/**
 * Dials `to` and runs `talk` over the connection, which is closed afterwards, whatever happens.
 *
 * @throws {DeadlineError} if it takes longer than the deadline; {@link NetError} if the connection breaks; what `talk`
 * throws.
 */
export async function converse<T>(
  { net, clock }: AskEnv,
  to: Address,
  { deadlineMs, dialMs = deadlineMs, idleMs = deadlineMs, signal }: AskOptions,
  talk: (lines: LineConn) => Promise<T>,
): Promise<T> {
  const what = `get an answer from ${formatAddress(to)}`;
  return await withDeadline(clock, { deadlineMs, what, signal }, async (within) => {
    const dial = { deadlineMs: dialMs, what: `dial ${formatAddress(to)}`, signal: within };
    const conn = await withDeadline(clock, dial, (signal) => net.dial(to, { signal }));
    const lines = new LineConn(conn, { clock, idleMs });
    const off = onAbort(within, () => lines.close());
    try {
      return await talk(lines);
    } finally {
      off();
      lines.close();
    }
  });
}

/**
 * Reads a line that has to come.
 *
 * @throws {NetError} `"reset"` if the peer ends its input instead.
 */
export async function requireLine(lines: LineConn): Promise<string> {
  const line = await lines.readLine();
  if (line === undefined) throw new NetError("reset", `read an answer of ${lines.peer}`);
  return line;
}

/** Asks for one line. */
export async function ask(env: AskEnv, to: Address, line: string, options: AskOptions): Promise<string> {
  return await converse(env, to, options, async (lines) => {
    await lines.writeLines(line);
    return await requireLine(lines);
  });
}

/** The most lines that a list may have. */
export const MAX_LIST_LINES = 10_000_000;

/**
 * Asks for lines up to `END`; `take` gets each. Whether the peer then hangs up does not matter.
 *
 * @throws {ProtocolError} with the peer's own code if it answers `ERROR`.
 */
export async function askList(
  env: AskEnv,
  to: Address,
  line: string,
  { take, ...options }: AskOptions & { take: (line: string) => void },
): Promise<void> {
  await converse(env, to, options, async (lines) => {
    await lines.writeLines(line);
    for (let count = 0; count < MAX_LIST_LINES; count++) {
      const answer = await requireLine(lines);
      if (answer === END) return;
      const code = parseError(answer);
      if (code !== undefined) throw new ProtocolError(code, `Cannot list: ${lines.peer} answers ERROR ${code}`);
      take(answer);
    }
    throw new ProtocolError("LIST_TOO_LONG", `Cannot list: ${lines.peer} sends over ${MAX_LIST_LINES} lines`);
  });
}
