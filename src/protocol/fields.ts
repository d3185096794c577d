/**
 * The words of a line, read strictly: what is not exactly a number is none.
 *
 * @module
 */

import { MAX_PORT } from "../base/address.ts";

/** The longest server id, in bytes. */
export const MAX_SERVER_ID_BYTES = 128;

/** Reads a whole number from 0 to 2^53 - 1, digits only; `undefined` for anything else. */
export function readCount(word: string | undefined): number | undefined {
  if (word === undefined || !/^\d{1,16}$/.test(word)) return undefined;
  const count = Number(word);
  return Number.isSafeInteger(count) ? count : undefined;
}

/** Reads a port from 1 to 65535; `undefined` for anything else. */
export function readPort(word: string | undefined): number | undefined {
  const port = readCount(word);
  return port !== undefined && port >= 1 && port <= MAX_PORT ? port : undefined;
}

/** Reads a server id: 1 to {@link MAX_SERVER_ID_BYTES} visible ASCII characters. */
export function readServerId(word: string | undefined): string | undefined {
  return word !== undefined && word.length <= MAX_SERVER_ID_BYTES && /^[!-~]+$/.test(word) ? word : undefined;
}

/** Reads a host: a name, an IPv4 or an IPv6 address without brackets, at most 255 characters. */
export function readHost(word: string | undefined): string | undefined {
  return word !== undefined && word.length <= 255 && /^[0-9A-Za-z._:%-]+$/.test(word) ? word : undefined;
}

/** Reads a digest, `sha256:` and 64 lower-case hex digits: the digits. */
export function readSha256(word: string | undefined): string | undefined {
  return word !== undefined && /^sha256:[0-9a-f]{64}$/.test(word) ? word.slice("sha256:".length) : undefined;
}
