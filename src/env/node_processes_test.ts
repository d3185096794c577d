import { assertEquals } from "@std/assert";
import { assertChildrenSeeOurEnd, assertWaitsForNobodyElse } from "../../tests/left_children.ts";
import { PROCESS_CASES, shell, textOfStream } from "../../tests/processes_contract.ts";
import { until } from "../../tests/until.ts";
import { assertFileError } from "../../tests/files_bench.ts";
import { createNodeSpawn, nodeSpawn } from "./node_processes.ts";

const ignore = Deno.build.os === "windows";
const onLinux = Deno.build.os === "linux";

for (const { name, run } of PROCESS_CASES) {
  Deno.test({ name: `nodeSpawn() ${name}`, ignore, fn: () => run(nodeSpawn) });
}

Deno.test({ name: "nodeSpawn() stops and continues a child", ignore: !onLinux }, async () => {
  const child = await shell(nodeSpawn, "while :; do read line; done");
  async function isStopped(): Promise<boolean> {
    // A child may read what Deno shows only to programs with every permission.
    const cat = await nodeSpawn({ command: ["cat", `/proc/${child.pid}/stat`] });
    const [stat] = await Promise.all([textOfStream(cat.output), cat.ended]);
    return /\) T/.test(stat);
  }
  child.signal("SIGSTOP");
  await until(isStopped, { deadlineMs: 20_000 });
  child.signal("SIGCONT");
  await until(async () => !await isStopped(), { deadlineMs: 20_000 });
  child.signal("SIGKILL");
  assertEquals(await child.ended, { kind: "signalled", signal: "SIGKILL" });
});

Deno.test({ name: "nodeSpawn() lets children see the end of their input when we are killed", ignore }, async () => {
  await assertChildrenSeeOurEnd("node", ["-A"]);
});

Deno.test({ name: "createNodeSpawn() does not wait for what a child left behind", ignore }, async () => {
  await assertWaitsForNobodyElse(createNodeSpawn({ lingerMs: 50 }));
});

Deno.test(
  { name: "nodeSpawn() reports a missing permission as denied", permissions: { run: false }, ignore },
  async () => {
    await assertFileError(nodeSpawn({ command: ["sh", "-c", "true"] }), "denied");
  },
);
