/**
 * Answers as text: columns for people, tab-separated lines for programs, JSON on request.
 *
 * @module
 */

import { escapeControls } from "../env/escape_controls.ts";
import { columnsOf } from "./columns.ts";

/** A table: a row a thing, a cell a property. */
export interface Listing {
  /** What the columns are called, and on which side their cells are. */
  readonly columns: ReadonlyArray<{ readonly title: string; readonly align?: "left" | "right" }>;
  /** The rows. */
  readonly rows: ReadonlyArray<readonly string[]>;
}

/** Options of {@link renderListing}. */
export interface ListingOptions {
  /** Whether somebody looks at it: columns are aligned. */
  isTerminal: boolean;
  /** Whether the columns' titles go first, on a terminal. Default: false. */
  hasTitles?: boolean;
}

/**
 * Writes a table. Without a terminal: cells between tabs, a line a row. What could drive a terminal is written as
 * `\u001b` in both, so that every row is one line.
 */
export function renderListing({ columns, rows }: Listing, { isTerminal, hasTitles = false }: ListingOptions): string {
  const safe = rows.map((row) => row.map(escapeControls));
  if (!isTerminal) return safe.map((row) => `${row.join("\t")}\n`).join("");
  const shown = hasTitles ? [columns.map(({ title }) => title.toUpperCase()), ...safe] : safe;
  const widths = columns.map((_, at) => shown.reduce((most, row) => Math.max(most, columnsOf(row[at] ?? "")), 0));
  return shown.map((row) => {
    const cells = row.map((cell, at) => {
      const space = " ".repeat(Math.max(0, widths[at]! - columnsOf(cell)));
      return columns[at]?.align === "right" ? space + cell : cell + space;
    });
    return `${cells.join("  ").trimEnd()}\n`;
  }).join("");
}

/** Writes a value as indented JSON. Text in it stays the same, and cannot drive a terminal. */
export function renderData(value: unknown): string {
  return `${JSON.stringify(value, undefined, 2).split("\n").map(escapeControls).join("\n")}\n`;
}
