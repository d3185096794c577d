/**
 * The origin as a program of its own of the `edge` family.
 *
 * @module
 */

import { provideModule } from "../../env/late_modules.ts";
import { main, programOf } from "../program.ts";
import { EDGE_ORIGIN } from "../roles.ts";
import { runProgram } from "../system_io.ts";

provideModule("src/roles/edge/origin.ts", () => import("../../roles/edge/origin.ts"));
await runProgram((args, io) => main(args, io, programOf(EDGE_ORIGIN)));
