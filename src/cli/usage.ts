/**
 * The help texts, drawn from the tables of flags.
 *
 * @module
 */

import { callWords, type Command, type Family, type Program, type Synonym, synonymOf } from "./command.ts";
import { EXIT_MEANINGS } from "./exit_codes.ts";
import type { Flag } from "./flag.ts";

/** The name of the whole program. */
export const PROGRAM = "microcdn";

/** How wide the left column may get. */
const MAX_TERM_COLUMNS = 28;

/** Writes the program's help, or that of one of its families. */
export function renderOverview(program: Program, family?: Family): string {
  const { name, families } = program;
  const shown = family === undefined ? families : [family];
  const call = family === undefined || family === families[0] ? name : `${name} ${family.name}`;
  const isWhole = shown.length > 1;
  const intro = isWhole
    ? ["A content delivery network in miniature, in families of roles:"]
    : [`A content delivery network in miniature. ${shown[0]!.summary}.`];
  return renderSections([
    ["", intro],
    ...(isWhole ? [["", renderRows(shown.map((one) => [`  ${one.name}`, one.summary]))] as const] : []),
    ["Usage", [
      `${call} COMMAND [FLAGS]`,
      `${call === name ? `${name} help` : `${name} help ${family!.name}`} COMMAND`,
      `${name} --version`,
    ]],
    ...shown.flatMap((one) => renderFamily(one, program)),
    ["Exit codes", renderRows(EXIT_MEANINGS)],
  ]);
}

/** Writes a family's commands. */
function renderFamily(family: Family, program: Program): Section[] {
  const { name, families, word } = program;
  const synonym = word === undefined ? undefined : synonymOf(family, word);
  const isFirst = family === families[0];
  const commands = family.commands.filter((command) =>
    synonym === undefined || synonym.commands.includes(command.name)
  );
  const row = (command: Command): readonly [string, string] => [
    renderLine(callWords(command, program).join(" "), command),
    command.summary,
  ];
  const roles = commands.filter((command) => command.kind === "role").map(row);
  const clients = commands.filter((command) => command.kind === "client").map(row);
  return [
    ...(roles.length === 0 ? [] : [[isFirst ? "Roles" : `Roles of ${family.name}`, renderRows(roles)] as const]),
    ...(clients.length === 0 ? [] : [[isFirst ? "Client" : `Client of ${family.name}`, renderRows(clients)] as const]),
    ...renderSynonyms(isFirst ? name : `${name} ${family.name}`, family, synonym),
  ];
}

/** Says which words are the same. */
function renderSynonyms(call: string, { synonyms }: Family, synonym: Synonym | undefined): Section[] {
  if (synonym !== undefined) return [["", [`"${call} NAME" is the same as "${call} ${synonym.otherwise} NAME".`]]];
  return Object.entries(synonyms).map(([word, { commands, otherwise }]) => {
    const other = commands.find((one) => one !== otherwise) ?? otherwise;
    return ["", [
      `"${call} ${word} NAME" is the same as "${call} ${otherwise} NAME", "${word} ${other}" as "${other}".`,
    ]];
  });
}

/** How the user calls a command: `microcdn index`, `microcdn edge meta`, or `microcdn-index` where that is all. */
export function callOf(command: Command, program: Program): string {
  return [program.name, ...callWords(command, program)].join(" ");
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

/** Lines with a title, or none. */
type Section = readonly [title: string, lines: readonly string[]];

/** Writes sections, a blank line between them; a section without a title is a paragraph. */
function renderSections(sections: readonly Section[]): string {
  return sections.map(([title, lines]) =>
    title === "" ? `${lines.join("\n")}\n` : `${title}:\n${lines.map((line) => `  ${line}\n`).join("")}`
  ).join("\n");
}
