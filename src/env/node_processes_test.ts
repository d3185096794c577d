import { assertEquals } from "@std/assert";
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
  const folder = await Deno.makeTempDir();
  try {
    const script = new URL("../../tests/supervised_parent.ts", import.meta.url).href;
    const parent = await nodeSpawn({ command: [Deno.execPath(), "run", "-A", script, folder] });
    const { value, done } = await parent.output.getReader().read();
    assertEquals(done, false, done ? await textOfStream(parent.errors) : "");
    assertEquals(new TextDecoder().decode(value), "ready\n");
    assertEquals([...Deno.readDirSync(folder)].length, 0);
    parent.signal("SIGKILL");
    assertEquals(await parent.ended, { kind: "signalled", signal: "SIGKILL" });
    await until(() => [...Deno.readDirSync(folder)].length === 2, { deadlineMs: 20_000 });
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
});

Deno.test({ name: "createNodeSpawn() does not wait for what a child left behind", ignore }, async () => {
  const spawn = createNodeSpawn({ lingerMs: 50 });
  const child = await shell(spawn, "sh -c 'echo $$; exec sleep 60' & exit 5");
  const reader = child.output.getReader();
  const left = Number(new TextDecoder().decode((await reader.read()).value));
  assertEquals(await child.ended, { kind: "exited", code: 5 });
  Deno.kill(left, "SIGKILL");
  assertEquals((await reader.read()).done, true);
});

Deno.test(
  { name: "nodeSpawn() reports a missing permission as denied", permissions: { run: false }, ignore },
  async () => {
    await assertFileError(nodeSpawn({ command: ["sh", "-c", "true"] }), "denied");
  },
);
