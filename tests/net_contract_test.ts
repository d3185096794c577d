/**
 * The transport contract on the runtimes that the bundle is for: one test a runtime, one step a case.
 *
 * Needs: `run` of deno and of the runtimes, `read` of the project, `write` of the temporary folder, `env` REQUIRE_ALL.
 *
 * @module
 */

import { assert, assertEquals } from "@std/assert";
import process from "node:process";
import { NET_CASES } from "./net_contract.ts";
import { SOCKET_CASES } from "./net_socket_cases.ts";

/** Set where a test that cannot run is a failure. */
const REQUIRE_ALL = process.env.REQUIRE_ALL === "1";

const ROOT = new URL("../", import.meta.url);
const OUTCOME = /^(passed|skipped|FAILED) (.+)$/;

for (const runtime of ["node", "bun"]) {
  Deno.test(`nodeNet() on real ${runtime} keeps the transport contract`, async (t) => {
    const folder = await Deno.makeTempDir();
    try {
      const bundle = `${folder}/net_contract.mjs`;
      const missing = await whatIsMissing(runtime) ?? await whyNotBundled(bundle);
      if (missing !== undefined) {
        assert(!REQUIRE_ALL, missing);
        await t.step({ name: `SKIPPED: ${missing}`, ignore: true, fn: () => {} });
        return;
      }
      await reportCases(t, await run(runtime, [bundle]));
    } finally {
      await Deno.remove(folder, { recursive: true });
    }
  });
}

interface Finished {
  readonly success: boolean;
  readonly output: string;
  readonly errors: string;
}

async function run(program: string, args: string[]): Promise<Finished> {
  const command = new Deno.Command(program, { args, cwd: ROOT, stdin: "null", stdout: "piped", stderr: "piped" });
  const { success, stdout, stderr } = await command.output();
  return { success, output: new TextDecoder().decode(stdout), errors: new TextDecoder().decode(stderr) };
}

async function whatIsMissing(runtime: string): Promise<string | undefined> {
  try {
    await run(runtime, ["--version"]);
    return undefined;
  } catch (error) {
    return `${runtime} cannot be run: ${(error as Error).message}`;
  }
}

async function whyNotBundled(bundle: string): Promise<string | undefined> {
  const entry = "tests/net_contract_node.ts";
  const { success, errors } = await run(Deno.execPath(), ["bundle", "--platform", "deno", "-o", bundle, entry]);
  return success ? undefined : `${entry} cannot be bundled: ${errors}`;
}

/** Turns each line of outcome into a step, with the lines that follow as its error. */
async function reportCases(t: Deno.TestContext, { success, output, errors }: Finished): Promise<void> {
  const cases: { outcome: string; name: string; details: string[] }[] = [];
  for (const line of output.split("\n")) {
    const [, outcome, name] = line.match(OUTCOME) ?? [];
    if (outcome !== undefined && name !== undefined) cases.push({ outcome, name, details: [] });
    else cases.at(-1)?.details.push(line);
  }
  for (const { outcome, name, details } of cases) {
    const ignore = outcome === "skipped" && !REQUIRE_ALL;
    await t.step({ name, ignore, fn: () => assertEquals(outcome, "passed", details.join("\n")) });
  }
  assertEquals(cases.length, NET_CASES.length + SOCKET_CASES.length, `${output}\n${errors}`);
  assert(success, errors);
}
