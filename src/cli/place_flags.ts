/**
 * Flags for places on the earth, and on the network.
 *
 * @module
 */

import { type Address, formatAddress, MAX_PORT, parseAddress } from "../base/address.ts";
import { type Flag, type FlagOptions, readHost, refuse } from "./flag.ts";
import { UsageError } from "./usage_error.ts";

/** A number of degrees from `-max` to `max`. */
export function degrees(options: FlagOptions & { initial: number; max: number }): Flag<number> {
  const { initial, max, ...rest } = options;
  return {
    shown: String(initial),
    ...rest,
    placeholder: "DEGREES",
    initial,
    read(text): number {
      const value = /^[-+]?(\d{1,3}(\.\d*)?|\.\d+)$/.test(text) ? Number(text) : NaN;
      return Math.abs(value) <= max ? value : refuse(`a number of degrees from -${max} to ${max}`, text);
    },
  };
}

/** Where a service is that speaks HTTP: `http://HOST:PORT`, `HOST:PORT`, or `HOST` for its usual port. */
export function service(options: FlagOptions & { initial: Address }): Flag<Address> {
  const { initial, ...rest } = options;
  const read = (text: string): Address => readService(text, initial.port);
  return { shown: formatAddress(initial), ...rest, placeholder: "URL", initial, read };
}

/** Where services of one kind are, by preference. The flag may be given several times, or with commas between them. */
export function services(
  options: FlagOptions & { initial: readonly Address[]; usualPort: number },
): Flag<readonly Address[]> {
  const { initial, usualPort, ...rest } = options;
  return {
    shown: initial.length === 0 ? "none" : initial.map(formatAddress).join(","),
    ...rest,
    placeholder: "URL",
    isList: true,
    initial,
    read: (text) => text.split(",").map((one) => readService(one.trim(), usualPort)),
  };
}

/** A host, and its port if it has one of its own. */
export interface Place {
  /** A name, an IPv4 or an IPv6 address. */
  readonly host: string;
  /** 1 to 65535. */
  readonly port: number | undefined;
}

/** Machines, by preference: `HOST` or `HOST:PORT`. The flag may be given several times, or with commas between them. */
export function places(options: FlagOptions & { initial: readonly Place[] }): Flag<readonly Place[]> {
  const { initial, ...rest } = options;
  return {
    shown: initial.map(({ host }) => host).join(","),
    ...rest,
    placeholder: "HOST[:PORT]",
    isList: true,
    initial,
    read: (text) => text.split(",").map((one) => readPlace(one.trim())),
  };
}

function readPlace(text: string): Place {
  const expected = "HOST or HOST:PORT";
  try {
    return { host: readHost(text, expected), port: undefined };
  } catch (error) {
    if (!(error instanceof UsageError)) throw error;
  }
  const [, host = "", digits = ""] = text.match(/^(.+):(\d{1,5})$/) ?? [];
  const port = Number(digits);
  return port >= 1 && port <= MAX_PORT ? { host: readHost(host, expected), port } : refuse(expected, text);
}

function readService(text: string, usualPort: number): Address {
  const [, scheme = "http", rest = text] = text.match(/^([a-z][a-z0-9+.-]*):\/\/([^/]*)\/?$/i) ?? [];
  // A URL without a port means that of HTTP, also where the service has another one by itself.
  const port = rest === text ? usualPort : 80;
  const isPlain = /^(\[[^\]]*\]|[^:[\]/?#@\s\p{Cc}]+)$/u.test(rest);
  try {
    const address = parseAddress(isPlain ? `${rest}:${port}` : rest);
    if (scheme.toLowerCase() === "http" && address.port > 0 && !/[/?#@\p{Cc}]/u.test(address.host)) return address;
  } catch (error) {
    if (!(error instanceof RangeError)) throw error;
  }
  return refuse("http://HOST:PORT or HOST:PORT", text);
}
