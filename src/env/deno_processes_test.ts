import { assertEquals } from "@std/assert";
import { assertFileError } from "../../tests/files_bench.ts";
import { assertChildrenSeeOurEnd, assertWaitsForNobodyElse } from "../../tests/left_children.ts";
import { PROCESS_CASES, textOfStream } from "../../tests/processes_contract.ts";
import { createDenoSpawn, denoSpawn } from "./deno_processes.ts";

const ignore = Deno.build.os === "windows";

for (const { name, run } of PROCESS_CASES) {
  Deno.test({ name: `denoSpawn() ${name}`, ignore, fn: () => run(denoSpawn) });
}

Deno.test({ name: "denoSpawn() lets children see the end of their input when we are killed", ignore }, async () => {
  await assertChildrenSeeOurEnd("deno", ["--allow-run"]);
});

Deno.test({ name: "createDenoSpawn() does not wait for what a child left behind", ignore }, async () => {
  await assertWaitsForNobodyElse(createDenoSpawn({ lingerMs: 50 }));
});

Deno.test(
  { name: "denoSpawn() gives a child all variables, and reads none", permissions: { run: true }, ignore },
  async () => {
    const child = await denoSpawn({ command: ["sh", "-c", "echo ${PATH:+path} $ONE"], variables: { ONE: "1" } });
    assertEquals(await textOfStream(child.output), "path 1\n");
    await child.ended;
  },
);

Deno.test(
  { name: "denoSpawn() reports a missing permission as denied", permissions: { run: false }, ignore },
  async () => {
    await assertFileError(denoSpawn({ command: ["sh", "-c", "true"] }), "denied");
  },
);
