/**
 * Listens in on the lines of a program's streams, in the very order in which the program reads and writes them.
 *
 * @module
 */

import type { AbortOptions } from "../../src/base/abort.ts";
import type { Address } from "../../src/base/address.ts";
import type { Conn, Listener, Net } from "../../src/net/net.ts";

/** Told of what passes on one stream. */
export interface TapListener {
  /** The program got a line. */
  received(line: string): void;
  /** The program says a line; what is said after the lines in another form may look like any. */
  said(line: string): void;
  /** The program writes bytes, told before their lines. */
  wrote?(bytes: Uint8Array): void;
}

/** Who listens in. */
export interface TapOptions {
  /** A stream came in. */
  accepted(remote: Address): TapListener;
  /** The program begins to dial. */
  dialling(to: Address): TapListener;
}

/** What is longer is a body. */
const MAX_HEAD_BYTES = 1_000;

/** Wraps a network so that somebody hears all lines. */
export function tapNet(net: Net, { accepted, dialling }: TapOptions): Net {
  return {
    bind: (at) => net.bind(at),
    dial: async (to, options?: AbortOptions) => {
      const listener = dialling(to);
      return tapConn(await net.dial(to, options), listener);
    },
    listen: async (at, options) => tapListener(await net.listen(at, options), accepted),
  };
}

function tapListener(listener: Listener, accepted: TapOptions["accepted"]): Listener {
  return {
    address: listener.address,
    close: () => listener.close(),
    async *[Symbol.asyncIterator](): AsyncGenerator<Conn> {
      for await (const conn of listener) yield tapConn(conn, accepted(conn.remote));
    },
  };
}

function tapConn(conn: Conn, { received, said, wrote }: TapListener): Conn {
  const incoming = lineSplitter(received), outgoing = lineSplitter(said);
  return {
    local: conn.local,
    remote: conn.remote,
    get sentBytes(): number {
      return conn.sentBytes;
    },
    get receivedBytes(): number {
      return conn.receivedBytes;
    },
    read: async (into) => {
      const count = await conn.read(into);
      if (count !== null) incoming(into.subarray(0, count));
      return count;
    },
    write: (bytes) => {
      wrote?.(bytes);
      // Of bodies that are followed as bytes, only the head is lines.
      if (wrote === undefined || bytes.length < MAX_HEAD_BYTES) outgoing(bytes);
      return conn.write(bytes);
    },
    closeWrite: () => conn.closeWrite(),
    close: () => conn.close(),
  };
}

function lineSplitter(take: (line: string) => void): (bytes: Uint8Array) => void {
  let rest = "";
  const decoder = new TextDecoder();
  return (bytes) => {
    const lines = (rest + decoder.decode(bytes, { stream: true })).split("\n");
    rest = lines.pop()!;
    for (const line of lines) take(line);
  };
}
