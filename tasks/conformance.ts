/**
 * `deno task conformance`: does somebody's implementation of the cdn line protocol do what PROTOCOL.md says?
 *
 * @module
 */

import type { Address } from "../src/base/address.ts";
import { systemClock } from "../src/base/clock.ts";
import { withDeadline } from "../src/base/deadline.ts";
import { EXIT } from "../src/cli/exit_codes.ts";
import { choice, count, optionalAddress, optionalText, seconds, toggle } from "../src/cli/flag.ts";
import type { FlagTable, FlagValues } from "../src/cli/flags.ts";
import type { Io } from "../src/cli/io.ts";
import { columnsOf, fitColumns } from "../src/cli/columns.ts";
import { exitCodeOf, listenForStop, type StopError } from "../src/cli/signals.ts";
import { runProgram } from "../src/cli/system_io.ts";
import { UsageError } from "../src/cli/usage_error.ts";
import { denoNet } from "../src/net/deno.ts";
import { ProcessCast, splitCommand } from "../tests/conformance/process_cast.ts";
import { isHeld, renderFailure, renderReasons, renderTable } from "../tests/conformance/report.ts";
import { FEEDS, type Player, type Stage } from "../tests/conformance/stage.ts";
import { type CaseResult, loadSections, runSections } from "../tests/conformance/suite.ts";
import type { Actor, Section } from "../tests/conformance/transcript.ts";
import { readTaskFlags } from "./cluster/options.ts";
import { printText, runTask } from "./cluster/running.ts";
import { Screen } from "./cluster/screen.ts";
import { isCapable, variable } from "./cluster/surroundings.ts";

const HELP = `Compares an implementation of the cdn line protocol with the transcripts in tests/conformance.

Usage:
  deno task conformance [FLAGS]

Who runs already:
      --index HOST:PORT        An index
      --monitor HOST:PORT      A monitor's TCP port; it should be told to report to that index
      --monitor-udp HOST:PORT  Its port for heartbeats
      --content HOST:PORT      A content server
      --file NAME              A file that it has [hello.txt]
      --empty NAME             An empty file that it has [file1.txt]

Who is to be started, again for each case, by a command line (quotes keep blanks together):
      --start-index CMD, --start-content CMD, --start-monitor CMD, --start-client CMD
      In it stand {host}, {tcp_port}, {udp_port} for where it is to listen, {index_host}, {index_port}, {monitor_host},
      {monitor_port}, {heartbeat_port} for whom it has to do with, {id} and {folder} for a content server, {file} and
      {out} for what a client is to get and where it is to put it.

How:
      --section NAME   Only sections whose file or title has this in it
      --feed HOW       How lines are cut: lines, whole (many in one segment), bytes (one by one), cuts, all [lines]
      --seed N         Decides where random cuts are [1]
      --deadline S     How long an answer may take [5]
  -v, --verbose        Show what fails beyond the contract too
  -h, --help           Show this help

Cases that need somebody who is not named are not run. Sections beyond the contract are what this implementation adds;
they do not count. Ids and file names are new in each run, and begin with "conf-".

Exit codes: 0 all that was run of the contract held, 1 something did not, 2 wrong flags, 3 nobody answers there,
130 Ctrl-C.
`;

const FLAGS = {
  index: optionalAddress({ name: "index", help: "An index" }),
  monitor: optionalAddress({ name: "monitor", help: "A monitor's TCP port" }),
  heartbeats: optionalAddress({ name: "monitor-udp", help: "Its port for heartbeats" }),
  content: optionalAddress({ name: "content", help: "A content server" }),
  file: optionalText({ name: "file", placeholder: "NAME", help: "A file that it has" }),
  empty: optionalText({ name: "empty", placeholder: "NAME", help: "An empty file that it has" }),
  startIndex: optionalText({ name: "start-index", placeholder: "CMD", help: "Starts an index" }),
  startContent: optionalText({ name: "start-content", placeholder: "CMD", help: "Starts a content server" }),
  startMonitor: optionalText({ name: "start-monitor", placeholder: "CMD", help: "Starts a monitor" }),
  startClient: optionalText({ name: "start-client", placeholder: "CMD", help: "Starts a client" }),
  section: optionalText({ name: "section", placeholder: "NAME", help: "Only these sections" }),
  feed: choice({ name: "feed", among: [...FEEDS, "all"], initial: "lines", help: "How lines are cut" }),
  seed: count({ name: "seed", initial: 1, min: 0, max: 4_294_967_295, help: "Decides where random cuts are" }),
  deadlineMs: seconds({ name: "deadline", initialMs: 5_000, help: "How long an answer may take" }),
  isVerbose: toggle({ name: "verbose", letter: "v", help: "Show all failures" }),
  wantsHelp: toggle({ name: "help", letter: "h", help: "Show this help" }),
} as const satisfies FlagTable;

