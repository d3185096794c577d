/**
 * A program that stores objects in a folder until it is killed, and says what it does: `BEGIN <name> <round>` before it
 * stores one, `DONE <name> <round>` when that is safe. Its arguments are the folder and a seed.
 *
 * @module
 */

import process from "node:process";
import { seededRandom } from "../src/base/random.ts";
import { createLog } from "../src/env/log.ts";
import { systemEnv } from "../src/env/runtime.ts";
import { systemClock } from "../src/base/clock.ts";
import { openFolderObjects } from "../src/storage/folder_objects.ts";
import { put } from "./objects_bench.ts";
import { NAMES, roundBytes } from "./objects_rounds.ts";

const [folder, seed, first] = process.argv.slice(2);
const random = seededRandom(Number(seed));
const log = createLog({ clock: systemClock(), sink: () => {} });
const objects = await openFolderObjects({ ...systemEnv({ log }) }, folder!);

async function write(from: number): Promise<never> {
  for (let round = from;; round += NAMES.length) {
    const name = NAMES[round % NAMES.length]!;
    process.stdout.write(`BEGIN ${name} ${round}\n`);
    await put(objects, name, roundBytes(round));
    process.stdout.write(`DONE ${name} ${round}\n`);
    if (random.next() < 0.2) {
      process.stdout.write(`BEGIN ${name} -${round}\n`);
      await objects.remove(name);
      process.stdout.write(`DONE ${name} -${round}\n`);
    }
  }
}

await Promise.all(NAMES.map((_, at) => write(Number(first) + at)));
