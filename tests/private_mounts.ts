/**
 * File systems that only one process sees, and that end with it.
 *
 * Needs: `run` of unshare, `sys`.
 *
 * @module
 */

import { assert } from "@std/assert";
import { REQUIRE_ALL } from "./missing_programs.ts";

const IS_ROOT = Deno.uid() === 0;

/** The flag with which `unshare` starts a process that may mount. */
export const UNSHARE: string = IS_ROOT ? "-m" : "-rm";

/**
 * Why nothing can be mounted for one process alone; `undefined` if it can.
 *
 * @throws {AssertionError} if nothing may be skipped; whoever is not root may be forbidden it, and is forgiven.
 */
export async function whyNoMounts(): Promise<string | undefined> {
  const reason = await tryMount();
  assert(reason === undefined || !REQUIRE_ALL || !IS_ROOT, reason);
  return reason;
}

async function tryMount(): Promise<string | undefined> {
  const args = [UNSHARE, "mount", "-t", "tmpfs", "tmpfs", "/tmp"];
  try {
    const { success, stderr } = await new Deno.Command("unshare", { args, stdin: "null" }).output();
    return success ? undefined : new TextDecoder().decode(stderr).trim();
  } catch (error) {
    return (error as Error).message;
  }
}
