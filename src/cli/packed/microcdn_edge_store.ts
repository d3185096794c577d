/**
 * The store as a program of its own, with the client of its engine inside: what is compiled.
 *
 * @module
 */

import "./s3.ts";
import "../programs/edge_store.ts";
