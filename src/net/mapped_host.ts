/**
 * IPv4 in IPv6's clothing. An IPv6 socket that also takes IPv4 shows `127.0.0.1` as `::ffff:127.0.0.1`; roles
 * compare hosts and must see one name for one machine.
 *
 * Source: RFC 4291, section 2.5.5.2.
 *
 * @module
 */

const PREFIX = "::ffff:";

/** Returns the plain form of an IPv4 host in its mapped form, and any other host as it is. */
export function unmapHost(host: string): string {
  return host.startsWith(PREFIX) && host.includes(".") ? host.slice(PREFIX.length) : host;
}

/** Returns the mapped form of a plain IPv4 host. */
export function mapHost(host: string): string {
  return PREFIX + host;
}
