/**
 * A process that starts two children which wait for the end of their input, says so, and waits to be killed. Used by the
 * tests of `denoSpawn` and `nodeSpawn`; its arguments are which of the two to start them with, and the folder in which
 * each child leaves a file at its end.
 *
 * @module
 */

import process from "node:process";
import { denoSpawn } from "../src/env/deno_processes.ts";
import { nodeSpawn } from "../src/env/node_processes.ts";

const [spawner, folder] = process.argv.slice(2);
const spawn = spawner === "deno" ? denoSpawn : nodeSpawn;
for (const name of ["first", "second"]) {
  const child = await spawn({ command: ["sh", "-c", `echo ready; cat; : > ${name}`], folder: folder! });
  await child.output.getReader().read();
}
process.stdout.write("ready\n");
process.stdin.resume();
