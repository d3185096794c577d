/**
 * A Dockerfile as its instructions, as far as ours needs it: no engine is at hand where the tests run.
 *
 * @module
 */

/** One instruction. */
export interface Instruction {
  /** Its name: `FROM`. */
  readonly name: string;
  /** Options before its arguments: `--from=checked`. */
  readonly options: readonly string[];
  /** What follows, in one line. */
  readonly rest: string;
}

/** Reads a Dockerfile: a list of instructions for each stage, each of which begins with its `FROM`. */
export function parseDockerfile(text: string): readonly (readonly Instruction[])[] {
  const lines = text.split("\n").filter((line) => !/^\s*#/.test(line)).join("\n").replaceAll(/\\\n\s*/g, "").split(
    "\n",
  );
  const stages: Instruction[][] = [];
  for (const line of lines) {
    if (line.trim() === "") continue;
    const [, name, options, rest] = line.match(/^([A-Z]+)((?: --[\w-]+=\S+)*) (.+)$/) ?? [];
    if (name === undefined) throw new Error(`No instruction: ${line}`);
    if (name === "FROM") stages.push([]);
    const stage = stages.at(-1);
    if (stage === undefined) throw new Error(`An instruction before the first FROM: ${line}`);
    stage.push({ name, options: options!.trim().split(" ").filter(Boolean), rest: rest! });
  }
  return stages;
}

/** The last instruction of a name in a stage; it is the one that counts. */
export function lastOf(stage: readonly Instruction[], name: string): Instruction {
  const found = stage.findLast((instruction) => instruction.name === name);
  if (found === undefined) throw new Error(`There is no ${name}`);
  return found;
}

/** The words of a command in its exec form, which needs no shell. */
export function wordsOf({ name, rest }: Instruction): readonly string[] {
  const words: unknown = JSON.parse(rest.replace(/^CMD /, ""));
  if (Array.isArray(words) && words.every((word) => typeof word === "string")) return words;
  throw new Error(`${name} has no list of words: ${rest}`);
}

/** The variables that a stage sets. */
export function variablesOf(stage: readonly Instruction[]): Readonly<Record<string, string>> {
  const pairs = stage.filter(({ name }) => name === "ENV").flatMap(({ rest }) => rest.split(" "));
  return Object.fromEntries(pairs.map((pair) => pair.split(/=(.*)/s).slice(0, 2)));
}
