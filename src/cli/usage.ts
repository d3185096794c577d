/**
 * The help texts, drawn from the tables of flags.
 *
 * @module
 */

import { type Command, type Program, synonymOf } from "./command.ts";
import { EXIT_MEANINGS } from "./exit_codes.ts";
import type { Flag } from "./flag.ts";

/** The name of the whole program. */
export const PROGRAM = "microcdn";

/** How wide the left column may get. */
const MAX_TERM_COLUMNS = 28;

/** Writes the program's help. */
export function renderOverview({ name, families, word }: Program): string {
  const [synonym] = word === undefined ? [] : families.flatMap((family) => synonymOf(family, word) ?? []);
  const commands = families.flatMap((family) => family.commands)
    .filter((command) => synonym === undefined || synonym.commands.includes(command.name));
  const row = (command: Command): readonly [string, string] => [renderLine(command.name, command), command.summary];
  const roles = commands.filter((command) => command.kind === "role").map(row);
  const same = synonym === undefined
    ? `"${name} client NAME" is the same as "${name} get NAME", "client ls" as "ls".`
    : `"${name} NAME" is the same as "${name} ${synonym.otherwise} NAME".`;
  return renderSections([
    ["", ["A content delivery network in miniature: index, monitor, content servers and their client."]],
    ["Usage", [`${name} COMMAND [FLAGS]`, `${name} help COMMAND`, `${name} --version`]],
    ...(roles.length === 0 ? [] : [["Roles", renderRows(roles)] as const]),
    ["Client", renderRows(commands.filter((command) => command.kind === "client").map(row))],
    ["", [same]],
    ["Exit codes", renderRows(EXIT_MEANINGS)],
  ]);
}

/** How the user calls a command: `microcdn index`, or `microcdn-index` where that is all there is. */
export function callOf({ name: command }: Command, { name, word }: Program): string {
  return command === word ? name : `${name} ${command}`;
}

/** Writes the help of one command. */
export function renderUsage(command: Command, program: Program): string {
  const flags = Object.values(command.flags).filter((flag) => !flag.hidden);
  return renderSections([
    ["", [command.summary, ...command.notes ?? []]],
    ["Usage", [`${renderLine(callOf(command, program), command)} [FLAGS]`]],
    ["Flags", renderRows(flags.map((flag) => [renderFlag(flag), renderMeaning(flag)]))],
    ["", [
      "A flag can also come from a variable (MICROCDN_LOG for --log) or from the file of --config;",
      "a flag wins over a variable, a variable over the file.",
    ]],
    ["Exit codes", renderRows(EXIT_MEANINGS)],
  ]);
}

function renderLine(call: string, { operands }: Command): string {
  if (operands === undefined) return call;
  return `${call} ${operands.placeholder}${operands.max > 1 ? "..." : ""}`;
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
