/**
 * This machine and this process, on Deno, Node and Bun.
 *
 * @module
 */

import process from "node:process";
import { denoVariable } from "./deno_variables.ts";
import type { Host } from "./host.ts";

/** Returns what this process is. */
export function nodeHost(): Host {
  const onDeno = typeof Deno !== "undefined";
  return {
    runtime: runtimeOf(process.versions),
    pid: process.pid,
    variable(name): string | undefined {
      if (name === "" || /[=\0]/.test(name)) return undefined;
      return onDeno ? denoVariable(name) : process.env[name];
    },
  };
}

/** Names the runtime by its versions: Deno and Bun tell a version of Node too. */
function runtimeOf({ deno, bun, node }: Readonly<Record<string, string | undefined>>): string {
  if (deno !== undefined) return `deno ${deno}`;
  return bun === undefined ? `node ${node}` : `bun ${bun}`;
}
