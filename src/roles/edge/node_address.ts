/**
 * Where a meta server reaches an edge node, by what the node registered.
 *
 * @module
 */

import { type Address, parseAddress } from "../../base/address.ts";

/** Where a node is reached, which some register as a URL; `undefined` if that cannot be read. */
export function nodeAddress(text: string): Address | undefined {
  try {
    return parseAddress(text.replace(/^http:\/\//, "").replace(/\/$/, ""));
  } catch {
    return undefined;
  }
}
