/**
 * Tables in Markdown whose columns are in line, so that they are as good to read on a terminal as in a document.
 *
 * @module
 */

import { columnsOf } from "../../../src/cli/columns.ts";

/** A table: a header, and lines with as many cells. */
export interface Table {
  /** The names of the columns. */
  readonly header: readonly string[];
  /** The cells. */
  readonly lines: readonly (readonly string[])[];
}

/** The narrowest column that Markdown knows. */
const MIN_COLUMNS = 3;

/** Writes a table, a line each. */
export function renderTable({ header, lines }: Table): string[] {
  const all = [header, ...lines].map((cells) => cells.map(escapeCell));
  const widths = header.map((_, at) => Math.max(MIN_COLUMNS, ...all.map((cells) => columnsOf(cells[at] ?? ""))));
  const [first, ...rest] = all.map((cells) => renderCells(widths, (at) => cells[at] ?? "", " "));
  return [first!, renderCells(widths, () => "", "-"), ...rest];
}

function renderCells(widths: readonly number[], cell: (at: number) => string, filler: string): string {
  const cells = widths.map((width, at) => cell(at) + filler.repeat(width - columnsOf(cell(at))));
  return `| ${cells.join(" | ")} |`;
}

/** A bar would end the cell. */
function escapeCell(text: string): string {
  return text.replaceAll("|", "\\|");
}
