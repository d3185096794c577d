/**
 * A content server of ours in each form that there is: from source, as one file on other runtimes, compiled.
 *
 * @module
 */

import { CommandError } from "../../src/cli/failure.ts";
import { CONTENT, packedEntryOf, WHOLE_PROGRAM } from "../../src/cli/roles.ts";
import { compileWithBun, findBun } from "../build/bun_compile.ts";
import { bundle } from "../build/bundle.ts";
import { compileWithDeno } from "../build/deno_compile.ts";
import { MissingToolError, runTool } from "../build/tool.ts";
import { programCommand } from "../cluster/member.ts";
import { ROOT } from "../cluster/surroundings.ts";
import { NOT_INSTALLED } from "./tools.ts";
import type { Workbench } from "./workbench.ts";

/** One form. */
export interface OwnProgram {
  /** What it is called in the tables. */
  readonly name: string;
  /** The words that start the role. */
  readonly command: readonly [string, ...string[]];
  /** What has to be copied to a machine that has the runtime; a compiled program has it inside. */
  readonly copiedBytes: number;
  /** What the runtime takes besides; 0 for a compiled program. */
  readonly runtimeBytes: number;
}

/** Those that this machine has, from source first, and why others are left out. */
export interface OwnPrograms {
  /** What there is. */
  readonly programs: readonly OwnProgram[];
  /** Why others are not there. */
  readonly leftOut: readonly string[];
}

/** A form, without its name. */
type Form = Omit<OwnProgram, "name">;

/** What builds each form. The bundle is there; the folder takes what is built. */
const BUILDERS: Readonly<Record<string, (bench: Workbench, folder: string) => Promise<Form>>> = {
  "deno run": () => fromSource(),
  node: (bench, folder) => onRuntime(bench, "node", folder),
  bun: (bench, folder) => onRuntime(bench, "bun", folder),
  async "deno compile"({ signal }, folder): Promise<Form> {
    const to = `${folder}/of-deno`;
    await compileWithDeno({ program: CONTENT, target: undefined, to, signal });
    return await alone(to);
  },
  async "bun build --compile"({ signal }, folder): Promise<Form> {
    const to = `${folder}/of-bun`;
    await compileWithBun(await findBun(folder, signal), { program: CONTENT, target: undefined, to, signal }, folder);
    return await alone(to);
  },
};

/** The names of all forms, that from source first. */
export const FORMS: readonly string[] = Object.keys(BUILDERS);

/** Builds what can be built here of some forms, into a folder that goes with the row. */
export async function buildOwnPrograms(bench: Workbench, forms: readonly string[] = FORMS): Promise<OwnPrograms> {
  const folder = await bench.newFolder();
  await bundle({ entry: packedEntryOf(WHOLE_PROGRAM), to: bundleIn(folder), signal: bench.signal });
  const programs: OwnProgram[] = [];
  const leftOut: string[] = [];
  for (const name of forms) {
    bench.say(`making ${name}`);
    try {
      programs.push({ name, ...await BUILDERS[name]!(bench, folder) });
    } catch (error) {
      if (error instanceof MissingToolError) leftOut.push(`${name}: ${NOT_INSTALLED}`);
      else if (error instanceof CommandError) leftOut.push(`${name}: ${error.message}`);
      else throw error;
    }
  }
  return { programs, leftOut };
}

function bundleIn(folder: string): string {
  return `${folder}/${WHOLE_PROGRAM.name}.mjs`;
}

async function fromSource(): Promise<Form> {
  return {
    command: programCommand(CONTENT.role, [CONTENT.role]),
    copiedBytes: await sourceBytes(),
    runtimeBytes: await bytesOf(Deno.execPath()),
  };
}

/** The length of all modules that the program imports, at once or later. */
async function sourceBytes(): Promise<number> {
  const args = ["info", "--quiet", "--json", WHOLE_PROGRAM.entry];
  const { stdout } = await new Deno.Command(Deno.execPath(), { args, cwd: ROOT, stdin: "null", stderr: "null" })
    .output();
  const { modules } = JSON.parse(new TextDecoder().decode(stdout)) as { modules: readonly { size?: number }[] };
  return modules.reduce((sum, { size = 0 }) => sum + size, 0);
}

async function onRuntime({ signal }: Workbench, runtime: string, folder: string): Promise<Form> {
  const question = [runtime, "-e", "process.stdout.write(process.execPath)"] as const;
  const { output } = await runTool(question, { folder, signal });
  const file = bundleIn(folder);
  return {
    command: [output, file, CONTENT.role],
    copiedBytes: await bytesOf(file),
    runtimeBytes: await bytesOf(output),
  };
}

async function alone(path: string): Promise<Form> {
  return { command: [path], copiedBytes: await bytesOf(path), runtimeBytes: 0 };
}

async function bytesOf(path: string): Promise<number> {
  return (await Deno.stat(path)).size;
}
