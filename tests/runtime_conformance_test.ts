/**
 * Our roles have every conversation on every runtime, and started as a user starts them.
 */

import { assertConforms } from "./conformance/launched_stage.ts";
import { build, fromBundle, fromSource } from "./launchers.ts";
import { testWith } from "./missing_programs.ts";
import { RUNTIMES } from "./real_runtime.ts";

Deno.test("conformance: every transcript holds with each role's own program, under its own permissions", async () => {
  await assertConforms({ launch: fromSource });
});

for (const runtime of RUNTIMES) {
  testWith([runtime], `conformance: every transcript holds with one file that ${runtime} runs`, async () => {
    await using built = await build("bundle");
    await assertConforms({ launch: fromBundle(runtime, built.folder) });
  });
}
