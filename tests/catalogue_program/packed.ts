/**
 * The program with the client of PostgreSQL inside.
 *
 * @module
 */

import "../../src/cli/packed/postgres.ts";
import "./program.ts";
