/**
 * `deno task demo`: the test scenario of a family by itself, on free ports, every step checked.
 *
 * @module
 */

import { systemClock } from "../src/base/clock.ts";
import { EXIT } from "../src/cli/exit_codes.ts";
import type { Io } from "../src/cli/io.ts";
import { exitCodeOf, listenForStop, type StopError } from "../src/cli/signals.ts";
import { runProgram } from "../src/cli/system_io.ts";
import { denoNet } from "../src/net/deno.ts";
import { familyOf } from "./cluster/families.ts";
import { DEMO_FLAGS, readTaskLine } from "./cluster/options.ts";
import { ansiPaint, plainPaint } from "./cluster/paint.ts";
import { onSuspend, printText, runTask } from "./cluster/running.ts";
import { Screen } from "./cluster/screen.ts";
import { standardOutput } from "./cluster/standard_output.ts";
import { isCapable, taskCommand, wantsColour } from "./cluster/surroundings.ts";
import { planEdgeScenario } from "./demo/edge_scenario.ts";
import { formatSeconds, perform, type Step } from "./demo/performance.ts";
import { planScenario } from "./demo/scenario.ts";
import { Stage } from "./demo/stage.ts";

const HELP =
  `Shows a Micro-CDN at work, and checks it: each role and each client is a process of its own, on free ports.

Usage:
  deno task demo [FLAGS]       A monitor, an index, two content servers: downloads with several clients, kills a content
                               server, watches the others notice, restarts it. About 20 seconds
  deno task demo edge [FLAGS]  A meta server, a store, an origin, two nodes: publishes a folder, downloads cold, warm,
                               after a node is killed, after an update, after a purge. About 30 seconds

Flags:
  -v, --verbose  Show what the roles log
  -h, --help     Show this help

Exit codes: 0 every step held, 1 one did not, 2 wrong flags, 130 Ctrl-C.
`;

/** The stories, by family. */
const STORIES: Readonly<Record<string, (stage: Stage) => readonly Step[]>> = {
  cdn: planScenario,
  edge: planEdgeScenario,
};

/** How much of each role's log a failure shows. */
const LAST_LINES = 8;

async function main(args: readonly string[], io: Io): Promise<number> {
  return await runTask(io, async () => {
    const { values, operands } = readTaskLine("demo", args, DEMO_FLAGS);
    if (values.wantsHelp) return await printText(io, HELP);
    const family = familyOf("demo", operands);
    const clock = systemClock();
    const env = { net: denoNet(), clock };
    const output = standardOutput();
    const screen = new Screen(output, { hasStatus: isCapable(output) });
    const paint = wantsColour(output) ? ansiPaint : plainPaint;
    const stop = listenForStop(io, { clock, supervised: false });
    const onLine = (line: string): void => {
      if (values.isVerbose) screen.line(paint("dim", `          ${line}`));
    };
    const stage = await Stage.open({ env, signal: stop.signal, onLine });
    const off = onSuspend(() => screen.line("Ctrl-Z has no effect here"));
    const startMs = clock.now();
    try {
      const steps = STORIES[family.name]!(stage);
      screen.line(paint("bold", "A Micro-CDN at work: each role and each client is a process of its own"));
      const telling = perform(steps, { clock, screen, paint, signal: stop.signal });
      const held = await Promise.race([telling, stop.forced, screen.lost]);
      if (typeof held === "number") return held;
      if (held === undefined) return EXIT.outputClosed;
      if (stop.signal.aborted) return exitCodeOf((stop.signal.reason as StopError).stopCause);
      if (!held) showLogs(stage, screen);
      const time = formatSeconds(clock.now() - startMs).trim();
      const end = held ? `All ${steps.length} steps held, in ${time}.` : `A step failed, after ${time}.`;
      screen.line(
        paint(
          "bold",
          `${end}${held ? ` To try it yourself: ${[taskCommand(), "cluster", ...family.words].join(" ")}` : ""}`,
        ),
      );
      return held ? EXIT.done : 1;
    } finally {
      await stage.clear();
      await screen.finish(clock);
      stop.close();
      off();
    }
  });
}

function showLogs(stage: Stage, screen: Screen): void {
  for (const [, witness] of stage.witnesses()) {
    for (const line of witness.last(LAST_LINES)) screen.line(`   ${line}`);
  }
}

if (import.meta.main) await runProgram(main);
