/**
 * The client of the `edge` family as a program of its own.
 *
 * @module
 */

import { provideModule } from "../../env/late_modules.ts";
import { main, programOf } from "../program.ts";
import { EDGE_CLIENT } from "../roles.ts";
import { runProgram } from "../system_io.ts";

provideModule("src/roles/edge/client.ts", () => import("../../roles/edge/client.ts"));
await runProgram((args, io) => main(args, io, programOf(EDGE_CLIENT)));
