/**
 * `deno task compile`: a program a role, each one file that runs where nothing is installed.
 *
 * @module
 */

import { EXIT } from "../src/cli/exit_codes.ts";
import { choice, optionalText } from "../src/cli/flag.ts";
import type { FlagTable, FlagValues } from "../src/cli/flags.ts";
import type { Io } from "../src/cli/io.ts";
import { shortNameOf } from "../src/cli/roles.ts";
import { runProgram } from "../src/cli/system_io.ts";
import { formatBytes } from "../src/cli/units.ts";
import { UsageError } from "../src/cli/usage_error.ts";
import { checkBunTargets, compileWithBun, findBun } from "./build/bun_compile.ts";
import { type CompiledProgram, pickPrograms, PROGRAMS } from "./build/choice.ts";
import { type CompileOptions, compileWithDeno } from "./build/deno_compile.ts";
import { BUILD_FLAGS, outFolder, runBuild, say, shownPath } from "./build/running.ts";
import { Staging } from "./build/staging.ts";
import { pickTargets, programPath } from "./build/targets.ts";
import { readTaskLine } from "./cluster/options.ts";
import { printText } from "./cluster/running.ts";

const HELP =
  `Compiles programs that need nothing on the machine where they run: one a role, with the permissions that the
role needs and no more, and the whole as microcdn.

Usage:
  deno task compile [ROLE...] [FLAGS]

Roles: ${PROGRAMS.map(shortNameOf).join(", ")}.
Without any all of them.

Flags:
      --target SYSTEM  Another system than this one, or all; it goes into a folder of its own. Systems:
                       x86_64-unknown-linux-gnu, aarch64-unknown-linux-gnu, x86_64-apple-darwin,
                       aarch64-apple-darwin, x86_64-pc-windows-msvc
      --with deno|bun  Whose executable to put it into [deno]. Bun's is for this system only, and limits no program
      --out DIR        The folder to write to [dist]
  -h, --help           Show this help

Deno's base binary is downloaded from Deno's own host on first use; DENORT_BIN names another. Bun is the one on the
PATH, else npx downloads it.

Exit codes: 0 done; 2 wrong roles or flags; 3 a download failed; 5 a program cannot be made or written; 130 Ctrl-C.
`;

const FLAGS = {
  target: optionalText({ name: "target", placeholder: "SYSTEM", help: "Another system than this one, or all" }),
  with: choice({ name: "with", among: ["deno", "bun"], initial: "deno", help: "Whose executable to put it into" }),
  ...BUILD_FLAGS,
} as const satisfies FlagTable;

/** What is to be made. */
interface Job {
  readonly program: CompiledProgram;
  readonly target: string | undefined;
}

async function main(args: readonly string[], io: Io): Promise<number> {
  return await runBuild(io, async (signal) => {
    const { values, operands } = readTaskLine("compile", args, FLAGS);
    if (values.wantsHelp) return await printText(io, HELP);
    const jobs = readJobs(values, operands);
    const beganMs = performance.now();
    await using staging = await Staging.open(outFolder(values.out));
    const { make, maker } = await makerOf(values.with, staging.folder, signal);
    for (const { program, target } of jobs) {
      const path = programPath(program.name, target);
      const startMs = performance.now();
      const to = await staging.place(path);
      await make({ program, target, to, signal });
      const { size } = await Deno.stat(to);
      await say(io, `${path.padEnd(18)} ${formatBytes(size).padStart(8)} ${seconds(startMs)}`);
    }
    const outputs = await staging.publish();
    const count = outputs.length === 2 ? "1 program" : `${outputs.length - 1} programs`;
    await say(io, `${count} and SHA256SUMS are in ${shownPath(staging.out)}: ${maker}, ${seconds(beganMs)}`);
    return EXIT.done;
  });
}

function readJobs({ target, with: maker }: FlagValues<typeof FLAGS>, operands: readonly string[]): readonly Job[] {
  try {
    const programs = pickPrograms(operands);
    const targets = pickTargets(target);
    if (maker === "bun") checkBunTargets(targets);
    return targets.flatMap((target) => programs.map((program) => ({ program, target })));
  } catch (error) {
    if (error instanceof UsageError) throw new UsageError(`${error.message} (try deno task compile --help)`);
    throw error;
  }
}

interface Maker {
  readonly make: (options: CompileOptions) => Promise<void>;
  /** What it is, for the user. */
  readonly maker: string;
}

async function makerOf(name: string, folder: string, signal: AbortSignal): Promise<Maker> {
  if (name === "deno") return { make: compileWithDeno, maker: `Deno ${Deno.version.deno}` };
  const bun = await findBun(folder, signal);
  return { make: (options) => compileWithBun(bun, options, folder), maker: `Bun ${bun.version}` };
}

function seconds(sinceMs: number): string {
  return `${((performance.now() - sinceMs) / 1000).toFixed(1)} s`;
}

if (import.meta.main) await runProgram(main);
