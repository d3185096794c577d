/**
 * Two modules that a program loads late: a package, and a module of ours that imports one.
 *
 * @module
 */

import { provideModule } from "../../src/env/late_modules.ts";

provideModule("fast-check", () => import("fast-check"));
provideModule("src/protocol/edge_json.ts", () => import("../../src/protocol/edge_json.ts"));
