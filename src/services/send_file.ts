/**
 * Sends a part of a file: a head, then bytes that are there or on their way.
 *
 * @module
 */

import type { Loan } from "../storage/hot_files.ts";
import type { FilePieces } from "./file_pieces.ts";
import type { LineConn } from "./line_conn.ts";

/** Up to here it is cheaper to copy bytes behind their head than to write twice. */
const MAX_JOINED_BYTES = 16_384;

/** What goes before the bytes. */
export interface SendHead {
  /** The line that announces them. */
  readonly line: string;
  /** Whether it must leave in a segment of its own: some clients read it with one `recv`. */
  readonly isApart: boolean;
}

/** Sends bytes that are in memory, behind their head. */
export async function sendBytes(lines: LineConn, head: SendHead, bytes: Uint8Array): Promise<void> {
  if (!head.isApart && bytes.length <= MAX_JOINED_BYTES) return await lines.writeJoined(`${head.line}\n`, bytes);
  await lines.writeLines(head.line);
  await lines.write(bytes);
}

/** What to send, and who is told of it. */
export interface SendPiecesOptions {
  /** What goes before the bytes. */
  readonly head: SendHead;
  /** The bytes. */
  readonly pieces: FilePieces;
  /** Told of bytes that went out. */
  readonly onSent: (bytes: number) => void;
}

/**
 * Sends bytes of a file behind their head. The next ones are read while the last ones are sent.
 *
 * @returns whether all bytes were sent; false if the file was written to meanwhile.
 */
export async function sendPieces(lines: LineConn, { head, pieces, onSent }: SendPiecesOptions): Promise<boolean> {
  let ahead = begin(pieces);
  let isHeadSent = false;
  try {
    if (head.isApart || ahead === undefined) {
      await lines.writeLines(head.line);
      isHeadSent = true;
    }
    while (ahead !== undefined) {
      const piece: Loan | undefined = await ahead;
      ahead = undefined;
      if (piece === undefined) return false;
      try {
        ahead = begin(pieces);
        await (isHeadSent ? lines.write(piece.bytes) : sendBytes(lines, head, piece.bytes));
        onSent(piece.bytes.length);
      } finally {
        piece.release();
      }
      isHeadSent = true;
    }
    return true;
  } finally {
    // What is being read into is in use until it has come.
    (await ahead?.catch(() => undefined))?.release();
  }
}

/** Begins to read what comes next; `undefined` at the end. */
function begin(pieces: FilePieces): Promise<Loan | undefined> | undefined {
  if (pieces.isAtEnd) return undefined;
  const ahead = pieces.next();
  // It may fail while something is being sent: whoever waits for it hears of that, afterwards.
  ahead.catch(() => {});
  return ahead;
}
