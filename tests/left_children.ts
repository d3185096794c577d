/**
 * What becomes of children whose parent is killed, and of those that a child leaves behind: tests that need Deno, for
 * each way to start children.
 *
 * @module
 */

import { assertEquals } from "@std/assert";
import type { Spawn } from "../src/env/processes.ts";
import { denoSpawn } from "../src/env/deno_processes.ts";
import { shell, textOfStream } from "./processes_contract.ts";
import { until } from "./until.ts";

/** Kills a process that has started two children, and checks that each sees the end of its input. */
export async function assertChildrenSeeOurEnd(spawner: "deno" | "node", permissions: readonly string[]): Promise<void> {
  const folder = await Deno.makeTempDir();
  try {
    const script = new URL("supervised_parent.ts", import.meta.url).href;
    const command = [Deno.execPath(), "run", "--no-prompt", ...permissions, script, spawner, folder] as const;
    const parent = await denoSpawn({ command });
    const { value, done } = await parent.output.getReader().read();
    assertEquals(done, false, done ? await textOfStream(parent.errors) : "");
    assertEquals(new TextDecoder().decode(value), "ready\n");
    assertEquals([...Deno.readDirSync(folder)].length, 0);
    parent.signal("SIGKILL");
    assertEquals(await parent.ended, { kind: "signalled", signal: "SIGKILL" });
    await until(() => [...Deno.readDirSync(folder)].length === 2);
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
}

/** Checks that a child counts as ended although one that it left behind holds its output. */
export async function assertWaitsForNobodyElse(spawn: Spawn): Promise<void> {
  const child = await shell(spawn, "sh -c 'echo $$; exec sleep 60' & exit 5");
  const reader = child.output.getReader();
  const left = Number(new TextDecoder().decode((await reader.read()).value));
  assertEquals(await child.ended, { kind: "exited", code: 5 });
  Deno.kill(left, "SIGKILL");
  assertEquals((await reader.read()).done, true);
}
