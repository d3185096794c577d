/**
 * A program that publishes files in a catalogue of SQLite, and says so of each when it is done, until it is killed.
 *
 * Needs: `read` and `write` of the file that it is given.
 *
 * @module
 */

import process from "node:process";
import { openSqliteCatalogue } from "../../src/storage/sqlite_catalogue.ts";

const SHA_A = "a".repeat(64);

const catalogue = await openSqliteCatalogue(process.argv[2]!);
for (let i = 1;; i++) {
  await catalogue.publish([{ name: `file ${i}`, hash: "", timestamp: "", sha256: SHA_A, generation: i }], 0);
  await new Promise((resolve) => process.stdout.write(`${i}\n`, resolve));
}
