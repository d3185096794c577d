/**
 * The transport: all that a role knows of a network. Bytes, half-close, cancel, and nothing of a runtime.
 *
 * Implementations: `deno.ts`, `node.ts` (Node and Bun), `memory.ts`. All pass `tests/net_contract.ts`.
 *
 * @module
 */

import type { AbortOptions } from "../base/abort.ts";
import type { Address } from "../base/address.ts";

/**
 * How a port is shared among programs of one user: the system hands each stream to one of those who listen there.
 *
 * - `found`: as the first. Nobody may listen there yet; from then on others may join.
 * - `join`: beside those who share it.
 */
export type PortSharing = "found" | "join";

/** Options of {@link Net.listen}. */
export interface ListenOptions {
  /** Whether, and how, the port is shared. Default: it is not. */
  sharing?: PortSharing | undefined;
}

/** The network. */
export interface Net {
  /**
   * Opens a stream to `to`. Nagle's algorithm is off, so that each write leaves at once.
   *
   * @throws {NetError} if nobody answers there; the signal's own reason if it aborts.
   */
  dial(to: Address, options?: AbortOptions): Promise<Conn>;
  /**
   * Listens for streams. Port 0 takes any free one; see {@link Listener.address}.
   *
   * @throws {NetError} `"in-use"`, `"denied"`, `"unavailable"` or `"unknown-host"` if it cannot be had; `"unsupported"`
   *   if it is to be shared, and the runtime or the system cannot.
   */
  listen(at: Address, options?: ListenOptions): Promise<Listener>;
  /**
   * Opens a datagram socket. Port 0 takes any free one; see {@link PacketSocket.address}.
   *
   * @throws {NetError} `"in-use"`, `"denied"`, `"unavailable"` or `"unknown-host"` if it cannot be had.
   */
  bind(at: Address): Promise<PacketSocket>;
}

/** One stream of bytes each way. */
export interface Conn {
  /** This side. */
  readonly local: Address;
  /** The other side. */
  readonly remote: Address;
  /**
   * Bytes handed to the operating system so far. Grows while a {@link Conn.write} is under way, so that a
   * watchdog can tell a slow reader from one that has stopped.
   */
  readonly sentBytes: number;
  /** Bytes read from the other side so far. */
  readonly receivedBytes: number;
  /**
   * Reads what is there, at least one byte, into the start of `into`. One read at a time.
   *
   * @returns the count, or `null` when the other side has closed its direction. Runtimes cannot always tell that
   *   from breaking off: who must know that all has come counts bytes.
   * @throws {NetError} `"reset"` if the other side broke off, `"closed"` after our own {@link Conn.close}.
   */
  read(into: Uint8Array): Promise<number | null>;
  /**
   * Writes all of `bytes`, waiting while the other side is slow. The bytes must stay unchanged until this
   * resolves. One write at a time; no bytes is a no-op.
   *
   * @throws {NetError} `"reset"` if the other side is gone, `"closed"` after our own {@link Conn.close} or
   *   {@link Conn.closeWrite}.
   */
  write(bytes: Uint8Array): Promise<void>;
  /**
   * Ends our direction: the other side reads `null` after what was written. Reading goes on. Idempotent, and a no-op
   * on a stream that is closed or broken. Not while a write is under way.
   */
  closeWrite(): Promise<void>;
  /** Ends both directions at once; a read or write under way throws `"closed"`. Idempotent. */
  close(): void;
}

/**
 * Streams as they come in. Closing it ends the iteration quietly; accepted streams live on, those that still wait are
 * closed. Leaving a loop over it does not close it: a later loop goes on. One loop at a time.
 */
export interface Listener extends AsyncIterable<Conn> {
  /** Where it really listens. */
  readonly address: Address;
  /** Stops listening. Idempotent. */
  close(): void;
}

/** One datagram as it came in. */
export interface Packet {
  /** Its bytes, possibly none. Owned by the receiver. */
  readonly bytes: Uint8Array;
  /** Who sent it. */
  readonly from: Address;
}

/**
 * Datagrams as they come in. Closing it ends the iteration quietly. Leaving a loop over it does not close it: a later
 * loop goes on. One loop at a time. Of datagrams that nobody takes a limited number wait, then they are dropped.
 */
export interface PacketSocket extends AsyncIterable<Packet> {
  /** Where it is really bound. */
  readonly address: Address;
  /**
   * Sends one datagram of at most {@link MAX_DATAGRAM_BYTES}. Arrival is not promised.
   *
   * @throws {NetError} `"too-large"`, or `"closed"` after our own {@link PacketSocket.close}.
   */
  send(bytes: Uint8Array, to: Address): Promise<void>;
  /** Closes it. Idempotent. */
  close(): void;
}

/** The largest datagram over IPv4: 65,535 less the IP and UDP headers. */
export const MAX_DATAGRAM_BYTES = 65_507;