type Values = FlagValues<typeof FLAGS>;

/** Processes on a machine that does other things too are not exact. */
const SLACK_MS = 1_000;

async function main(args: readonly string[], io: Io): Promise<number> {
  return await runTask(io, async () => {
    const values = readTaskFlags("conformance", args, FLAGS);
    if (values.wantsHelp) return await printText(io, HELP);
    const sections = pickSections(await loadSections(), values.section);
    const stage = await openStage(values);
    const stop = listenForStop(io, { clock: stage.clock, supervised: false });
    const screen = new Screen(io.output, { hasStatus: isCapable(io.output) });
    const feeds = values.feed === "all" ? FEEDS : [values.feed];
    const results: CaseResult[] = [];
    const onResult = (result: CaseResult): void => {
      results.push(result);
      const { section, one, outcome } = result;
      const text = fitColumns(`${results.length} cases: ${section.title}: ${one.name}`, screen.statusColumns);
      screen.status({ text, columns: columnsOf(text) });
      if (outcome.kind === "failed" && (values.isVerbose || !section.isOurs)) screen.line(`${renderFailure(result)}\n`);
    };
    try {
      const running = runSections(stage, sections, { feeds, onResult, signal: stop.signal });
      const forced = await Promise.race([running, stop.forced, screen.lost]);
      if (typeof forced === "number") return forced;
      if (forced === undefined) return EXIT.outputClosed;
      screen.line(renderTable(results));
      const reasons = renderReasons(results);
      if (reasons !== undefined) screen.line(`\n${reasons}`);
      if (stop.signal.aborted) return exitCodeOf((stop.signal.reason as StopError).stopCause);
      return isHeld(results) ? EXIT.done : 1;
    } finally {
      await screen.finish(stage.clock);
      stop.close();
    }
  });
}

async function openStage(values: Values): Promise<Stage> {
  const { index, monitor, heartbeats, content, file, empty, deadlineMs, seed } = values;
  const net = denoNet();
  const clock = systemClock();
  const commands = commandsOf(values);
  if ([index, monitor, heartbeats, content].every((at) => at === undefined) && Object.keys(commands).length === 0) {
    throw new UsageError("conformance needs somebody to look at (try deno task conformance --help)");
  }
  let host = "127.0.0.1";
  for (const at of [index, monitor, content]) {
    if (at === undefined) continue;
    const what = `reach ${at.host}:${at.port}`;
    const conn = await withDeadline(clock, { deadlineMs, what }, (signal) => net.dial(at, { signal }));
    host = conn.local.host;
    conn.close();
  }
  const folder = variable("INIT_CWD");
  return {
    net,
    clock,
    host,
    players: {
      ...(index !== undefined && { index: runningAt({ index }) }),
      ...(content !== undefined && { content: runningAt({ content }) }),
      monitor: runningAt({
        ...(monitor !== undefined && { monitor }),
        ...(heartbeats !== undefined && { "monitor-udp": heartbeats }),
      }),
    },
    cast: new ProcessCast({ net, clock, host, folder, commands }),
    variables: { file: file ?? "hello.txt", empty: empty ?? "file1.txt" },
    label: Math.floor(clock.unixMs() / 1000).toString(36),
    slackMs: SLACK_MS,
    deadlineMs,
    seed,
  };
}

function commandsOf({ startIndex, startContent, startMonitor, startClient }: Values): Partial<Record<Actor, string>> {
  const all = { index: startIndex, content: startContent, monitor: startMonitor, client: startClient };
  const given = Object.entries(all).filter((entry): entry is [Actor, string] => entry[1] !== undefined);
  for (const [actor, command] of given) {
    try {
      splitCommand(command);
    } catch (error) {
      if (error instanceof RangeError) throw new UsageError(`--start-${actor}: ${error.message}`);
      throw error;
    }
  }
  return Object.fromEntries(given);
}

function runningAt(places: Readonly<Record<string, Address>>): Player {
  return { places, stop: () => Promise.resolve(), kill: () => Promise.resolve() };
}

function pickSections(sections: readonly Section[], wanted: string | undefined): readonly Section[] {
  if (wanted === undefined) return sections;
  const text = wanted.toLowerCase();
  const picked = sections.filter(({ file, title }) => `${file} ${title}`.toLowerCase().includes(text));
  if (picked.length > 0) return picked;
  throw new UsageError(`--section must be part of one of: ${sections.map(({ title }) => title).join("; ")}`);
}

if (import.meta.main) await runProgram(main);
