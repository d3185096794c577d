/**
 * One peer's conversation in lines, and its end when the peer breaks the protocol.
 *
 * @module
 */

import type { Clock } from "../base/clock.ts";
import type { Conn } from "../net/net.ts";
import { ProtocolError } from "../protocol/protocol_error.ts";
import { encodeError } from "../protocol/replies.ts";
import { LineConn } from "./line_conn.ts";

/** Options of {@link serveLines}. */
export interface LineServerOptions {
  /** Times the waits. */
  clock: Clock;
  /** How long the peer may make no progress, in milliseconds. */
  idleMs: number;
  /** Reads what the peer asks, and answers it. What it throws of {@link ProtocolError} is answered by `ERROR`. */
  talk: (lines: LineConn) => Promise<void>;
  /** Told of a peer that broke the protocol; returns the word for `ERROR`. */
  refuse: (error: ProtocolError, peer: string) => string;
}

/**
 * Serves one connection to its end, and hangs up.
 *
 * @throws {NetError} or {DeadlineError} if the peer is gone or makes no progress.
 */
export async function serveLines(conn: Conn, { clock, idleMs, talk, refuse }: LineServerOptions): Promise<void> {
  const lines = new LineConn(conn, { clock, idleMs });
  try {
    await talk(lines);
    await lines.finish();
  } catch (error) {
    if (!(error instanceof ProtocolError)) throw error;
    await lines.writeLines(encodeError(refuse(error, lines.peer)));
    await lines.finish();
  } finally {
    lines.close();
  }
}
