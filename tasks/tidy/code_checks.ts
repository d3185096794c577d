/**
 * Names and sizes of source files, and what they may not say to the tools.
 *
 * @module
 */

import { type Check, eachFile, isGenerated, linesOf, type Problem, type TextFile } from "./project.ts";

/** Lines from which a file is pointed out. */
export const WARN_LINES = 500;

/** Lines that a file may not pass. */
export const MAX_LINES = 800;

/** Names that say nothing of what is inside. */
const DRAWERS = /^(.*_)?(utils?|helpers?|types|constants)\.ts$/;

/** The role named index, and its program; everywhere else such a file would be a barrel. */
const INDEX_ROLE: readonly string[] = ["src/roles/cdn/index.ts", "src/cli/programs/index.ts"];

function isSource({ path }: TextFile): boolean {
  return path.endsWith(".ts");
}

/** Files that are too long. Generated ones and the stand-ins in `std` are exempt. */
export const checkSizes: Check = eachFile(function* (file): Generator<Problem> {
  const { path } = file;
  if (!isSource(file) || path.startsWith("std/") || isGenerated(file)) return;
  const lines = linesOf(file).length;
  if (lines > MAX_LINES) yield { path, message: `${lines} lines: the most is ${MAX_LINES}` };
  else if (lines > WARN_LINES) yield { path, message: `${lines} lines: look for a second noun`, warning: true };
});

/** Names of files and folders. */
export const checkNames: Check = eachFile(function* (file): Generator<Problem> {
  if (!isSource(file)) return;
  const { path } = file;
  const parts = path.split("/");
  const name = parts.pop()!;
  if (DRAWERS.test(name)) yield { path, message: "a drawer's name: name the file after the noun it exports" };
  if (name === "index.ts" && !INDEX_ROLE.includes(path)) {
    yield { path, message: "a barrel's name: only a role may be an index" };
  }
  if (!/^[a-z0-9]+(_[a-z0-9]+)*(\.d)?\.ts$/.test(name)) yield { path, message: "its name is not in snake_case" };
  const folder = parts.find((part) => !/^\.?[a-z0-9]+(_[a-z0-9]+)*$/.test(part));
  if (folder !== undefined) yield { path, message: `its folder "${folder}" is not in snake_case` };
});

const IGNORE = new RegExp(`${"deno-lint"}-ignore(?:-file)?(?![\\w-])(.*)$`);

/** Comments that silence a tool: each names its rules and its reason, and our own rules cannot be silenced. */
export const checkSilencing: Check = eachFile(function* (file): Generator<Problem> {
  if (!isSource(file)) return;
  for (const [line, text] of linesOf(file)) {
    const at = { path: file.path, line };
    if (new RegExp(`@ts-(${"ig"}nore|${"no"}check)`).test(text)) {
      yield { ...at, message: "the compiler may not be silenced" };
    }
    const [, rest] = IGNORE.exec(text) ?? [];
    if (rest === undefined) continue;
    const [rules, reason] = rest.replace(/\*\/\s*$/, "").split(/--(.*)/s).map((part) => part.trim());
    if (!rules) yield { ...at, message: "an ignore without rules silences all of them" };
    if (/\blayers\//.test(rules ?? "")) yield { ...at, message: "the rules of layers cannot be ignored" };
    if (!reason) yield { ...at, message: 'an ignore needs its reason: " -- why"' };
  }
});

/** Specifiers with a version or a registry in code: deno.json is the only place for them. */
export const checkVersions: Check = eachFile(function* (file): Generator<Problem> {
  if (!isSource(file)) return;
  for (const [line, text] of linesOf(file)) {
    const [found] = /\bnpm:@?[a-z0-9][\w./-]*@[\w^~<>=*]|\bjsr:@?[a-z0-9]/.exec(text) ?? [];
    if (found === undefined) continue;
    yield { path: file.path, line, message: `"${found}...": versions and registries stand in deno.json alone` };
  }
});
