/**
 * A stand-in for the published package of this name: a stream of lines, with the same names, signatures and semantics.
 * See "Dependencies" in ARCHITECTURE.md.
 *
 * @module
 */

export * from "./text_line_stream.ts";
