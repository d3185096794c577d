/**
 * A program that loads modules late: their names are its arguments, and it says what each has.
 *
 * @module
 */

import process from "node:process";
import { lateModule } from "../../src/env/late_modules.ts";

for (const name of process.argv.slice(2)) {
  console.log(name, Object.keys(await lateModule<Record<string, unknown>>(name)).sort().join(" "));
}
