/**
 * `deno task bench`: how ours stands beside what people would use otherwise, and beside what this machine can do at all.
 *
 * @module
 */

import { systemClock } from "../src/base/clock.ts";
import { EXIT } from "../src/cli/exit_codes.ts";
import { CommandError } from "../src/cli/failure.ts";
import type { Io } from "../src/cli/io.ts";
import { userPath } from "../src/cli/paths.ts";
import { listenForStop } from "../src/cli/signals.ts";
import { runProgram } from "../src/cli/system_io.ts";
import { UsageError } from "../src/cli/usage_error.ts";
import { escapeControls } from "../src/env/escape_controls.ts";
import { denoNet } from "../src/net/deno.ts";
import { renderEnd, type RunEnd, runRows } from "./bench/bench_run.ts";
import { NO_COMPILER } from "./bench/c_program.ts";
import { type BenchOptions, readBenchOptions, selectRows } from "./bench/options.ts";
import { keep, KEPT_TABLES, readKept, whyNotTogether } from "./bench/results/kept.ts";
import { describeLoad, describeThisMachine } from "./bench/results/machine.ts";
import { type BenchReport, encodeReport, type Machine } from "./bench/results/report.ts";
import { describeMachine } from "./bench/results/report_text.ts";
import type { Row } from "./bench/row.ts";
import { ROWS } from "./bench/rows.ts";
import { FULL_SIZES, QUICK_SIZES } from "./bench/sizes.ts";
import { findTools, type Tools } from "./bench/tools.ts";
import { Workbench } from "./bench/workbench.ts";
import { onSuspend, printText, runTask } from "./cluster/running.ts";
import { Screen } from "./cluster/screen.ts";
import { standardOutput } from "./cluster/standard_output.ts";
import { isCapable, variable } from "./cluster/surroundings.ts";

const HELP =
  `Measures Micro-CDN beside nginx, python3 -m http.server, curl and a write() loop in C, as far as this machine
has them: the same load generator for all, in turns, the median of several rounds. All rows take about a quarter of an
hour, and 4 GiB of disk for a while. Let nothing else run meanwhile.

Usage:
  deno task bench [FLAGS] [ROW...]

Flags:
      --quick      Everyday rows, fewer rounds: about a minute
      --list       List the rows
      --json FILE  Write the results as JSON; - is standard output
      --write      Keep the results: rewrite the tables in BENCHMARKS.md, and docs/bench.json. Rows that are named
                   take the place of the kept ones, if those are of this machine and of these versions
      --anew       With --write: begin a new table with these rows alone, wherever the kept one was measured
  -h, --help       Show this help

Each run says which targets are missed, and which ratios differ by more than 10 % from those that were kept.

Exit codes: 0 measured, whatever came of it; 1 a row failed; 2 wrong flags; 5 a file cannot be written; 130 Ctrl-C.
`;

const TO_STANDARD_OUTPUT = "-";

async function main(args: readonly string[], io: Io): Promise<number> {
  return await runTask(io, async () => {
    const options = readBenchOptions(args);
    if (options.wantsHelp) return await printText(io, HELP);
    const rows = selectRows(ROWS, options);
    if (options.wantsList) return await printText(io, renderList(rows));
    await checkWritable(options);
    const output = options.json === TO_STANDARD_OUTPUT ? io.errors : standardOutput();
    const screen = new Screen(output, { hasStatus: isCapable(output) });
    const off = onSuspend(() => screen.line("Ctrl-Z has no effect here"));
    const clock = systemClock();
    const stop = listenForStop(io, { clock, supervised: false });
    const folder = await Deno.makeTempDir({ prefix: "microcdn-bench-" });
    let bench: Workbench | undefined;
    try {
      const tools = await findTools(folder);
      const sizes = options.isQuick ? QUICK_SIZES : FULL_SIZES;
      const onStatus = (text: string): void => showStatus(screen, text);
      bench = new Workbench({ env: { net: denoNet(), clock }, signal: stop.signal, sizes, onStatus }, folder, tools);
      return await Promise.race([measure(bench, { options, rows, screen, io }), stop.forced]);
    } catch (error) {
      // Ctrl-C at a terminal reaches a compiler, too: that it ended then is no failure of it.
      stop.signal.throwIfAborted();
      throw error;
    } finally {
      bench?.killAll();
      await (bench?.dismantle() ?? Deno.remove(folder, { recursive: true }));
      await screen.finish(clock);
      stop.close();
      off();
    }
  });
}

