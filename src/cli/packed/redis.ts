/**
 * The client of Redis, inside what is packed.
 *
 * @module
 */

import { provideModule } from "../../env/late_modules.ts";

provideModule("@redis/client", () => import("@redis/client"));
