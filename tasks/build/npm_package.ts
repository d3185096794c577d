/**
 * The npm package: what its `package.json` says.
 *
 * @module
 */

import project from "../../deno.json" with { type: "json" };
import { LIBRARY_DECLARATIONS } from "./declarations.ts";

/** The whole program as one file. */
export const PROGRAM_BUNDLE = "microcdn.mjs";

/** The module that the library is bundled from. */
export const LIBRARY_ENTRY = "tasks/build/library.ts";

/** The library as one file. */
export const LIBRARY_BUNDLE = "mod.mjs";

/** The folder of the library's declarations. */
export const TYPES_FOLDER = "types";

/** The first line of the program, for a shell that runs it as npm installs it. */
export const SHEBANG = "#!/usr/bin/env node\n";

/** Writes `package.json`. */
export function renderPackage(): string {
  const { version, license } = project;
  const content = {
    name: "microcdn",
    version,
    description: "A small content delivery network: index, monitor, content servers, and a client that gets the file",
    license,
    type: "module",
    bin: { microcdn: PROGRAM_BUNDLE },
    exports: {
      ".": { types: `./${TYPES_FOLDER}/${LIBRARY_DECLARATIONS}`, default: `./${LIBRARY_BUNDLE}` },
      "./package.json": "./package.json",
    },
    files: [PROGRAM_BUNDLE, LIBRARY_BUNDLE, TYPES_FOLDER],
    engines: { node: ">=20" },
  };
  return `${JSON.stringify(content, undefined, 2)}\n`;
}
