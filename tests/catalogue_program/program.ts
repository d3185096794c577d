/**
 * A program that publishes one version after the other in a catalogue, and says the generation of each when it is done,
 * until its standard input ends.
 *
 * Needs: what the engine of the catalogue needs.
 *
 * @module
 */

import process from "node:process";
import { systemClock } from "../../src/base/clock.ts";
import { systemRandom } from "../../src/base/random.ts";
import { createLog } from "../../src/env/log.ts";
import { openPostgresCatalogue } from "../../src/storage/postgres_catalogue.ts";
import { StorageError } from "../../src/storage/storage_error.ts";

const SHA256 = "a".repeat(64);
const PAUSE_MS = 10;

const clock = systemClock();
const log = createLog({ clock, sink: () => {} });
const catalogue = await openPostgresCatalogue({ clock, random: systemRandom(), log }, process.argv[2]!);

let isOver = false;
process.stdin.on("end", () => isOver = true).resume();
const { id } = await catalogue.register({ address: "localhost:4000", lat: 1, lng: 2 }, 0);
for (let generation = 1; !isOver; generation++) {
  try {
    const version = { name: "a", hash: "", timestamp: "", sha256: SHA256, generation, holder: id };
    await catalogue.publish([version], generation);
    await catalogue.beat(id);
    if (catalogue.file("a")?.generation !== generation) throw new Error("it cannot be read");
    console.log(generation);
  } catch (error) {
    if (!(error instanceof StorageError)) throw error;
    await new Promise((resolve) => clock.schedule(PAUSE_MS, () => resolve(undefined)));
  }
}
await catalogue.close();
console.log("closed");
