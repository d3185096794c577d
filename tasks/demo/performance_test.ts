import { assertEquals } from "@std/assert";
import { sleep } from "../../src/base/clock.ts";
import { VirtualClock } from "../../src/base/virtual_clock.ts";
import type { Output } from "../../src/cli/io.ts";
import { plainPaint } from "../cluster/paint.ts";
import { Screen } from "../cluster/screen.ts";
import { formatSeconds, perform, type Step } from "./performance.ts";

interface Bench {
  readonly clock: VirtualClock;
  readonly written: string[];
  perform(steps: readonly Step[], signal?: AbortSignal): Promise<boolean>;
}

function openBench(isTerminal = false): Bench {
  const clock = new VirtualClock();
  const written: string[] = [];
  const write: Output["write"] = (bytes) => Promise.resolve(void written.push(new TextDecoder().decode(bytes)));
  const screen = new Screen({ isTerminal, columns: 40, write });
  async function run(steps: readonly Step[], signal: AbortSignal): Promise<boolean> {
    const held = await perform(steps, { clock, screen, paint: plainPaint, signal });
    await screen.finish(clock);
    return held;
  }
  return { clock, written, perform: (steps, signal = new AbortController().signal) => clock.until(run(steps, signal)) };
}

Deno.test("perform() tells each step with a mark and its time", async () => {
  const { clock, written, perform } = openBench();
  const steps = [
    { title: "It starts", run: () => sleep(clock, 1_234).then(() => "at once") },
    { title: "It ends", run: () => Promise.resolve("t\x1bo") },
  ];
  assertEquals(await perform(steps), true);
  assertEquals(written.join(""), " ✓  1.2 s  It starts: at once\n ✓  0.0 s  It ends: t\\u001bo\n");
});

Deno.test("perform() stops at the first step that fails", async () => {
  const { written, perform } = openBench();
  const steps = [
    { title: "It starts", run: () => Promise.reject(new Error("it does not")) },
    { title: "It ends", run: () => Promise.resolve("never") },
  ];
  assertEquals(await perform(steps), false);
  assertEquals(written.join(""), " ✗  0.0 s  It starts: it does not\n");
});

Deno.test("perform() says nothing of a step that was called off", async () => {
  const { written, perform } = openBench();
  const stop = new AbortController();
  const run = (): Promise<string> => {
    stop.abort();
    return Promise.reject(stop.signal.reason);
  };
  assertEquals(await perform([{ title: "It starts", run }], stop.signal), false);
  assertEquals(written, []);
});

Deno.test("perform() shows on a terminal which step is under way, and for how long", async () => {
  const { clock, written, perform } = openBench(true);
  const title = "It takes its time, and has a title that is too long";
  assertEquals(await perform([{ title, run: () => sleep(clock, 1_500).then(() => "done") }]), true);
  const line = title.slice(0, 25);
  assertEquals(written.slice(0, 2), [`    0.0 s  ${line}`, `\r\x1b[J    1.0 s  ${line}`]);
  assertEquals(written.at(-1)!.includes(line), false);
});

Deno.test("formatSeconds() writes six columns", () => {
  assertEquals([0, 49, 1_234, 12_345].map(formatSeconds), [" 0.0 s", " 0.0 s", " 1.2 s", "12.3 s"]);
});
