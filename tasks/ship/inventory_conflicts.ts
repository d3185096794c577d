/**
 * What cannot all be so in one inventory, though each part of it could.
 *
 * @module
 */

import { formatAddress, isLoopback, isWildcard, listAddresses } from "../../src/base/address.ts";
import type { Machine, ShippedRole } from "./machine.ts";
import type { UsedPort } from "./role_flags.ts";

/** Finds two that are in each other's way, and says so in one line; `undefined` if there are none. */
export function findConflict(machines: readonly Machine[]): string | undefined {
  return findTwice(machines, ({ name }) => name, ([one]) => `two machines are called "${one.name}"`) ??
    findTwice(machines, placeOf, ([one, two]) => {
      return `machines "${one.name}" and "${two.name}" have the same host, port, user and folder`;
    }) ?? findFirst(machines, findConflictOn) ?? findSharedId(machines);
}

function findConflictOn({ name, roles }: Machine): string | undefined {
  const where = `machine "${name}"`;
  return findTwice(roles, (role) => role.name.toLowerCase(), ([one]) => {
    return `${where}: two roles are called "${one.name}"; give one another "name"`;
  }) ?? findSharedPort(roles, where);
}

/** Where a machine's folder is. Names of hosts and users may be the same in other letters. */
function placeOf({ host, port = 22, user = "", folder }: Machine): string {
  return JSON.stringify([host.toLowerCase(), port, user, folder]);
}

function findSharedPort(roles: readonly ShippedRole[], where: string): string | undefined {
  const uses = roles.flatMap(({ name, settings }) => settings.ports.map((use) => ({ name, use })));
  for (const [at, one] of uses.entries()) {
    const other = uses.slice(at + 1).find(({ use }) => overlap(one.use, use));
    if (other === undefined) continue;
    const port = `${one.use.transport} ${one.use.port}`;
    return one.name === other.name
      ? `${where}: role "${one.name}" would listen on ${port} twice`
      : `${where}: roles "${one.name}" and "${other.name}" would both listen on ${port}`;
  }
  return undefined;
}

function overlap(a: UsedPort, b: UsedPort): boolean {
  if (a.port === 0 || a.port !== b.port || a.transport !== b.transport) return false;
  return a.host === b.host || isWildcard(a.host) || isWildcard(b.host);
}

/** Two content servers of one index need an id each, and the default is one for all: easily forgotten. */
function findSharedId(machines: readonly Machine[]): string | undefined {
  const servers = machines.flatMap((machine) =>
    machine.roles.flatMap((role) => {
      const { identity } = role.settings;
      if (identity === undefined) return [];
      const { serverId, indexes } = identity;
      return listAddresses(indexes).map((index) => {
        // Every machine has a loopback of its own.
        const place = isLoopback(index.host) ? `${machine.host} ${index.port}` : formatAddress(index);
        return { name: `${machine.name}/${role.name}`, serverId, key: `${serverId} ${place}` };
      });
    })
  );
  return findTwice(servers, ({ key }) => key, ([one, two]) => {
    return `${one.name} and ${two.name} have the same server-id "${one.serverId}" at the same index`;
  });
}

function findTwice<T>(
  list: readonly T[],
  keyOf: (one: T) => string,
  describe: (pair: readonly [T, T]) => string,
): string | undefined {
  const seen = new Map<string, T>();
  for (const one of list) {
    const key = keyOf(one);
    const before = seen.get(key);
    if (before !== undefined) return describe([before, one]);
    seen.set(key, one);
  }
  return undefined;
}

function findFirst<T>(list: readonly T[], find: (one: T) => string | undefined): string | undefined {
  for (const one of list) {
    const found = find(one);
    if (found !== undefined) return found;
  }
  return undefined;
}
