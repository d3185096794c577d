/**
 * The list of machines: what runs where, and how to get there.
 *
 * @module
 */

import { MAX_PORT } from "../../src/base/address.ts";
import { nearest } from "../../src/cli/suggestion.ts";
import { UsageError } from "../../src/cli/usage_error.ts";
import { escapeControls } from "../../src/env/escape_controls.ts";
import { findConflict } from "./inventory_conflicts.ts";
import type { Machine, ShippedRole } from "./machine.ts";
import { findRepeatedKey } from "./repeated_key.ts";
import { readRoleFlags } from "./role_flags.ts";
import type { RoleKind } from "./role_kinds.ts";

/** Where a machine keeps what it is sent, unless the inventory says otherwise. */
export const DEFAULT_FOLDER = "microcdn";

/** The most machines in an inventory, and roles on a machine. */
const LIMITS = { machines: 1_000, roles: 100 } as const;

/** A name that can be a word on the command line, a part of a file's name, and a part of a service's. */
const NAME = /^[A-Za-z0-9][A-Za-z0-9._-]{0,63}$/;
const USER = /^[A-Za-z0-9_][A-Za-z0-9._@\\-]{0,63}$/;
const HOST = /^[A-Za-z0-9_:[][^\s/\\'"`$;&|<>(){}*?!#\p{Cc}]{0,254}$/u;
const OPTION = /^[A-Za-z][A-Za-z0-9]*$/;

/** Options of `ssh` that belong to us: without them it would ask, stay, or go elsewhere. In lower case. */
const OUR_OPTIONS = new Map([
  ...["batchmode", "requesttty", "remotecommand", "sessiontype", "stdinnull", "forkafterauthentication"].map((name) =>
    [name, "ship sets it"] as const
  ),
  ["port", 'write "port"'],
  ["user", 'write "user"'],
  ["hostname", 'write "host"'],
  ["identityfile", 'write "identity"'],
]);

/**
 * Reads an inventory.
 *
 * @param text The file's text: JSON. README.md shows its form.
 * @throws {UsageError} if it makes no sense: the reason in one line, which says where.
 */
export function parseInventory(text: string, kinds: ReadonlyMap<string, RoleKind>): readonly Machine[] {
  const object = readObject(parseJson(text), "the inventory", ["machines"]);
  const list = readList(object["machines"], '"machines"', LIMITS.machines);
  const machines = list.map((one, at) => readMachine(one, `machine ${at + 1}`, kinds));
  const conflict = findConflict(machines);
  if (conflict !== undefined) throw new UsageError(conflict);
  return machines;
}

function parseJson(text: string): unknown {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch (error) {
    throw new UsageError(`it is no JSON: ${(error as Error).message}`, { cause: error });
  }
  const key = findRepeatedKey(text);
  if (key !== undefined) throw new UsageError(`the key ${show(key)} stands twice in one object`);
  return value;
}

const MACHINE_KEYS = ["name", "host", "port", "user", "identity", "config", "options", "folder", "roles"] as const;
const ROLE_KEYS = ["role", "name", "flags"] as const;

function readMachine(value: unknown, nth: string, kinds: ReadonlyMap<string, RoleKind>): Machine {
  const object = readObject(value, nth, MACHINE_KEYS);
  const host = readHost(object["host"], `${nth}: "host"`);
  const name = readText(object["name"] ?? host, `${nth}: "name"`, {
    form: object["name"] === undefined ? HOST : NAME,
    expected: "letters, digits, dots, dashes and underlines",
  });
  const where = `machine ${show(name)}`;
  const { port, user, identity, config, options, folder = DEFAULT_FOLDER, roles } = object;
  const list = readList(roles, `${where}: "roles"`, LIMITS.roles);
  return {
    name,
    host,
    ...(port !== undefined && { port: readPort(port, `${where}: "port"`) }),
    ...(user !== undefined && { user: readText(user, `${where}: "user"`, { form: USER, expected: "a user's name" }) }),
    ...(identity !== undefined && { identity: readPath(identity, `${where}: "identity"`) }),
    ...(config !== undefined && { config: readPath(config, `${where}: "config"`) }),
    options: options === undefined ? [] : readOptions(options, `${where}: "options"`),
    folder: readFolder(folder, `${where}: "folder"`),
    roles: list.map((one, at) => readRole(one, { where, nth: `role ${at + 1}`, kinds })),
  };
}

interface RoleContext {
  readonly where: string;
  readonly nth: string;
  readonly kinds: ReadonlyMap<string, RoleKind>;
}

function readRole(value: unknown, { where, nth, kinds }: RoleContext): ShippedRole {
  const object = readObject(value, `${where}, ${nth}`, ROLE_KEYS);
  const word = readText(object["role"], `${where}, ${nth}: "role"`, { form: /./, expected: "the name of a role" });
  const kind = kinds.get(word);
  if (kind === undefined) {
    throw new UsageError(`${where}, ${nth}: unknown role ${show(word)}${suggest(word, [...kinds.keys()])}`);
  }
  const name = readText(object["name"] ?? word, `${where}, ${nth}: "name"`, {
    form: NAME,
    expected: "letters, digits, dots, dashes and underlines",
  });
  const flags = object["flags"] ?? {};
  if (!isObject(flags)) throw new UsageError(`${where}, role ${show(name)}: "flags" must be an object`);
  return { name, kind, ...readRoleFlags(flags, kind, `${where}, role ${show(name)}`) };
}

function readOptions(value: unknown, where: string): readonly (readonly [string, string])[] {
  if (!isObject(value)) throw new UsageError(`${where} must be an object, such as {"ProxyJump": "gate"}`);
  return Object.entries(value).map(([name, given]) => {
    if (!OPTION.test(name)) throw new UsageError(`${where}: ${show(name)} is no option of ssh`);
    const reason = OUR_OPTIONS.get(name.toLowerCase());
    if (reason !== undefined) throw new UsageError(`${where}: ${name} cannot be set here: ${reason}`);
    const text = typeof given === "boolean" ? given ? "yes" : "no" : String(given);
    const isPlain = typeof given === "boolean" || typeof given === "number" || typeof given === "string";
    if (!isPlain || text === "" || /\p{Cc}/u.test(text)) {
      throw new UsageError(`${where}: ${name} must be a text, a number, true or false`);
    }
    return [name, text];
  });
}

function readHost(value: unknown, where: string): string {
  const host = readText(value, where, { form: HOST, expected: "a host, an address or an alias" });
  const misplaced = host.includes("@") ? "user" : /^[^:]+:\d+$/.test(host) ? "port" : undefined;
  if (misplaced === undefined) return host.replace(/^\[(.+)\]$/, "$1");
  throw new UsageError(`${where}: write the ${misplaced} of ${show(host)} as "${misplaced}"`);
}

function readPort(value: unknown, where: string): number {
  if (typeof value === "number" && Number.isInteger(value) && value >= 1 && value <= MAX_PORT) return value;
  throw new UsageError(`${where} must be a number from 1 to ${MAX_PORT}, got ${show(value)}`);
}

function readPath(value: unknown, where: string): string {
  return readText(value, where, { form: /^\P{Cc}{1,4096}$/u, expected: "a path" });
}

function readFolder(value: unknown, where: string): string {
  const text = readText(value, where, { form: /^\P{Cc}{1,200}$/u, expected: "a path of at most 200 characters" });
  const path = text.replace(/^~\//, "").replace(/(?<=.)\/+$/, "");
  const parts = path.split("/");
  if (parts.includes("..")) throw new UsageError(`${where} may not lead upwards with "..", got ${show(text)}`);
  if (parts.every((part) => part === "" || part === "." || part === "~")) {
    throw new UsageError(`${where} must be a folder of its own, got ${show(text)}`);
  }
  if (path.startsWith("~")) throw new UsageError(`${where}: write the path of another user's home, not ${show(text)}`);
  return path;
}

interface Form {
  readonly form: RegExp;
  readonly expected: string;
}

function readText(value: unknown, where: string, { form, expected }: Form): string {
  if (value === undefined) throw new UsageError(`${where} is missing`);
  if (typeof value === "string" && value.isWellFormed() && form.test(value)) return value;
  throw new UsageError(`${where} must be ${expected}, got ${show(value)}`);
}

function readList(value: unknown, where: string, max: number): readonly unknown[] {
  if (value === undefined) throw new UsageError(`${where} is missing`);
  if (!Array.isArray(value)) throw new UsageError(`${where} must be a list`);
  if (value.length === 0) throw new UsageError(`${where} is empty`);
  if (value.length > max) throw new UsageError(`${where} has ${value.length} entries, and may have ${max}`);
  return value;
}

function readObject(value: unknown, where: string, keys: readonly string[]): Readonly<Record<string, unknown>> {
  if (!isObject(value)) throw new UsageError(`${where} must be an object`);
  const unknown = Object.keys(value).find((key) => !keys.includes(key));
  if (unknown !== undefined) throw new UsageError(`${where}: unknown key ${show(unknown)}${suggest(unknown, keys)}`);
  return value;
}

function suggest(typed: string, known: readonly string[]): string {
  const meant = nearest(typed, known);
  return meant === undefined ? `; there are ${known.join(", ")}` : `; did you mean "${meant}"?`;
}

/** Writes what was given in at most one line. */
function show(value: unknown): string {
  const text = JSON.stringify(value) ?? String(value);
  return escapeControls(text.length > 80 ? `${text.slice(0, 79)}…` : text);
}

function isObject(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}
