/**
 * The `Buffer` that libraries written for Node want their bytes in, and give theirs in. What is our own has `Uint8Array`,
 * which every `Buffer` is.
 *
 * @module
 */

export { Buffer as NodeBuffer } from "node:buffer";
