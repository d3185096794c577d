/**
 * Modules that a program loads late, in each form in which it comes: a package, and a module of ours that imports one.
 */

import { assert, assertEquals, assertMatch } from "@std/assert";
import { bundle } from "../tasks/build/bundle.ts";
import { compileWithBun, findBun } from "../tasks/build/bun_compile.ts";
import type { CompiledProgram } from "../tasks/build/choice.ts";
import { compileCommand } from "../tasks/build/deno_compile.ts";
import { ROOT } from "../tasks/cluster/surroundings.ts";
import { readCompiled } from "./compiled_program.ts";
import { testWith } from "./missing_programs.ts";
import { importedModules } from "./module_graph.ts";
import { RUNTIMES } from "./real_runtime.ts";
import { withFolder } from "./temporary_folder.ts";

const PROGRAM: CompiledProgram = {
  name: "late",
  entry: "tests/late_program/program.ts",
  packed: "tests/late_program/packed.ts",
  permissions: { net: true, env: ["NO_COLOR"], import: { deny: true } },
};
const { signal } = new AbortController();

/** Has both modules loaded, somewhere where no packages are. */
async function assertLoads(folder: string, command: readonly [string, ...string[]]): Promise<void> {
  const args = [...command.slice(1), "fast-check", "src/protocol/edge_json.ts"];
  const { success, stdout, stderr } = await new Deno.Command(command[0], { args, cwd: folder, stdin: "null" }).output();
  assert(success, new TextDecoder().decode(stderr));
  const [check, json] = new TextDecoder().decode(stdout).split("\n");
  assertMatch(check!, /^fast-check .*\basyncProperty\b/);
  assertMatch(json!, /^src\/protocol\/edge_json\.ts .*\bMAX_FILES_A_REQUEST\b/);
}

Deno.test("late modules: from source nothing of them is there before it is asked for", async () => {
  assertEquals(
    await importedModules(PROGRAM.entry),
    [
      "src/env/late_modules.ts",
      "src/net/net_error.ts",
      PROGRAM.entry,
      "node:process",
    ].sort(),
  );
  const run = [Deno.execPath(), "run", "--quiet", "--no-prompt", "--config", `${ROOT}/deno.json`] as const;
  await assertLoads(ROOT, [...run, "--allow-net", "--allow-read", `${ROOT}/${PROGRAM.entry}`]);
});

testWith(RUNTIMES, "late modules: a bundle has them inside, on Deno, Node and Bun", async () => {
  await withFolder(async (folder) => {
    await bundle({ entry: PROGRAM.packed!, to: `${folder}/late.mjs`, signal });
    for (const runtime of RUNTIMES) await assertLoads(folder, [runtime, `${folder}/late.mjs`]);
    await assertLoads(folder, [Deno.execPath(), "run", "--quiet", "--no-config", `${folder}/late.mjs`]);
  });
});

testWith(["bun"], "late modules: a program that Bun makes has them inside", async () => {
  await withFolder(async (folder) => {
    await Deno.mkdir(`${folder}/between`);
    const to = `${folder}/late`;
    const bun = await findBun(folder, signal);
    await compileWithBun(bun, { program: PROGRAM, target: undefined, to, signal }, `${folder}/between`);
    await assertLoads(folder, [to]);
  });
});

Deno.test("late modules: a program that deno compile makes has them inside", async () => {
  await withFolder(async (folder) => {
    const to = `${folder}/late`;
    const [deno, ...args] = compileCommand({ program: PROGRAM, target: undefined, to });
    const env = { DENORT_BIN: Deno.execPath() };
    const { success, stderr } = await new Deno.Command(deno, { args, cwd: ROOT, env, stdin: "null" }).output();
    assert(success, new TextDecoder().decode(stderr));
    const { metadata, files, packages } = readCompiled(await Deno.readFile(to));
    assertEquals(metadata.entrypoint_key, PROGRAM.packed);
    assert(files.includes("src/protocol/edge_json.ts"), files.join());
    assert(["fast-check", "@hono/zod-openapi", "zod"].every((name) => packages.includes(name)), packages.join());
  });
});
