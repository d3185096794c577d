/**
 * `layers/no-console`: only `src/cli`, `tasks` and tests write to the terminal; everything else logs or returns.
 *
 * @module
 */

import { placeOf } from "./place.ts";
import { isGlobal } from "./scope.ts";

/** The rule. */
export const noConsole: Deno.lint.Rule = {
  create(context): Deno.lint.LintVisitor {
    const from = placeOf(context.filename);
    if (from === undefined || from.test || from.layer === "cli" || from.path.startsWith("tasks/")) return {};
    return {
      Identifier(node): void {
        if (node.name !== "console" || !isGlobal(node)) return;
        context.report({ node, message: "console outside src/cli and tasks", hint: "Use env.log" });
      },
    };
  },
};
