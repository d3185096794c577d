/**
 * The transport on `node:net` and `node:dgram`: Node, Bun, and Deno's Node compatibility.
 *
 * @module
 */

import type { Net } from "./net.ts";
import { bindNode } from "./node_datagrams.ts";
import { dialNode, listenNode } from "./node_streams.ts";

/** Returns the machine's network, through Node's modules. */
export function nodeNet(): Net {
  return { dial: dialNode, listen: listenNode, bind: bindNode };
}
