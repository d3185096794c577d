/**
 * `deno task bundle`: the program and the library as one file each, for Node and Bun, and the npm package of both.
 *
 * @module
 */

import { join, sep as SEPARATOR } from "node:path";
import { packedEntryOf, WHOLE_PROGRAM } from "../src/cli/roles.ts";
import { EXIT } from "../src/cli/exit_codes.ts";
import type { Io } from "../src/cli/io.ts";
import { runProgram } from "../src/cli/system_io.ts";
import { formatBytes } from "../src/cli/units.ts";
import { toFileError } from "../src/env/system_error.ts";
import { bundle } from "./build/bundle.ts";
import { makeDeclarations } from "./build/declarations.ts";
import {
  LIBRARY_BUNDLE,
  LIBRARY_ENTRY,
  PROGRAM_BUNDLE,
  renderPackage,
  SHEBANG,
  TYPES_FOLDER,
} from "./build/npm_package.ts";
import { BUILD_FLAGS, outFolder, runBuild, say, shownPath } from "./build/running.ts";
import { type Output, Staging } from "./build/staging.ts";
import { readTaskFlags } from "./cluster/options.ts";
import { printText } from "./cluster/running.ts";
import { ROOT } from "./cluster/surroundings.ts";

const HELP =
  `Puts the program into one file that Node 20 and later, Bun and Deno run, the library into another, and beside
them what makes a package of npm of both, the library's types included.

Usage:
  deno task bundle [FLAGS]

Flags:
      --out DIR  The folder to write to [dist]
  -h, --help     Show this help

  node dist/microcdn.mjs index --port 5050
  npm pack ./dist

The first use downloads esbuild from npm.

Exit codes: 0 done; 2 wrong flags; 3 esbuild cannot be downloaded; 5 a file cannot be written; 130 Ctrl-C.
`;

async function main(args: readonly string[], io: Io): Promise<number> {
  return await runBuild(io, async (signal) => {
    const { out, wantsHelp } = readTaskFlags("bundle", args, BUILD_FLAGS);
    if (wantsHelp) return await printText(io, HELP);
    await using staging = await Staging.open(outFolder(out));
    const program = await staging.place(PROGRAM_BUNDLE);
    await bundle({ entry: packedEntryOf(WHOLE_PROGRAM), to: program, signal });
    await makeRunnable(program);
    await bundle({ entry: LIBRARY_ENTRY, to: await staging.place(LIBRARY_BUNDLE), signal });
    const declarations = await makeDeclarations({ folder: staging.folder, signal });
    for (const [path, text] of declarations) await staging.write(`${TYPES_FOLDER}/${path}`, text);
    await staging.write("package.json", renderPackage());
    await staging.write("LICENSE", await Deno.readTextFile(`${ROOT}/LICENSE`));
    const made = await staging.publish();
    const types = join(staging.out, TYPES_FOLDER);
    for (const { path, sizeBytes } of foldInto(types, made)) {
      await say(io, `${shownPath(path).padEnd(24)} ${formatBytes(sizeBytes)}`);
    }
    return EXIT.done;
  });
}

/** Has what is in a folder as one output, where the first of it is. */
function foldInto(folder: string, outputs: readonly Output[]): readonly Output[] {
  const sizes = new Map<string, number>();
  for (const { path, sizeBytes } of outputs) {
    const shown = path.startsWith(folder + SEPARATOR) ? folder : path;
    sizes.set(shown, (sizes.get(shown) ?? 0) + sizeBytes);
  }
  return Array.from(sizes, ([path, sizeBytes]) => ({ path, sizeBytes }));
}

/** Makes a file one that a shell runs with Node. */
async function makeRunnable(path: string): Promise<void> {
  try {
    await Deno.writeTextFile(path, SHEBANG + await Deno.readTextFile(path));
    if (Deno.build.os !== "windows") await Deno.chmod(path, 0o755);
  } catch (error) {
    throw toFileError(error, `write ${path}`);
  }
}

if (import.meta.main) await runProgram(main);
