/**
 * The programs that the bench finds on a machine, and those that it compiles there.
 *
 * @module
 */

import { compileC, type CProgram } from "./c_program.ts";

/** Why a row or a contender is left out that needs such a program. */
export const NOT_INSTALLED = "it is not installed";

/** What there is to measure with. */
export interface Tools {
  /** The C programs by name; empty without a C compiler. */
  readonly compiled: Readonly<Partial<Record<CProgram, string>>>;
  /** The programs that are installed, by name. */
  readonly installed: ReadonlyMap<string, InstalledProgram>;
}

/** A program that is installed. */
export interface InstalledProgram {
  /** How to start it. */
  readonly command: string;
  /** What it says of its version. */
  readonly version: string;
}

const PROGRAMS: readonly CProgram[] = ["load", "plain_server", "page_cache", "heartbeats"];

/** How a program is asked for its version, and where it is in the answer. */
interface VersionQuestion {
  readonly name: string;
  /** Where it may be, in order. */
  readonly commands: readonly string[];
  readonly args: readonly string[];
  readonly form: RegExp;
}

const QUESTIONS: readonly VersionQuestion[] = [
  // Where the programs of the superuser are, which are not on everybody's path.
  { name: "nginx", commands: ["nginx", "/usr/sbin/nginx"], args: ["-v"], form: /nginx\/([\d.]+)/ },
  { name: "python3", commands: ["python3"], args: ["--version"], form: /Python ([\d.]+)/ },
  { name: "curl", commands: ["curl"], args: ["--version"], form: /^curl ([\d.]+)/ },
  { name: "gcc", commands: ["gcc"], args: ["--version"], form: /([\d.]+)\s*$/m },
];

/** How long a program may take to say its version. */
const VERSION_MS = 10_000;

/** Looks for programs, and compiles ours into a folder. */
export async function findTools(folder: string): Promise<Tools> {
  const found = await Promise.all(QUESTIONS.map(async (question) => [question.name, await find(question)] as const));
  const paths = await Promise.all(PROGRAMS.map(async (name) => [name, await compileC(name, folder)] as const));
  return {
    compiled: Object.fromEntries(paths.filter(([, path]) => path !== undefined)),
    installed: new Map(found.flatMap(([name, program]) => program === undefined ? [] : [[name, program]])),
  };
}

async function find({ commands, args, form }: VersionQuestion): Promise<InstalledProgram | undefined> {
  for (const command of commands) {
    const [, version] = form.exec(await answerOf(command, args)) ?? [];
    if (version !== undefined) return { command, version };
  }
  return undefined;
}

/** What a program writes; nothing if it is not there. */
async function answerOf(program: string, args: readonly string[]): Promise<string> {
  try {
    const signal = AbortSignal.timeout(VERSION_MS);
    const { stdout, stderr } = await new Deno.Command(program, { args: [...args], stdin: "null", signal }).output();
    const decoder = new TextDecoder();
    return decoder.decode(stdout) + decoder.decode(stderr);
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) return "";
    throw error;
  }
}
