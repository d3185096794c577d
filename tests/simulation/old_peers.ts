/**
 * Peers that speak the common contract only: to them a renewal is no word at all.
 *
 * @module
 */

import type { Random } from "../../src/base/random.ts";
import type { Conn, Listener, Net } from "../../src/net/net.ts";
import { chance, oneOf } from "./draw.ts";

/** What an old index does about a word that it does not know. */
export type OldWay = "refuses" | "hangs up" | "says nothing";

/** Who is old in a simulated network. */
export interface OldPeers {
  /** What the index does; undefined if it is a new one. */
  readonly index: OldWay | undefined;
  /** Content servers that always register, as old ones do: their renewals are refused. */
  readonly contents: readonly string[];
}

const WAYS: readonly OldWay[] = ["refuses", "hangs up", "says nothing"];
/** How a renewal begins, and no other word. */
const RENEWAL = "REN";
/** What nobody understands. */
const NONSENSE = "X".charCodeAt(0);

/** Draws who is old: in every third network somebody. */
export function drawOldPeers(random: Random, contents: readonly string[]): OldPeers {
  const index = chance(random, 0.2) ? oneOf(random, WAYS) : undefined;
  const isMixed = chance(random, 0.2);
  return { index, contents: contents.filter(() => isMixed && chance(random, 0.5)) };
}

/** The network of an index as it is where somebody is old. */
export function oldNet(net: Net, { index, contents }: OldPeers): Net {
  const wayOf = (host: string): OldWay | undefined => index ?? (contents.includes(host) ? "refuses" : undefined);
  return {
    bind: (at) => net.bind(at),
    dial: (to, options) => net.dial(to, options),
    listen: async (at) => oldListener(await net.listen(at), wayOf),
  };
}

function oldListener(listener: Listener, wayOf: (host: string) => OldWay | undefined): Listener {
  return {
    address: listener.address,
    close: () => listener.close(),
    async *[Symbol.asyncIterator](): AsyncGenerator<Conn> {
      for await (const conn of listener) {
        const way = wayOf(conn.remote.host);
        yield way === undefined ? conn : oldConn(conn, way);
      }
    },
  };
}

function oldConn(conn: Conn, way: OldWay): Conn {
  let isFirst = true;
  const read = async (into: Uint8Array): Promise<number | null> => {
    const count = await conn.read(into);
    const isRenewal = isFirst && count !== null && startsWith(into.subarray(0, count), RENEWAL);
    isFirst = false;
    if (!isRenewal) return count;
    if (way === "hangs up") conn.close();
    else if (way === "says nothing") { while (await conn.read(into) !== null); }
    else into[0] = NONSENSE;
    return way === "refuses" ? count : null;
  };
  return {
    local: conn.local,
    remote: conn.remote,
    get sentBytes(): number {
      return conn.sentBytes;
    },
    get receivedBytes(): number {
      return conn.receivedBytes;
    },
    read,
    write: (bytes) => conn.write(bytes),
    closeWrite: () => conn.closeWrite(),
    close: () => conn.close(),
  };
}

function startsWith(bytes: Uint8Array, text: string): boolean {
  return [...text].every((character, at) => bytes[at] === character.charCodeAt(0));
}
