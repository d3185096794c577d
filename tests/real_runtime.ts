/**
 * Running a list of cases on the runtimes that the bundle is for: one test a runtime, one step a case.
 *
 * Needs: `run` of deno and of the runtimes, `read` of the project, `write` of the temporary folder, `env` REQUIRE_ALL.
 *
 * @module
 */

import { assert, assertEquals } from "@std/assert";
import { REQUIRE_ALL, whatIsMissing } from "./missing_programs.ts";

/** The runtimes other than Deno. */
export const RUNTIMES = ["node", "bun"] as const;

const ROOT = new URL("../", import.meta.url);
const OUTCOME = /^(passed|skipped|FAILED) (.+)$/;

/** A program that runs cases, and says `passed`, `skipped` or `FAILED` and the name of each on a line. */
export interface RuntimeCases {
  /** The program, below the project's folder. It is bundled first; its argument is an empty folder. */
  readonly entry: string;
  /** How many cases it has. */
  readonly count: number;
}

/** Runs the cases on a runtime, as steps of a test. Says so if it cannot, or fails where nothing may be skipped. */
export async function runOnRuntime(
  t: Deno.TestContext,
  runtime: string,
  { entry, count }: RuntimeCases,
): Promise<void> {
  await withBundle(t, runtime, entry, async (bundle, empty) => {
    const { success, output, errors } = await run(runtime, [bundle, empty]);
    assertEquals(await reportCases(t, output), count, `${output}\n${errors}`);
    assert(success, errors);
  });
}

/**
 * Bundles a program for a runtime, and hands its path and an empty folder on. Says so if it cannot, or fails where nothing
 * may be skipped.
 */
export async function withBundle(
  t: Deno.TestContext,
  runtime: string,
  entry: string,
  use: (bundle: string, empty: string) => Promise<void>,
): Promise<void> {
  const folder = await Deno.makeTempDir({ prefix: "microcdn-runtime-" });
  try {
    const bundle = `${folder}/bundle.mjs`;
    const missing = await whatIsMissing([runtime]) ?? await whyNotBundled(entry, bundle);
    if (missing !== undefined) {
      assert(!REQUIRE_ALL, missing);
      await t.step({ name: `SKIPPED: ${missing}`, ignore: true, fn: () => {} });
      return;
    }
    await Deno.mkdir(`${folder}/empty`);
    await use(bundle, `${folder}/empty`);
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
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

async function whyNotBundled(entry: string, bundle: string): Promise<string | undefined> {
  const { success, errors } = await run(Deno.execPath(), ["bundle", "--platform", "deno", "-o", bundle, entry]);
  return success ? undefined : `${entry} cannot be bundled: ${errors}`;
}

/** Turns each line of outcome into a step, with the lines that follow as its error. Returns how many there were. */
async function reportCases(t: Deno.TestContext, output: string): Promise<number> {
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
  return cases.length;
}
