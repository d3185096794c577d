/**
 * One connection from its first byte to its last, however odd, within a time.
 *
 * @module
 */

import { onAbort } from "../../src/base/abort.ts";
import { type Address, formatAddress } from "../../src/base/address.ts";
import { systemClock } from "../../src/base/clock.ts";
import { withDeadline } from "../../src/base/deadline.ts";
import { denoNet } from "../../src/net/deno.ts";
import type { Conn } from "../../src/net/net.ts";
import { NetError } from "../../src/net/net_error.ts";

/** The machine's network. */
export const NET = denoNet();

/** Options of {@link exchange}. */
export interface ExchangeOptions {
  /** How long all of it may take, in milliseconds. */
  deadlineMs: number;
}

/**
 * Says `parts`, each in a write of its own, ends our direction, and returns all that comes back, as bytes in Latin-1.
 * A reset is an end as well: some of what we say is cut off on purpose.
 *
 * @throws {DeadlineError} if the other side does not end in time; {@link NetError} if nobody listens there.
 */
export async function exchange(
  to: Address,
  parts: Iterable<string | Uint8Array>,
  { deadlineMs }: ExchangeOptions,
): Promise<string> {
  const what = `finish with ${formatAddress(to)}`;
  return await withDeadline(systemClock(), { deadlineMs, what }, async (signal) => {
    const conn = await NET.dial(to, { signal });
    const off = onAbort(signal, () => conn.close());
    try {
      const [answer] = await Promise.all([readAll(conn), tell(conn, parts)]);
      return answer;
    } finally {
      off();
      conn.close();
    }
  });
}

/** Says `parts` and ends our direction. Who is cut off while it speaks has said enough. */
export async function tell(conn: Conn, parts: Iterable<string | Uint8Array>): Promise<void> {
  try {
    for (const part of parts) await conn.write(bytesOf(part));
    await conn.closeWrite();
  } catch (error) {
    if (!(error instanceof NetError)) throw error;
  }
}

/** Reads to the end, or to the break. Bytes in Latin-1. */
export async function readAll(conn: Conn): Promise<string> {
  const decoder = new TextDecoder("latin1");
  const buffer = new Uint8Array(16_384);
  let all = "";
  try {
    for (let count = await conn.read(buffer); count !== null; count = await conn.read(buffer)) {
      all += decoder.decode(buffer.subarray(0, count));
    }
  } catch (error) {
    if (!(error instanceof NetError)) throw error;
  }
  return all;
}

/** The bytes of what is to be said: a text is UTF-8. */
export function bytesOf(part: string | Uint8Array): Uint8Array {
  return typeof part === "string" ? new TextEncoder().encode(part) : part;
}
