/**
 * The results that are kept in the repository: as JSON to compare with, and as tables to read.
 *
 * @module
 */

import { ROOT } from "../../cluster/surroundings.ts";
import { replaceSection } from "./marked_section.ts";
import { type BenchReport, encodeReport, isSameMachine, type Machine, mergeReports, parseReport } from "./report.ts";
import { renderReport } from "./report_text.ts";

/** Where the results are kept as JSON, below the project's folder. */
export const KEPT_JSON = "docs/bench.json";
/** Where they are kept as tables. */
export const KEPT_TABLES = "BENCHMARKS.md";
const SECTION = "bench";

/** Reads what was kept last; undefined if nothing was, or in another format. */
export async function readKept(root: string = ROOT): Promise<BenchReport | undefined> {
  try {
    return parseReport(await Deno.readTextFile(`${root}/${KEPT_JSON}`));
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) return undefined;
    throw error;
  }
}

/** Why results of some rows cannot be kept beside those of the others; undefined if they can. */
export function whyNotTogether(kept: BenchReport | undefined, machine: Machine): string | undefined {
  if (kept === undefined || isSameMachine(kept.machine, machine)) return undefined;
  return "the table was kept on another machine, or with other versions: measure all rows, or begin with --anew";
}

/**
 * Keeps results, in the project's own format.
 *
 * @param names All rows, in order; those that were not measured stay as they were.
 */
export async function keep(
  report: BenchReport,
  { kept, names, root = ROOT }: { kept: BenchReport | undefined; names: readonly string[]; root?: string },
): Promise<void> {
  const merged = kept === undefined ? report : mergeReports(kept, report, names);
  await Deno.writeTextFile(`${root}/${KEPT_JSON}`, encodeReport(merged));
  const document = await Deno.readTextFile(`${root}/${KEPT_TABLES}`);
  await Deno.writeTextFile(`${root}/${KEPT_TABLES}`, replaceSection(document, SECTION, renderReport(merged)));
  await format(root, [KEPT_TABLES, KEPT_JSON]);
}

async function format(root: string, files: readonly string[]): Promise<void> {
  const command = new Deno.Command(Deno.execPath(), { args: ["fmt", "-q", ...files], cwd: root, stdin: "null" });
  const { success, stderr } = await command.output();
  if (!success) throw new Error(`Cannot format ${files.join(" and ")}: ${new TextDecoder().decode(stderr).trim()}`);
}
