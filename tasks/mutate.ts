/**
 * Puts deliberate faults into a copy of the roles, one at a time, and counts the seeds until the simulation finds each.
 *
 * @example
 * ```sh
 * deno task mutate               # all, and writes docs/mutations.md
 * deno task mutate --only digest # those whose name has this word; writes nothing
 * ```
 *
 * @module
 */

import { parseArgs } from "@std/cli";
import { type Mutation, MUTATIONS } from "../tests/simulation/mutations.ts";

/** How many seeds a fault may hide. */
const MAX_SEEDS = 200;
/** How many faults are looked for at the same time. */
const JOBS = 2;
/** How long a search may take. */
const LIMIT_MS = 300_000;
/** What a simulation needs of the project. */
const COPIED = ["src", "std", "tests/simulation", "tasks/sim", "tasks/sim.ts", "deno.json"] as const;
const PAGE = "docs/mutations.md";

/** How the search for one fault ended. */
export interface MutationEnd {
  /** The fault. */
  readonly mutation: Mutation;
  /** The first seed that fails; undefined if none does. */
  readonly seed: number | undefined;
  /** The promise that it breaks, or why there is none. */
  readonly finding: string;
}

/**
 * Puts a fault into a text.
 *
 * @throws {RangeError} if the place is not there, or there twice.
 */
export function mutate(text: string, { name, path, search, replace }: Mutation): string {
  const parts = text.split(search);
  if (parts.length === 2) return parts.join(replace);
  throw new RangeError(`Cannot put "${name}" into ${path}: its place is there ${parts.length - 1} times`);
}

/** Reads what a failed simulation printed. */
export function readFinding(output: string): { seed: number; finding: string } | undefined {
  const [, seed, finding] = /^seed (\d+) at commit \S+ breaks: (.+)$/m.exec(output) ?? [];
  return seed === undefined ? undefined : { seed: Number(seed), finding: finding! };
}

/** Writes what was found as a table. */
export function renderTable(ends: readonly MutationEnd[]): string {
  const rows = ends.map(({ mutation: { name, path }, seed, finding }) => [
    name,
    `\`${path}\``,
    seed === undefined ? "none" : String(seed),
    finding,
  ]);
  const head = ["fault", "in", "found by seed", "broken promise"];
  const widths = head.map((title, at) => Math.max(title.length, ...rows.map((row) => row[at]!.length)));
  const line = (cells: readonly string[]): string =>
    `| ${cells.map((cell, at) => cell.padEnd(widths[at]!)).join(" | ")} |`;
  return [line(head), line(widths.map((width) => "-".repeat(width))), ...rows.map(line)].join("\n");
}

/** Copies a file or a folder. */
async function copy(from: string, to: string): Promise<void> {
  const { isDirectory } = await Deno.stat(from);
  if (!isDirectory) {
    await Deno.mkdir(to.slice(0, to.lastIndexOf("/")), { recursive: true });
    return await Deno.copyFile(from, to);
  }
  for await (const { name } of Deno.readDir(from)) await copy(`${from}/${name}`, `${to}/${name}`);
}

/** Looks for one fault in a copy of the project. */
async function search(mutation: Mutation): Promise<MutationEnd> {
  const folder = await Deno.makeTempDir({ prefix: "microcdn-mutation-" });
  try {
    for (const path of COPIED) await copy(path, `${folder}/${path}`);
    const path = `${folder}/${mutation.path}`;
    await Deno.writeTextFile(path, mutate(await Deno.readTextFile(path), mutation));
    const child = new Deno.Command(Deno.execPath(), {
      // Not as a task: ending that would not end what it runs.
      args: [
        "run",
        "-q",
        "--no-prompt",
        "-P=gate",
        "tasks/sim.ts",
        "--worker",
        "--no-reduce",
        "--seeds",
        String(MAX_SEEDS),
      ],
      cwd: folder,
      stdin: "null",
      stdout: "piped",
      stderr: "piped",
    }).spawn();
    const timer = setTimeout(() => child.kill("SIGKILL"), LIMIT_MS);
    const { success, stdout, stderr } = await child.output();
    clearTimeout(timer);
    const output = new TextDecoder().decode(stdout);
    const found = readFinding(output);
    if (found !== undefined) return { mutation, ...found };
    const trouble = new TextDecoder().decode(stderr).trim().split("\n")[0] ?? "";
    return { mutation, seed: undefined, finding: success ? `not in ${MAX_SEEDS} seeds` : `no result: ${trouble}` };
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
}

/** A fault that cannot be put in has to be written anew: the place has changed. */
function noResult(mutation: Mutation, error: unknown): MutationEnd {
  return { mutation, seed: undefined, finding: error instanceof Error ? error.message : String(error) };
}

async function searchAll(mutations: readonly Mutation[]): Promise<MutationEnd[]> {
  const ends: MutationEnd[] = [];
  const waiting = [...mutations.entries()];
  async function work(): Promise<void> {
    for (let next = waiting.shift(); next !== undefined; next = waiting.shift()) {
      const [at, mutation] = next;
      const end = ends[at] = await search(mutation).catch((error) => noResult(mutation, error));
      console.log(`${end.seed === undefined ? "NOT FOUND" : `seed ${end.seed}`}: ${mutation.name}: ${end.finding}`);
    }
  }
  await Promise.all(Array.from({ length: JOBS }, work));
  return ends;
}

const INTRODUCTION = `# What the simulation finds

Written by \`deno task mutate\`: each deliberate fault of \`tests/simulation/mutations.ts\` is put into a copy of the
project, and seeds are run from 0 on until one fails, at most ${MAX_SEEDS}.
`;

if (import.meta.main) {
  const { only } = parseArgs(Deno.args, { string: ["only"] });
  const chosen = MUTATIONS.filter(({ name }) => only === undefined || name.includes(only));
  const ends = await searchAll(chosen);
  const table = renderTable(ends);
  console.log(table);
  if (only === undefined) await Deno.writeTextFile(PAGE, `${INTRODUCTION}\n${table}\n`);
  if (ends.some(({ seed }) => seed === undefined)) Deno.exit(1);
}
