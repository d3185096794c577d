/**
 * Starts the program `microcdn`.
 *
 * @module
 */

import { main } from "./program.ts";
import { runProgram } from "./system_io.ts";

await runProgram(main);
