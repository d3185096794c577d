/**
 * The help texts, drawn from the tables of flags.
 *
 * @module
 */

import type { Command, Family } from "./command.ts";
import { EXIT_MEANINGS } from "./exit_codes.ts";
import type { Flag } from "./flag.ts";

/** The program's name. */
export const PROGRAM = "microcdn";

/** How wide the left column may get. */
const MAX_TERM_COLUMNS = 28;

/** Writes the program's help. */
export function renderOverview(families: readonly Family[]): string {
  const commands = families.flatMap((family) => family.commands);
  const row = (command: Command): readonly [string, string] => [renderCall(command), command.summary];
  return renderSections([
    ["", ["A content delivery network in miniature: index, monitor, content servers and their client."]],
    ["Usage", [`${PROGRAM} COMMAND [FLAGS]`, `${PROGRAM} help COMMAND`, `${PROGRAM} --version`]],
    ["Roles", renderRows(commands.filter((command) => command.kind === "role").map(row))],
    ["Client", renderRows(commands.filter((command) => command.kind === "client").map(row))],
    ["", [`"${PROGRAM} client NAME" is the same as "${PROGRAM} get NAME", "client ls" as "ls".`]],
    ["Exit codes", renderRows(EXIT_MEANINGS)],
  ]);
}

/** Writes the help of one command. */
export function renderUsage(command: Command): string {
  const flags = Object.values(command.flags).filter((flag) => !flag.hidden);
  return renderSections([
    ["", [command.summary, ...command.notes ?? []]],
    ["Usage", [`${PROGRAM} ${renderCall(command)} [FLAGS]`]],
    ["Flags", renderRows(flags.map((flag) => [renderFlag(flag), renderMeaning(flag)]))],
    ["", [
      "A flag can also come from a variable (MICROCDN_LOG for --log) or from the file of --config;",
      "a flag wins over a variable, a variable over the file.",
    ]],
    ["Exit codes", renderRows(EXIT_MEANINGS)],
  ]);
}

function renderCall({ name, operands }: Command): string {
  if (operands === undefined) return name;
  return `${name} ${operands.placeholder}${operands.max > 1 ? "..." : ""}`;
}

function renderFlag({ letter, name, placeholder }: Flag<unknown>): string {
  const value = placeholder === undefined ? "" : ` ${placeholder}`;
  return `${letter === undefined ? "    " : `-${letter}, `}--${name}${value}`;
}

function renderMeaning({ help, shown }: Flag<unknown>): string {
  return shown === undefined ? help : `${help} [${shown}]`;
}

/** Writes two columns; a term too long for its column has a line of its own. */
function renderRows(rows: ReadonlyArray<readonly [string, string]>): string[] {
  const columns = Math.max(0, ...rows.map(([term]) => term.length).filter((length) => length <= MAX_TERM_COLUMNS));
  return rows.flatMap(([term, meaning]) =>
    term.length > columns ? [term, `${" ".repeat(columns)}  ${meaning}`] : [`${term.padEnd(columns)}  ${meaning}`]
  );
}

/** Writes sections, a blank line between them; a section without a title is a paragraph. */
function renderSections(sections: ReadonlyArray<readonly [title: string, lines: readonly string[]]>): string {
  return sections.map(([title, lines]) =>
    title === "" ? `${lines.join("\n")}\n` : `${title}:\n${lines.map((line) => `  ${line}\n`).join("")}`
  ).join("\n");
}
