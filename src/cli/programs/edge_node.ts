/**
 * An edge node as a program of its own of the `edge` family.
 *
 * @module
 */

import { provideModule } from "../../env/late_modules.ts";
import { main, programOf } from "../program.ts";
import { EDGE_NODE } from "../roles.ts";
import { runProgram } from "../system_io.ts";

provideModule("src/roles/edge/node.ts", () => import("../../roles/edge/node.ts"));
await runProgram((args, io) => main(args, io, programOf(EDGE_NODE)));
