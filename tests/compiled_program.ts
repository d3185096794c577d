/**
 * What is inside a program that `deno compile` made.
 *
 * @module
 */

import { Buffer } from "node:buffer";

/** What is told about a program. */
export interface CompiledMetadata {
  /** Arguments before the user's. */
  readonly argv: readonly string[];
  /** What it may do: for each kind the names, none for all of them, `null` for nothing; and whether it asks. */
  readonly permissions: Readonly<Record<string, readonly string[] | null | boolean>>;
  /** The module that it begins with, below the project's folder. */
  readonly entrypoint_key: string;
  /** Features of Deno that are not stable. */
  readonly unstable_config: { readonly features: readonly string[] };
}

/** A compiled program, taken apart. */
export interface CompiledContent {
  /** Its metadata. */
  readonly metadata: CompiledMetadata;
  /** The paths of the project's files in it, below the project's folder, in alphabetical order. */
  readonly files: readonly string[];
  /** The packages of npm in it, in alphabetical order. */
  readonly packages: readonly string[];
}

type Entry =
  | { readonly Dir: { readonly n: string; readonly e: readonly Entry[] } }
  | { readonly File: { readonly n: string } };

/** A mark, then how long the metadata is in eight bytes, then the metadata. The base binary has the mark in it, too. */
const MARK = "d3n0l4nd";
const METADATA = `{"argv":`;
/** The tree of files, behind how long it is in eight bytes. */
const TREE = `[{"Dir":{"n":`;
const LENGTH_BYTES = 8;
/** Where packages are: behind the registry's host their name, a folder a version. */
const PACKAGE = /^\.deno_compile_node_modules\/[^/]+\/((?:@[^/]+\/)?[^/]+)\//;

/**
 * Takes a compiled program apart, for whatever system it is.
 *
 * @throws {Error} if there is none.
 */
export function readCompiled(program: Uint8Array): CompiledContent {
  const bytes = Buffer.from(program.buffer, program.byteOffset, program.byteLength);
  for (let at = bytes.indexOf(MARK); at >= 0; at = bytes.indexOf(MARK, at + 1)) {
    const from = at + MARK.length + LENGTH_BYTES;
    if (bytes.toString("utf8", from, from + METADATA.length) !== METADATA) continue;
    const metadata = JSON.parse(readText(bytes, from));
    const tree: readonly Entry[] = JSON.parse(readText(bytes, bytes.indexOf(TREE, from)));
    const paths = tree.flatMap((entry) => pathsOf(entry)).sort();
    const packages = new Set(paths.flatMap((path) => path.match(PACKAGE)?.[1] ?? []));
    return { metadata, files: paths.filter((path) => !PACKAGE.test(path)), packages: [...packages] };
  }
  throw new Error("Cannot take it apart: nothing was compiled into it");
}

function readText(bytes: Buffer, from: number): string {
  return bytes.toString("utf8", from, from + Number(bytes.readBigUInt64LE(from - LENGTH_BYTES)));
}

function pathsOf(entry: Entry): string[] {
  if ("File" in entry) return [entry.File.n];
  return entry.Dir.e.flatMap(pathsOf).map((path) => `${entry.Dir.n}/${path}`);
}
