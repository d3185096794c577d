/**
 * Tests that need a program which a machine may lack.
 *
 * Needs: `run` of those programs, `env` REQUIRE_ALL.
 *
 * @module
 */

import process from "node:process";

/** Set where a test that cannot run is a failure. */
export const REQUIRE_ALL: boolean = process.env.REQUIRE_ALL === "1";

/** Why one of these programs cannot be run here; `undefined` if all can. */
export async function whatIsMissing(programs: readonly string[]): Promise<string | undefined> {
  for (const program of programs) {
    try {
      await new Deno.Command(program, { args: ["--version"], stdin: "null", stdout: "null", stderr: "null" }).output();
    } catch (error) {
      return `${program} cannot be run: ${(error as Error).message}`;
    }
  }
  return undefined;
}

/** Something that a test needs could not be had. */
export class MissingError extends Error {
  /** The name of this class. */
  override readonly name = "MissingError";
}

/**
 * Registers a test that needs programs. Where one is missing, or the test throws a {@link MissingError}, it is skipped and
 * says so, or fails if nothing may be skipped.
 */
export function testWith(
  programs: readonly string[],
  name: string,
  run: (t: Deno.TestContext) => Promise<void>,
): void {
  Deno.test(name, async (t) => {
    try {
      const missing = await whatIsMissing(programs);
      if (missing !== undefined) throw new MissingError(missing);
      await run(t);
    } catch (error) {
      if (REQUIRE_ALL || !(error instanceof MissingError)) throw error;
      await t.step({ name: `SKIPPED: ${error.message}`, ignore: true, fn: () => {} });
    }
  });
}
