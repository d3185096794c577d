/**
 * A meta server as a program of its own, with the client of its engine inside: what is compiled.
 *
 * @module
 */

import "./postgres.ts";
import "../programs/edge_meta.ts";
