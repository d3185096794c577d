/**
 * Logs of many roles as one stream of lines, each with its role before it.
 *
 * @module
 */

import { escapeControls } from "../../src/env/escape_controls.ts";
import type { Errand } from "./errands.ts";

/** The longest line that is shown whole, in UTF-16 units. */
const MAX_LINE = 65_536;

/** Text in pieces, into lines. */
export class LineSplitter {
  readonly #onLine: (line: string) => void;
  #rest = "";

  /** Begins with nothing. `onLine` gets every line without its end, cut if it is too long. */
  constructor(onLine: (line: string) => void) {
    this.#onLine = onLine;
  }

  /** Adds a piece. */
  push(text: string): void {
    const lines = (this.#rest + text).split("\n");
    // Of a line without an end no more is kept than is shown.
    this.#rest = lines.pop()!.slice(0, MAX_LINE);
    for (const line of lines) this.#onLine(line.slice(0, MAX_LINE));
  }
}

/** Writes a line of a role's log. */
export function renderLogLine(machine: string, role: string, line: string): string {
  return escapeControls(`${machine}/${role}  ${line}`);
}

/** Returns the last lines of the logs of a machine's roles. */
export async function lastLines({ remote, onStep }: Errand, count: number): Promise<readonly string[]> {
  const { name: machine, roles } = remote.machine;
  onStep("reads");
  const lines = await remote.logs(roles.map(({ name }) => name), count);
  return lines.map(([role, line]) => renderLogLine(machine, role, line));
}

/** Passes on the last lines of the logs of a machine's roles, and what comes, until called off. */
export async function followLogs(
  { remote }: Errand,
  count: number,
  onLine: (line: string) => void,
): Promise<void> {
  const { name: machine, roles } = remote.machine;
  // What follows is passed on as it is: that nothing is there would be taken for a line of a log.
  await remote.logs([], count);
  await Promise.all(roles.map(async ({ name }) => {
    const splitter = new LineSplitter((line) => onLine(renderLogLine(machine, name, line)));
    await remote.follow(name, count, (text) => splitter.push(text));
  }));
}
