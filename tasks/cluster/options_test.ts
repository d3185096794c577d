import { assertEquals, assertThrows } from "@std/assert";
import { UsageError } from "../../src/cli/usage_error.ts";
import { CLUSTER_FLAGS, readTaskFlags } from "./options.ts";
import { MAX_OFFSET } from "./plan.ts";

const DEFAULTS = { offset: 0, timeoutMs: 8_000, isVerbose: false, data: undefined, wantsHelp: false };

Deno.test("readTaskFlags() reads the flags of the cluster", () => {
  const cases: ReadonlyArray<readonly [string[], Partial<Record<keyof typeof DEFAULTS, unknown>>]> = [
    [[], {}],
    [["--port-offset", "100"], { offset: 100 }],
    [[`--port-offset=${MAX_OFFSET}`, "-v"], { offset: MAX_OFFSET, isVerbose: true }],
    [["--timeout", "2.5", "--data", "x"], { timeoutMs: 2_500, data: "x" }],
    [["-h"], { wantsHelp: true }],
  ];
  for (const [args, change] of cases) {
    assertEquals<unknown>(readTaskFlags("cluster", args, CLUSTER_FLAGS), { ...DEFAULTS, ...change });
  }
});

Deno.test("readTaskFlags() refuses the rest in a sentence", () => {
  const cases: ReadonlyArray<readonly [string[], string]> = [
    [["--port-offset", `${MAX_OFFSET + 1}`], `--port-offset must be 0 to ${MAX_OFFSET}, got ${MAX_OFFSET + 1}`],
    [["--port-offset", "-1"], `--port-offset must be 0 to ${MAX_OFFSET}, got -1`],
    [["--timeout", "0"], "--timeout must be a number of seconds above 0, got 0"],
    [["now"], 'cluster takes flags only, got "now" (try deno task cluster --help)'],
    [["--ofset", "1"], "Unknown flag --ofset (try deno task cluster --help)"],
    [["--dada"], "Unknown flag --dada; did you mean --data? (try deno task cluster --help)"],
  ];
  for (const [args, message] of cases) {
    assertEquals(assertThrows(() => readTaskFlags("cluster", args, CLUSTER_FLAGS), UsageError).message, message);
  }
});
