/**
 * Runs the contracts of files, digests, processes, HTTP servers and objects on the runtime that it is started with, for Node and Bun: a
 * line a case, and exit code 1 if a promise is not kept. Bundle it first; `env_contract_test.ts` does. Its argument is
 * an empty folder.
 *
 * @module
 */

import { mkdir, symlink } from "node:fs/promises";
import process from "node:process";
import { systemClock } from "../src/base/clock.ts";
import { withDeadline } from "../src/base/deadline.ts";
import { createLog } from "../src/env/log.ts";
import { nodeFiles } from "../src/env/node_files.ts";
import { nodeSpawn } from "../src/env/node_processes.ts";
import { systemEnv } from "../src/env/runtime.ts";
import { threadDigests } from "../src/env/thread_digests.ts";
import { BLOCK_BYTES } from "../src/storage/block_digests.ts";
import { openFolderObjects } from "../src/storage/folder_objects.ts";
import { DIGEST_CASES } from "./digests_contract.ts";
import type { FilesCase } from "./files_bench.ts";
import { FILES_CASES } from "./files_contract.ts";
import { HTTP_CASES, runHttpCase } from "./http_contract.ts";
import type { ObjectsCase } from "./objects_bench.ts";
import { OBJECTS_CASES } from "./objects_contract.ts";
import { PROCESS_CASES } from "./processes_contract.ts";

const folder = process.argv[2]!;
let count = 0;

function say(line: string): void {
  process.stdout.write(`${line}\n`);
}

async function attempt(name: string, run: () => Promise<void>): Promise<void> {
  try {
    await withDeadline(systemClock(), { deadlineMs: 60_000, what: name }, run);
    say(`passed ${name}`);
  } catch (error) {
    process.exitCode = 1;
    say(`FAILED ${name}`);
    say(`${(error instanceof Error ? error.stack : undefined) ?? error}`.replaceAll(/^/gm, "  "));
  }
}

async function runFilesCase({ run }: FilesCase): Promise<void> {
  const root = `${folder}/${count++}`;
  await mkdir(root);
  await run({ files: nodeFiles(), root, link: (path, target) => symlink(target, path), wait: (promise) => promise });
}

async function runObjectsCase({ run }: ObjectsCase): Promise<void> {
  const root = `${folder}/${count++}`;
  const env = systemEnv({ log: createLog({ clock: systemClock(), sink: () => {} }) });
  await run({ open: () => openFolderObjects(env, root), thresholds: [BLOCK_BYTES] });
}

for (const one of FILES_CASES) await attempt(`nodeFiles() ${one.name}`, () => runFilesCase(one));
for (const one of DIGEST_CASES) await attempt(`threadDigests() ${one.name}`, () => one.run(threadDigests()));
for (const one of PROCESS_CASES) await attempt(`nodeSpawn() ${one.name}`, () => one.run(nodeSpawn));
for (const one of HTTP_CASES) await attempt(`nodeHttpServers() ${one.name}`, () => runHttpCase(one));
for (const one of OBJECTS_CASES) await attempt(`openFolderObjects() ${one.name}`, () => runObjectsCase(one));
await attempt("systemEnv() knows its runtime", () => {
  const { runtime, pid } = systemEnv().host;
  const isKnown = /^(node|bun) \d+\.\d+\.\d+/.test(runtime) && pid === process.pid;
  return isKnown ? Promise.resolve() : Promise.reject(new Error(`It says ${runtime}, process ${pid}`));
});
