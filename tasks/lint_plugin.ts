/**
 * The project's own lint rules. They cannot be silenced: `tidy` refuses to ignore them.
 *
 * @module
 */

import { direction } from "./lint/direction.ts";
import { functionLength } from "./lint/function_length.ts";
import { noAmbient } from "./lint/no_ambient.ts";
import { noConsole } from "./lint/no_console.ts";
import { noSleep } from "./lint/no_sleep.ts";
import { runtimeNeutral } from "./lint/runtime_neutral.ts";
import { synchronous } from "./lint/synchronous.ts";

/** Layers, and what the layers stand for. */
const plugin: Deno.lint.Plugin = {
  name: "layers",
  rules: {
    "direction": direction,
    "no-ambient": noAmbient,
    "runtime-neutral": runtimeNeutral,
    "synchronous": synchronous,
    "no-console": noConsole,
    "no-sleep": noSleep,
    "function-length": functionLength,
  },
};

export default plugin;
