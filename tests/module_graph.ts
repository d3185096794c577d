/**
 * What a program imports, by `deno info`.
 *
 * Needs: `run` of deno.
 *
 * @module
 */

import { assert } from "@std/assert";
import { pathToFileURL } from "node:url";
import { ROOT } from "../tasks/cluster/surroundings.ts";

interface Module {
  readonly specifier: string;
  readonly dependencies?: readonly { readonly code?: { readonly specifier: string } }[];
}

/**
 * The modules that a program imports, at once or later: ours by their paths below the project's folder, others by their
 * specifiers, in alphabetical order. Those of types alone are none, nor are those that it loads by computed names.
 */
export async function importedModules(entry: string): Promise<readonly string[]> {
  const command = new Deno.Command(Deno.execPath(), { args: ["info", "--quiet", "--json", entry], cwd: ROOT });
  const { success, stdout, stderr } = await command.output();
  assert(success, new TextDecoder().decode(stderr));
  const { modules } = JSON.parse(new TextDecoder().decode(stdout)) as { modules: readonly Module[] };
  const root = pathToFileURL(`${ROOT}/`).href;
  const found = new Set([`${root}${entry}`]);
  for (const specifier of found) {
    const { dependencies = [] } = modules.find((module) => module.specifier === specifier) ?? {};
    for (const { code } of dependencies) if (code !== undefined) found.add(code.specifier);
  }
  return [...found].map((specifier) => specifier.replace(root, "")).sort();
}
