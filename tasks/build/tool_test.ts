import { assertEquals, assertRejects, assertStrictEquals } from "@std/assert";
import { MissingToolError, runTool } from "./tool.ts";

const OPTIONS = { folder: ".", signal: new AbortController().signal };

Deno.test("runTool() tells how it ended, and what it printed without colours", async () => {
  const script =
    `console.log("%cout", "color: red"); console.error("\\x1b[1merr\\x1b[0m"); Deno.exit(+Deno.env.get("CODE"))`;
  const tool = [Deno.execPath(), "eval", script] as const;
  const failed = await runTool(tool, { ...OPTIONS, variables: { CODE: "1" } });
  assertEquals(failed, { success: false, output: "out\n", errors: "err\n" });
  assertEquals((await runTool(tool, { ...OPTIONS, variables: { CODE: "0" } })).success, true);
});

Deno.test("runTool() keeps the end of what is too long", async () => {
  const { output } = await runTool([Deno.execPath(), "eval", `console.log("x".repeat(100_000) + "end")`], OPTIONS);
  assertEquals([output.length, output.endsWith("xend\n")], [65_536, true]);
});

Deno.test("runTool() says that a tool is missing", async () => {
  const error = await assertRejects(() => runTool(["no-such-tool"], OPTIONS), MissingToolError);
  assertEquals(error.message, "Cannot run no-such-tool: it is not on the PATH");
});

Deno.test("runTool() ends the tool when it is called off", async () => {
  const controller = new AbortController();
  const { signal } = controller;
  const reason = new Error("enough");
  const running = runTool([Deno.execPath(), "eval", "await new Promise(() => setInterval(() => {}, 1000))"], {
    ...OPTIONS,
    signal,
  });
  controller.abort(reason);
  assertStrictEquals(await running.catch((error) => error), reason);
  assertStrictEquals(await runTool(["no-such-tool"], { ...OPTIONS, signal }).catch((error) => error), reason);
});
