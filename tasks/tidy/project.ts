/**
 * The project as `tidy` sees it: texts by path, and what is wrong with them.
 *
 * @module
 */

/** A text file. */
export interface TextFile {
  /** Its path below the project's root. */
  readonly path: string;
  /** All of it. */
  readonly text: string;
}

/** Something that `tidy` found. */
export interface Problem {
  /** The file's path. */
  readonly path: string;
  /** The line, from 1; undefined if the whole file is meant. */
  readonly line?: number;
  /** What is wrong. */
  readonly message: string;
  /** Whether it is only pointed out. Default: false. */
  readonly warning?: boolean;
}

/** Looks at the whole project. */
export type Check = (files: readonly TextFile[]) => Problem[];

/** Makes a check of the project out of one that looks at each file alone. */
export function eachFile(check: (file: TextFile) => Iterable<Problem>): Check {
  return (files) => files.flatMap((file) => [...check(file)]);
}

/** The lines of a file with their numbers from 1; the empty one after the last line end is none. */
export function linesOf({ text }: TextFile): [line: number, text: string][] {
  const lines = text.split("\n");
  if (lines.at(-1) === "") lines.pop();
  return lines.map((line, at) => [at + 1, line]);
}

/** Whether a file is ours to format: samples and recorded data are as they are. */
export function isOurs({ path }: TextFile): boolean {
  return !path.startsWith("content/") && !path.includes("testdata/") && path !== "deno.lock";
}

/** Whether a file was written by a program, as its first lines say. */
export function isGenerated({ text }: TextFile): boolean {
  return text.slice(0, 1_000).includes("@generated");
}

/** Writes a problem as one line: `src/a.ts:3: warning: ...`. */
export function renderProblem({ path, line, message, warning }: Problem): string {
  return `${path}${line === undefined ? "" : `:${line}`}: ${warning ? "warning: " : ""}${message}`;
}
