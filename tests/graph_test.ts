/**
 * What starting a role loads: nothing of a registry, so that an empty cache starts it at once.
 *
 * @module
 */

import { assert, assertEquals } from "@std/assert";
import { importedModules } from "./module_graph.ts";

const ROOT = new URL("../", import.meta.url);

/** Families whose data path uses no packages. */
const FAMILIES = ["cdn", "dfs", "replication"];

/** The roles of the families that there are. */
async function rolesOf(families: readonly string[]): Promise<string[]> {
  const paths: string[] = [];
  for await (const { name: family } of Deno.readDir(new URL("src/roles/", ROOT))) {
    if (!families.includes(family)) continue;
    for await (const { name } of Deno.readDir(new URL(`src/roles/${family}/`, ROOT))) {
      if (!name.endsWith("_test.ts")) paths.push(`src/roles/${family}/${name}`);
    }
  }
  return paths;
}

Deno.test("the program and the roles of the cdn, dfs and replication families load no package of npm", async () => {
  const roles = await rolesOf(FAMILIES);
  assert(roles.includes("src/roles/cdn/index.ts"));
  for (const path of ["src/cli/main.ts", "mod.ts", ...roles]) {
    const modules = await importedModules(path);
    assertEquals(modules.filter((specifier) => /^(npm|https?):/.test(specifier)), [], path);
  }
});

/** The files below a folder. */
async function filesBelow(folder: string): Promise<string[]> {
  const paths: string[] = [];
  for await (const { name, isDirectory } of Deno.readDir(folder)) {
    if (isDirectory) paths.push(...await filesBelow(`${folder}/${name}`));
    else paths.push(`${folder}/${name}`);
  }
  return paths;
}

Deno.test("a task of the program downloads nothing into an empty cache", async () => {
  const cache = await Deno.makeTempDir({ prefix: "microcdn-cache-" });
  try {
    const { success, stdout, stderr } = await new Deno.Command(Deno.execPath(), {
      args: ["task", "microcdn", "--version"],
      cwd: ROOT,
      env: { DENO_DIR: cache },
    }).output();
    const said = new TextDecoder().decode(stderr);
    assert(success, said);
    assert(new TextDecoder().decode(stdout).trim() !== "");
    assertEquals(said.split("\n").filter((line) => line.includes("Download")), []);
    // The sources that were compiled are all that is kept.
    assertEquals((await filesBelow(cache)).filter((path) => /\/(npm|remote)\/.+\//.test(path)), []);
  } finally {
    await Deno.remove(cache, { recursive: true });
  }
});
