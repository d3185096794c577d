/**
 * The library with what it loads late inside: what is bundled. Each module of `src/cli/packed/`
 * that provides one is named here.
 *
 * @module
 */

import "../../src/cli/packed/edge.ts";
import "../../src/cli/packed/postgres.ts";
import "../../src/cli/packed/redis.ts";
import "../../src/cli/packed/s3.ts";

export * from "../../mod.ts";
