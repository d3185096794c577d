/**
 * The flags of a role as an inventory gives them, by the table of flags that the program itself reads.
 *
 * @module
 */

import type { Address } from "../../src/base/address.ts";
import type { Flag } from "../../src/cli/flag.ts";
import { readFlagText } from "../../src/cli/flag_sources.ts";
import { type FlagSource, readFlag } from "../../src/cli/flags.ts";
import type { Place } from "../../src/cli/place_flags.ts";
import { UsageError } from "../../src/cli/usage_error.ts";
import type { RoleKind } from "./role_kinds.ts";

/** A port that a role listens on. */
export interface UsedPort {
  /** Which kind of port. */
  readonly transport: "TCP" | "UDP";
  /** The host that it is bound to. */
  readonly host: string;
  /** Its number; 0 takes any. */
  readonly port: number;
}

/** What of a role's flags matters to who looks after it. */
export interface RoleSettings {
  /** Where its health can be asked. */
  readonly admin: Address | undefined;
  /** How long it may take to stop, in milliseconds. */
  readonly drainMs: number;
  /** Whether it says so little that it does not even say that it is ready. */
  readonly isQuiet: boolean;
  /** What it listens on. */
  readonly ports: readonly UsedPort[];
  /** Its id among the content servers of an index, and that index; undefined for what is no content server. */
  readonly identity: { readonly serverId: string; readonly indexes: readonly Address[] } | undefined;
}

/** How long a role takes at most to stop that has no flag for it: answers of an HTTP server that are under way. */
const HTTP_DRAIN_MS = 10_000;

/** The command line of a role, and what it comes to. */
export interface RoleFlags {
  /** `--port=5050`, in the order given. */
  readonly args: readonly string[];
  /** What it comes to. */
  readonly settings: RoleSettings;
}

/**
 * Reads flags: names without dashes, and texts, numbers, true or false.
 *
 * @param where What to say of the place in messages: `machine "lab1", role "index"`.
 * @throws {UsageError} if the role has no such flag, or a value cannot be read.
 */
export function readRoleFlags(given: Readonly<Record<string, unknown>>, kind: RoleKind, where: string): RoleFlags {
  const flags = Object.values(kind.command.flags);
  const known = new Set(flags.filter(({ name, onlyTyped }) => !onlyTyped && name !== "config").map(({ name }) => name));
  const texts = new Map<string, string>();
  for (const [name, value] of Object.entries(given)) {
    if (name === "config") {
      throw new UsageError(`${where}: write the flags of "config" here instead of the file's name`);
    }
    const text = readFlagText(name, value, { known, where });
    if (text === "") throw new UsageError(`${where}: flag "${name}" has no value`);
    if (text.includes("\0")) throw new UsageError(`${where}: flag "${name}" has a NUL in it`);
    texts.set(name, text);
  }
  const source: FlagSource = { label: ({ name }) => `${where}: flag "${name}"`, get: ({ name }) => texts.get(name) };
  for (const flag of flags) readFlag(flag, [source]);
  return {
    args: [...texts].map(([name, text]) => `--${name}=${text}`),
    settings: settingsOf(kind, (name) => readNamed(flags, name, source)),
  };
}

function readNamed(flags: readonly Flag<unknown>[], name: string, source: FlagSource): unknown {
  const flag = flags.find((flag) => flag.name === name);
  return flag === undefined ? undefined : readFlag(flag, [source]);
}

function settingsOf({ program }: RoleKind, value: (name: string) => unknown): RoleSettings {
  const host = value("host") as string;
  const admin = value("admin") as Address | undefined;
  const serverId = value("server-id") as string | undefined;
  const ports: UsedPort[] = program.ports.map(({ flag, transport }) => ({
    transport,
    host,
    port: value(flag) as number,
  }));
  return {
    admin,
    drainMs: (value("drain") as number | undefined) ?? HTTP_DRAIN_MS,
    isQuiet: value("quiet") as boolean,
    ports: admin === undefined ? ports : [...ports, { transport: "TCP", ...admin }],
    identity: serverId === undefined ? undefined : { serverId, indexes: indexesOf(value) },
  };
}

function indexesOf(value: (name: string) => unknown): readonly Address[] {
  const places = value("index-host") as readonly Place[];
  return places.map(({ host, port = value("index-port") as number }) => ({ host, port }));
}