interface Parts {
  readonly options: BenchOptions;
  readonly rows: readonly Row[];
  readonly screen: Screen;
  readonly io: Io;
}

async function measure(bench: Workbench, { options, rows, screen, io }: Parts): Promise<number> {
  const [machine, kept] = await Promise.all([describeThisMachine(bench.tools), readKept()]);
  const isAll = rows.length === ROWS.length;
  const isMixed = !isAll && !options.anew;
  if (options.writes && isMixed) refuseToMix(kept, machine);
  const print = (line: string): void => screen.line(escapeControls(line));
  for (const line of renderBeginning(machine, options, bench.tools)) print(line);
  const end = await runRows(bench, {
    rows,
    now: () => new Date(bench.env.clock.unixMs()).toISOString(),
    scale: options.isQuick ? "quick" : "full",
    machine,
    print,
  });
  showStatus(screen, "");
  for (const line of renderEnd(end, kept)) print(line);
  if (options.json !== undefined) await writeJson(io, options.json, end.report);
  if (options.writes) print(await keepResults(end, isMixed ? kept : undefined));
  return end.failed.length === 0 ? EXIT.done : 1;
}

/** Rows that are measured alone are kept beside the others only if they belong together. */
function refuseToMix(kept: BenchReport | undefined, machine: Machine): void {
  const reason = whyNotTogether(kept, machine);
  if (reason !== undefined) throw new UsageError(`Cannot keep some rows: ${reason}`);
}

async function keepResults({ report, failed }: RunEnd, kept: BenchReport | undefined): Promise<string> {
  if (failed.length > 0) return "Not kept: a row failed.";
  await keep(report, { kept, names: ROWS.map(({ name }) => name) });
  return `Kept in ${KEPT_TABLES}.`;
}

function renderBeginning(machine: Machine, { isQuick }: BenchOptions, { compiled }: Tools): string[] {
  return [
    describeMachine(machine),
    ...describeLoad(Deno.loadavg()[0]!, machine.cores),
    ...(isQuick ? ["Quick: everyday rows, fewer rounds. Everything: deno task bench"] : []),
    ...(compiled.load === undefined ? [`The load comes from TypeScript, which costs more: ${NO_COMPILER}`] : []),
    "",
  ];
}

function renderList(rows: readonly Row[]): string {
  const width = Math.max(...rows.map(({ name }) => name.length));
  const lines = rows.map(({ name, title, isQuick }) =>
    `${name.padEnd(width)}  ${isQuick ? "quick" : "     "}  ${title}`
  );
  return `${lines.join("\n")}\n`;
}

/** Finds out before all the measuring whether what is found can be written. */
async function checkWritable({ json }: BenchOptions): Promise<void> {
  if (json === undefined || json === TO_STANDARD_OUTPUT) return;
  try {
    (await Deno.open(userPath({ variable }, json), { write: true, create: true })).close();
  } catch (cause) {
    const reason = cause instanceof Error ? cause.message : cause;
    throw new CommandError(EXIT.file, `Cannot write ${json}: ${reason}`, { cause });
  }
}

async function writeJson({ output }: Pick<Io, "output">, path: string, report: BenchReport): Promise<void> {
  const text = encodeReport(report);
  if (path === TO_STANDARD_OUTPUT) await printText({ output }, text);
  else await Deno.writeTextFile(userPath({ variable }, path), text);
}

function showStatus(screen: Screen, text: string): void {
  const shown = text.slice(0, screen.statusColumns);
  screen.status({ text: shown, columns: shown.length });
}

if (import.meta.main) await runProgram(main);
