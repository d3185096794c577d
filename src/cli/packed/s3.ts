/**
 * Provides the client of S3 stores.
 *
 * @module
 */

import { provideModule } from "../../env/late_modules.ts";

provideModule("@bradenmacdonald/s3-lite-client", () => import("@bradenmacdonald/s3-lite-client"));
