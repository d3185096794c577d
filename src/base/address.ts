/**
 * Where something listens: a host and a port.
 *
 * @module
 */

/** A host (name, IPv4 or IPv6 without brackets) and a port. */
export interface Address {
  /** `127.0.0.1`, `::1`, `cs1.lab`. */
  readonly host: string;
  /** 0 to 65535; 0 asks for any free port. */
  readonly port: number;
}

/** One address, or several, the first choice first. */
export type Addresses = Address | readonly Address[];

/** Lists addresses, each once. */
export function listAddresses(addresses: Addresses): readonly Address[] {
  const all = "host" in addresses ? [addresses] : addresses;
  return [...new Map(all.map((address) => [formatAddress(address), address])).values()];
}

/** Writes addresses with commas between them. */
export function formatAddresses(addresses: Addresses): string {
  return listAddresses(addresses).map(formatAddress).join(",");
}

/** The highest port. */
export const MAX_PORT = 65_535;

/** Writes an address as `host:port`, an IPv6 host in brackets. */
export function formatAddress({ host, port }: Address): string {
  return host.includes(":") ? `[${host}]:${port}` : `${host}:${port}`;
}

/** An IPv6 host has a colon at least, and may have a zone (`%eth0`). */
const ADDRESS = /^(?:\[([0-9A-Fa-f.]*:[0-9A-Fa-f:.]*(?:%[\w.-]+)?)\]|([^:\s[\]]+)):(\d{1,5})$/;

/**
 * Reads `host:port` or `[v6]:port`.
 *
 * @throws {RangeError} if the text has another shape or the port is not 0 to 65535.
 */
export function parseAddress(text: string): Address {
  const [, v6, name, digits] = text.match(ADDRESS) ?? [];
  const host = v6 ?? name;
  const port = Number(digits);
  if (host === undefined || !(port <= MAX_PORT)) {
    throw new RangeError(`Cannot read an address: expected HOST:PORT, got "${text}"`);
  }
  return { host, port };
}

/** Whether a host is this machine alone: `localhost`, 127.0.0.0/8 or `::1`. */
export function isLoopback(host: string): boolean {
  return host === "localhost" || host === "::1" || /^127(\.\d{1,3}){3}$/.test(host);
}

/** Whether a host stands for every address of the machine. */
export function isWildcard(host: string): boolean {
  return host === "0.0.0.0" || host === "::";
}
