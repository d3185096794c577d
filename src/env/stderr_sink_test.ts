import { assertEquals, assertMatch } from "@std/assert";
import { textOfStream } from "../../tests/processes_contract.ts";
import { nodeSpawn } from "./node_processes.ts";
import type { ChildProcess } from "./processes.ts";

function startLogging(count: number, format: string): Promise<ChildProcess> {
  const script = new URL("../../tests/log_to_stderr.ts", import.meta.url).href;
  return nodeSpawn({ command: [Deno.execPath(), "run", "-A", script, String(count), format] });
}

Deno.test("stderrSink() writes a line a record, as text or as JSON", async () => {
  const text = await startLogging(2, "text");
  assertMatch(await textOfStream(text.errors), /^\d\d:\d\d:\d\d microcdn: tick at=0 padding=x+\n.* at=1 padding=x+\n$/);
  await text.ended;
  const json = await startLogging(1, "json");
  const { event, at } = JSON.parse(await textOfStream(json.errors));
  assertEquals({ event, at }, { event: "tick", at: 0 });
  await json.ended;
});

Deno.test("stderrSink() outlives whoever reads standard error", async () => {
  const child = await startLogging(2_000, "text");
  await child.errors.cancel();
  assertEquals(await textOfStream(child.output), "done\n");
  assertEquals(await child.ended, { kind: "exited", code: 0 });
});
