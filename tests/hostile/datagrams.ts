/**
 * Datagrams, as many as there may be.
 *
 * @module
 */

import type { Address } from "../../src/base/address.ts";
import { bytesOf, NET } from "./exchange.ts";

/** How many are handed to the system at once. */
const SENT_AT_ONCE = 200;

/** Options of {@link datagramFlood}. */
export interface DatagramFloodOptions {
  /** How many. */
  count: number;
  /** The one at a place in the row. */
  make: (at: number) => string | Uint8Array;
  /** Called now and then, so that the receiver gets a turn. Default: nothing. */
  pause?: () => Promise<void>;
}

/** Sends datagrams as fast as the system takes them; it drops what the receiver is too slow for. */
export async function datagramFlood(to: Address, { count, make, pause }: DatagramFloodOptions): Promise<void> {
  const socket = await NET.bind({ host: to.host, port: 0 });
  try {
    for (let sent = 0; sent < count; sent += SENT_AT_ONCE) {
      const batch = Array.from({ length: Math.min(SENT_AT_ONCE, count - sent) }, (_, at) => bytesOf(make(sent + at)));
      await Promise.all(batch.map((bytes) => socket.send(bytes, to)));
      await pause?.();
    }
  } finally {
    socket.close();
  }
}
