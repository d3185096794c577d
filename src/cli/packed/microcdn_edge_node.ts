/**
 * An edge node as a program of its own, with the client of its engine inside: what is compiled.
 *
 * @module
 */

import "./redis.ts";
import "../programs/edge_node.ts";
