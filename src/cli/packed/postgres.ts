/**
 * The client of PostgreSQL, inside what is packed.
 *
 * @module
 */

import { provideModule } from "../../env/late_modules.ts";

provideModule("pg", () => import("pg"));
