/**
 * The index as a program of its own, with what it loads late inside.
 *
 * @module
 */

import "./postgres.ts";
import "../programs/index.ts";
