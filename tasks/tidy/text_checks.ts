/**
 * What no text of the project may have, whatever it is about.
 *
 * @module
 */

import { type Check, eachFile, isOurs, linesOf, type Problem } from "./project.ts";

// Words that are looked for are put together from parts, or this file would hold them itself.

const LEFTOVERS = [["TO", "DO"], ["FIX", "ME"], ["X", "XX"], ["HA", "CK"]].map((parts) => parts.join(""));

const REGISTRIES = [
  ["registry.npmjs", "org"],
  ["registry.yarnpkg", "com"],
  ["jsr", "io"],
  ["deno", "land"],
  ["esm", "sh"],
  ["unpkg", "com"],
  ["jsdelivr", "net"],
  ["skypack", "dev"],
].map((parts) => parts.join("\\."));

const PATTERNS: readonly (readonly [pattern: RegExp, message: string])[] = [
  [new RegExp(`\\b(${LEFTOVERS.join("|")})\\b`), "a leftover: finish it, or write down a plan"],
  [new RegExp(`\\b[nN]ot ${"imple"}mented\\b`), "a leftover: finish it, or leave it out"],
  [new RegExp(`\\b(${REGISTRIES.join("|")})\\b`), "a registry's host: name packages in deno.json, hosts nowhere"],
  [new RegExp(`(?<![\\w.~-])/(${"wo"}rk|${"ro"}ot)/`), "a path of one machine"],
  [new RegExp(`\\.\\./${"sha"}red(?!\\w|\\.ts)`), "a path outside the project"],
];

/** Leftovers, registries' hosts, and paths of one machine. */
export const checkWords: Check = eachFile(function* (file): Generator<Problem> {
  if (!isOurs(file)) return;
  for (const [line, text] of linesOf(file)) {
    for (const [pattern, message] of PATTERNS) {
      const found = pattern.exec(text);
      if (found !== null) yield { path: file.path, line, message: `"${found[0]}" is ${message}` };
    }
  }
});

/** Blanks at line ends, tabs, carriage returns, and the last line's end. */
export const checkBlanks: Check = eachFile(function* (file): Generator<Problem> {
  const { path, text } = file;
  if (!isOurs(file)) return;
  for (const [line, content] of linesOf(file)) {
    if (content.includes("\r")) yield { path, line, message: "a carriage return: lines end with a line feed alone" };
    else if (/[ \t]$/.test(content)) yield { path, line, message: "blanks at the end of the line" };
    if (content.includes("\t")) yield { path, line, message: "a tab: indent with spaces, write others as \\t" };
  }
  if (text !== "" && !text.endsWith("\n")) yield { path, message: "the last line has no end" };
  if (text.endsWith("\n\n")) yield { path, message: "empty lines at the end" };
});
