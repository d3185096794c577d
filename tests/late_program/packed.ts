/**
 * The program with what it loads late inside.
 *
 * @module
 */

import "./late.ts";
import "./program.ts";
