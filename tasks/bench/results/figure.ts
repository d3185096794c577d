/**
 * Numbers as people read them.
 *
 * @module
 */

import type { Bound } from "./measure.ts";

/** Writes a value with three digits that count, and commas in large ones: `4.31`, `0.0123`, `27,900`. */
export function formatFigure(value: number): string {
  if (value === 0 || !Number.isFinite(value)) return String(value);
  const size = Math.floor(Math.log10(Math.abs(Number(value.toPrecision(3)))));
  if (size >= 3) return formatCount(Number(value.toPrecision(3)));
  return value.toFixed(Math.min(6, Math.max(0, 2 - size)));
}

/** Writes a whole number with commas: `1,000,000`. */
export function formatCount(value: number): string {
  return Math.round(value).toString().replace(/\B(?=(\d{3})+$)/g, ",");
}

/** Writes a ratio: `0.97`. */
export function formatRatio(ratio: number): string {
  return ratio >= 100 ? formatCount(ratio) : ratio.toFixed(2);
}

/** Writes a bound: `0.95 or more`. */
export function formatBound({ atLeast, atMost }: Bound): string {
  const parts = [
    ...(atLeast === undefined ? [] : [`${atLeast} or more`]),
    ...(atMost === undefined ? [] : [`${atMost} or less`]),
  ];
  return parts.join(", ");
}
