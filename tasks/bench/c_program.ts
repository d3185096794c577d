/**
 * The bench's programs in C, compiled where it runs: a server and a reader that cost as little as the machine allows.
 *
 * @module
 */

import { ROOT } from "../cluster/surroundings.ts";

/** Sources in this folder, by the name of the program. */
export type CProgram = "load" | "plain_server" | "page_cache" | "heartbeats";

/** How long a compiler may take. */
const COMPILE_MS = 60_000;

/** Why rows that need these programs are left out where there is no compiler. */
export const NO_COMPILER = "there is no C compiler here (cc)";

/**
 * Compiles a program into a folder.
 *
 * @returns its path; undefined on a machine without a C compiler, or that is not Linux, which they are written for.
 * @throws {Error} with what the compiler says if it refuses the source, or takes too long.
 */
export async function compileC(program: CProgram, folder: string): Promise<string | undefined> {
  if (Deno.build.os !== "linux") return undefined;
  const path = `${folder}/${program}`;
  const args = ["-O2", "-pthread", "-o", path, `${ROOT}/tasks/bench/${program}.c`];
  const signal = AbortSignal.timeout(COMPILE_MS);
  try {
    const { success, stderr } = await new Deno.Command("cc", { args, stdin: "null", stdout: "null", signal }).output();
    if (success) return path;
    const reason = signal.aborted ? `no end within ${COMPILE_MS} ms` : new TextDecoder().decode(stderr).trim();
    throw new Error(`Cannot compile ${program}.c: ${reason}`);
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) return undefined;
    throw error;
  }
}
