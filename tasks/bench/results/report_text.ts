/**
 * A report as people read it.
 *
 * @module
 */

import { formatBound, formatCount, formatFigure, formatRatio } from "./figure.ts";
import type { Growth } from "./growth.ts";
import type { Bound, Measure } from "./measure.ts";
import type { BenchReport, Machine, RowReport } from "./report.ts";
import { renderTable } from "./table.ts";

const HEADER = ["what", "in", "ours", "beside", "theirs", "ratio", "target"];

/** What one row found, as lines: its tables, and what was left out. */
export function renderRow({ measures, growths, leftOut }: RowReport): string[] {
  return [
    ...(measures.length === 0 ? [] : renderTable({ header: HEADER, lines: linesOfMeasures(measures) })),
    ...growths.flatMap(renderGrowth),
    ...leftOut.map((reason) => `Left out: ${reason}`),
  ];
}

/** A whole report as Markdown, for the place in a document that is rewritten. */
export function renderReport({ machine, rows }: BenchReport): string[] {
  const compared = rows.filter(({ measures }) => measures.length > 0);
  const grown = rows.filter(({ growths }) => growths.length > 0);
  const leftOut = rows.flatMap(({ name, leftOut }) => leftOut.map((reason) => `- ${name}: ${reason}`));
  return [
    `${describeMachine(machine)} ${describeTime(rows)}`,
    "",
    "### Beside the peers",
    "",
    ...renderTable({ header: HEADER, lines: compared.flatMap(titledLines) }),
    "",
    "### How cost grows",
    ...grown.flatMap((row) => ["", `${row.title}:`, ...row.growths.flatMap((growth) => ["", ...renderGrowth(growth)])]),
    ...(leftOut.length === 0 ? [] : ["", "Left out:", "", ...leftOut]),
  ];
}

/** The targets of a report that are missed, a line each. */
export function renderMisses({ rows }: Pick<BenchReport, "rows">): string[] {
  return rows.flatMap(({ name, measures }) =>
    measures.flatMap(({ metric, unit, results, ratios, limit, isWithin }) => {
      const [ours] = results;
      const ratioMisses = ratios.filter(({ isMet }) => isMet === false).map(({ to, median, target }) =>
        `${name}: ${metric}, ${ours!.contender} to ${to}: ${formatRatio(median)}, wanted ${formatBound(target!)}`
      );
      if (isWithin !== false) return ratioMisses;
      const own = `${name}: ${metric}: ${formatFigure(ours!.median)} ${unit}, wanted ${formatBound(limit!)}`;
      return [...ratioMisses, own];
    })
  );
}

/** How many targets of a report were judged. */
export function countTargets({ rows }: Pick<BenchReport, "rows">): number {
  const judged = rows.flatMap(({ measures }) => measures).flatMap(({ ratios, isWithin }) => [
    ...ratios.map(({ isMet }) => isMet),
    isWithin,
  ]);
  return judged.filter((verdict) => verdict !== undefined).length;
}

/** A machine in a sentence. */
export function describeMachine({ cpu, cores, memoryGib, system, kernel, versions }: Machine): string {
  const programs = Object.entries(versions).map(([name, version]) => `${name} ${version}`);
  const place = `${cpu}, ${cores} ${cores === 1 ? "core" : "cores"}, ${memoryGib} GiB, ${system}, ${kernel}`;
  return `${place}; ${programs.join(", ")}.`;
}

/** Rows may have been measured on different days. */
function describeTime(rows: readonly RowReport[]): string {
  const days = rows.map(({ measuredAt }) => measuredAt.slice(0, 10)).toSorted();
  const [first, last] = [days[0], days.at(-1)];
  return first === last ? `Measured on ${first}.` : `Measured from ${first} to ${last}.`;
}

function titledLines({ title, measures }: RowReport): string[][] {
  return linesOfMeasures(measures).map(([metric, ...cells]) => [`${title}: ${metric}`, ...cells]);
}

/** A line for each contender beside ours, and one for what is promised of ours alone. */
function linesOfMeasures(measures: readonly Measure[]): string[][] {
  return measures.flatMap(({ metric, unit, results, ratios, limit, isWithin }): string[][] => {
    const [ours] = results;
    const what = [metric, unit, ownText(ours!, ratios.length > 0)];
    const lines = ratios.map(({ to, median, target, isMet }, at) => [
      ...what,
      to,
      formatFigure(results[at + 1]!.median),
      formatRatio(median),
      verdict(target, isMet),
    ]);
    if (limit === undefined && lines.length > 0) return lines;
    return [...lines, [...what, "", "", "", verdict(limit, isWithin)]];
  });
}

/** The first contender's value; named, if it is not simply ours. */
function ownText({ contender, median }: Measure["results"][number], hasOthers: boolean): string {
  const value = formatFigure(median);
  return contender === "ours" || !hasOthers ? value : `${value} (${contender})`;
}

function verdict(bound: Bound | undefined, isKept: boolean | undefined): string {
  return bound === undefined ? "" : `${formatBound(bound)}: ${isKept ? "met" : "missed"}`;
}

function renderGrowth({ of, columns, lines }: Growth): string[] {
  return renderTable({
    header: [of, ...columns.map(({ name, unit }) => `${name}, ${unit}`)],
    lines: lines.map(({ size, values }) => [
      formatCount(size),
      ...columns.map(({ name }) => {
        const value = values[name];
        return value === null || value === undefined ? "" : formatFigure(value);
      }),
    ]),
  });
}
