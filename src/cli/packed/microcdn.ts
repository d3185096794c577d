/**
 * The whole program with what it loads late inside: what is bundled and compiled. Each module of this folder that provides
 * one is named here, before the program.
 *
 * @module
 */

import "./edge.ts";
import "./postgres.ts";
import "./redis.ts";
import "./s3.ts";
import "../main.ts";
