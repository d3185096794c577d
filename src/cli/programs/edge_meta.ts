/**
 * A meta server as a program of its own of the `edge` family.
 *
 * @module
 */

import { provideModule } from "../../env/late_modules.ts";
import { main, programOf } from "../program.ts";
import { EDGE_META } from "../roles.ts";
import { runProgram } from "../system_io.ts";

provideModule("src/roles/edge/meta.ts", () => import("../../roles/edge/meta.ts"));
await runProgram((args, io) => main(args, io, programOf(EDGE_META)));
