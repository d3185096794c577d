/**
 * Looks for what no other tool of the gate finds: long files, empty names, leftovers, silenced rules, dead links.
 *
 * @example
 * ```sh
 * deno task tidy
 * ```
 *
 * @module
 */

import { checkNames, checkSilencing, checkSizes, checkVersions } from "./tidy/code_checks.ts";
import { checkDependencies, checkLinks, checkMentions } from "./tidy/document_checks.ts";
import { type Check, type Problem, renderProblem, type TextFile } from "./tidy/project.ts";
import { checkBlanks, checkWords } from "./tidy/text_checks.ts";

const CHECKS: readonly Check[] = [
  checkSizes,
  checkNames,
  checkSilencing,
  checkVersions,
  checkWords,
  checkBlanks,
  checkLinks,
  checkMentions,
  checkDependencies,
];

/** Runs every check, and returns what they find in the order of the paths. */
export function tidy(files: readonly TextFile[]): Problem[] {
  const problems = CHECKS.flatMap((check) => check(files));
  return problems.toSorted((a, b) => a.path.localeCompare(b.path) || (a.line ?? 0) - (b.line ?? 0));
}

/** Reads every text file below a folder but those that the top `.gitignore` names. Its lines are plain names. */
export async function readProject(root: string): Promise<TextFile[]> {
  const ignored = new Set([".git"]);
  for (const line of (await Deno.readTextFile(`${root}/.gitignore`)).split("\n")) {
    const name = line.trim().replace(/^\/|\/$/g, "");
    if (name !== "" && !name.startsWith("#")) ignored.add(name);
  }
  const files: TextFile[] = [];
  async function walk(folder: string): Promise<void> {
    for await (const { name, isDirectory, isFile } of Deno.readDir(`${root}/${folder}`)) {
      const path = folder === "" ? name : `${folder}/${name}`;
      if (ignored.has(name) || ignored.has(path)) continue;
      if (isDirectory) await walk(path);
      if (isFile) files.push({ path, text: textOf(await Deno.readFile(`${root}/${path}`)) });
    }
  }
  await walk("");
  return files.toSorted((a, b) => a.path < b.path ? -1 : 1);
}

/** Reads bytes as text; a file that is none counts as an empty one. */
function textOf(bytes: Uint8Array): string {
  return bytes.subarray(0, 8_000).includes(0) ? "" : new TextDecoder().decode(bytes);
}

if (import.meta.main) {
  const problems = tidy(await readProject(Deno.cwd()));
  for (const problem of problems) console.log(renderProblem(problem));
  const errors = problems.filter(({ warning }) => !warning).length;
  if (errors > 0) {
    console.log(`Found ${errors} ${errors === 1 ? "problem" : "problems"}`);
    Deno.exit(1);
  }
}
