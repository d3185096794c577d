import { assertEquals, assertThrows } from "@std/assert";
import { CommandError } from "../../src/cli/failure.ts";
import { ROLES } from "../../src/cli/roles.ts";
import { checkBunTargets, explainBun } from "./bun_compile.ts";
import { explainBundle } from "./bundle.ts";
import { compileCommand, explainCompile } from "./deno_compile.ts";
import { ownTarget, TARGETS } from "./targets.ts";

const OTHER = TARGETS.find((target) => target !== ownTarget())!;
const [INDEX, MONITOR] = ROLES as [typeof ROLES[number], typeof ROLES[number]];
const UNREACHABLE = "error: Writing\n\nCaused by:\n    0: Setting up base binary.\n    1: dns error: no such host\n";

Deno.test("compileCommand() never asks, and leaves out packages that are not used", () => {
  const [program, ...args] = compileCommand({ program: INDEX, target: OTHER, to: "dist/a" });
  assertEquals(program, Deno.execPath());
  assertEquals(args.slice(0, 4), ["compile", "--quiet", "--no-prompt", "--exclude-unused-npm"]);
  assertEquals(args.slice(-5), ["--target", OTHER, "--output", "dist/a", "src/cli/packed/microcdn_index.ts"]);
  const plain = compileCommand({ program: MONITOR, target: OTHER, to: "dist/a" });
  assertEquals(plain.at(-1), "src/cli/programs/monitor.ts");
  assertEquals(compileCommand({ program: INDEX, target: undefined, to: "a" }).includes(ownTarget()), true);
});

Deno.test("explainCompile() offers Bun where Bun helps", () => {
  const base = "Cannot compile microcdn-index: Deno's base binary for";
  const cases: ReadonlyArray<readonly [string | undefined, string, number, string]> = [
    [
      undefined,
      UNREACHABLE,
      3,
      `${base} ${ownTarget()} cannot be downloaded: dns error: no such host; --with bun does without it`,
    ],
    [
      ownTarget(),
      UNREACHABLE,
      3,
      `${base} ${ownTarget()} cannot be downloaded: dns error: no such host; --with bun does without it`,
    ],
    [OTHER, UNREACHABLE, 3, `${base} ${OTHER} cannot be downloaded: dns error: no such host`],
    [OTHER, "error: Invalid object\n", 5, "Cannot compile microcdn-index: Invalid object"],
  ];
  for (const [target, errors, exitCode, line] of cases) {
    const error = explainCompile({ program: INDEX, target }, errors);
    assertEquals([error.exitCode, error.message], [exitCode, line]);
  }
});

Deno.test("explainBundle() tells a missing esbuild from the rest", () => {
  const network = `error: Failed loading @esbuild/linux-x64\n\nCaused by:\n    error sending request: dns error\n`;
  const first = explainBundle("a.ts", network);
  const line = "Cannot bundle a.ts: esbuild comes from npm on first use: error sending request: dns error";
  assertEquals([first.exitCode, first.message], [3, line]);
  const second = explainBundle("a.ts", "error: No space left on device (os error 28)\n");
  assertEquals([second.exitCode, second.message], [5, "Cannot bundle a.ts: no space left on device"]);
});

Deno.test("checkBunTargets() takes this machine's system alone", () => {
  checkBunTargets([undefined, ownTarget()]);
  const error = assertThrows(() => checkBunTargets([ownTarget(), OTHER]), CommandError);
  assertEquals(error.exitCode, 2);
});

Deno.test("explainBun() finds the line that says why", () => {
  const full = "  [3ms]  bundle\nerror: failed to copy: ENOSPC: No space left on device (write())\nfailed to write a\n";
  assertEquals(explainBun(full), "failed to copy: ENOSPC: No space left on device (write())");
  assertEquals(explainBun("Killed\n"), "Killed");
});
