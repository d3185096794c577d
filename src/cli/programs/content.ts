/**
 * A content server as a program of its own.
 *
 * @module
 */

import { main, programOf } from "../program.ts";
import { CONTENT } from "../roles.ts";
import { runProgram } from "../system_io.ts";

await runProgram((args, io) => main(args, io, programOf(CONTENT)));
