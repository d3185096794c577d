/**
 * A process that starts two children which wait for the end of their input, says so, and waits to be killed. Used by
 * `src/env/node_processes_test.ts`; its argument is the folder in which each child leaves a file at its end.
 *
 * @module
 */

import process from "node:process";
import { nodeSpawn } from "../src/env/node_processes.ts";

const folder = process.argv[2]!;
for (const name of ["first", "second"]) {
  const child = await nodeSpawn({ command: ["sh", "-c", `echo ready; cat; : > ${name}`], folder });
  await child.output.getReader().read();
}
process.stdout.write("ready\n");
process.stdin.resume();
