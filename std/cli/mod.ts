/**
 * A stand-in for the published package of this name: argument parsing, with the same names, signatures and semantics.
 * See "Dependencies" in ARCHITECTURE.md.
 *
 * @module
 */

export * from "./parse_args.ts";
