/**
 * Colours for a terminal.
 *
 * @module
 */

/** What a text may be painted in. */
export type Colour = "red" | "green" | "yellow" | "magenta" | "cyan" | "blue" | "dim" | "bold";

const CODES: Readonly<Record<Colour, number>> = {
  bold: 1,
  dim: 2,
  red: 31,
  green: 32,
  yellow: 33,
  blue: 94,
  magenta: 35,
  cyan: 36,
};

/** Paints text, or not. */
export type Paint = (colour: Colour, text: string) => string;

/** Paints with ANSI sequences. */
export function ansiPaint(colour: Colour, text: string): string {
  return `\x1b[${CODES[colour]}m${text}\x1b[0m`;
}

/** Leaves text as it is. */
export function plainPaint(_: Colour, text: string): string {
  return text;
}
