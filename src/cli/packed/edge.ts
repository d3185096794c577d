/**
 * Provides the roles of the `edge` family and its client, which are built on packages.
 *
 * @module
 */

import { provideModule } from "../../env/late_modules.ts";

provideModule("src/roles/edge/meta.ts", () => import("../../roles/edge/meta.ts"));
provideModule("src/roles/edge/origin.ts", () => import("../../roles/edge/origin.ts"));
provideModule("src/roles/edge/store.ts", () => import("../../roles/edge/store.ts"));
provideModule("src/roles/edge/node.ts", () => import("../../roles/edge/node.ts"));
provideModule("src/roles/edge/client.ts", () => import("../../roles/edge/client.ts"));
