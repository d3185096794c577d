/**
 * Ways to start our roles as a user does: from source under their own permissions, as one file on another runtime, and
 * as compiled programs.
 *
 * Needs: `run` of deno and of the runtimes, `write` of temporary folders.
 *
 * @module
 */

import { EXIT } from "../src/cli/exit_codes.ts";
import { ROLES, shortNameOf } from "../src/cli/roles.ts";
import { ROOT } from "../tasks/cluster/surroundings.ts";
import { TaskProcess } from "./cluster_process.ts";
import { MissingError } from "./missing_programs.ts";

/** A role of the `cdn` family. */
export type Role = "index" | "monitor" | "content" | "client";

/** All of them. */
export const CDN_ROLES: readonly Role[] = ["index", "monitor", "content", "client"];

/** A role of the `edge` family. */
export type EdgeRole = "edge-meta" | "edge-origin" | "edge-store" | "edge-node" | "edge-client";

/**
 * A way to start roles: the words before a role's flags. Where permissions are granted, they are those of a set of
 * deno.json, by default the role's own.
 */
export type Launcher<R extends string = Role> = (role: R, permissions?: string) => readonly string[];

/** From source, each role's own program with exactly its own permissions. */
export const fromSource: Launcher<Role | EdgeRole> = (role, permissions = role) => {
  const { entry } = ROLES.find((one) => shortNameOf(one) === role)!;
  const how = ["--quiet", "--no-prompt", "--config", `${ROOT}/deno.json`, `--permission-set=${permissions}`];
  return [Deno.execPath(), "run", ...how, `${ROOT}/${entry}`];
};

/** As one file that a runtime runs: `node microcdn.mjs index`, `bun microcdn.mjs edge meta`. */
export function fromBundle(runtime: string, folder: string): Launcher<Role | EdgeRole> {
  return (role) => [runtime, `${folder}/microcdn.mjs`, ...role.split("-")];
}

/** As compiled programs: `microcdn-index`. */
export function fromPrograms(folder: string): Launcher<Role | EdgeRole> {
  return (role) => [`${folder}/microcdn-${role}`];
}

/** A temporary folder with what a task of deno.json built. */
export interface Built extends AsyncDisposable {
  /** The folder. */
  readonly folder: string;
}

/**
 * Runs a task that builds.
 *
 * @throws {MissingError} if it needs a download that is not to be had.
 */
export async function build(task: "bundle" | "compile", ...args: readonly string[]): Promise<Built> {
  const folder = await Deno.makeTempDir({ prefix: "microcdn-built-" });
  const remove = (): Promise<void> => Deno.remove(folder, { recursive: true });
  await using building = new TaskProcess(`tasks/${task}.ts`, "build", [...args, "--out", folder]);
  const { code } = await building.ended;
  if (code === EXIT.done) return { folder, [Symbol.asyncDispose]: remove };
  await remove();
  const errors = building.errors.join("\n");
  if (code === EXIT.network) throw new MissingError(errors);
  throw new Error(errors);
}
