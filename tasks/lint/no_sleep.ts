/**
 * `layers/no-sleep`: a test never waits for time to pass. It winds a `VirtualClock`, or, with real processes, waits
 * for a condition by `until()`.
 *
 * @module
 */

import { visitImports } from "./imports.ts";
import { placeOf } from "./place.ts";
import { isGlobal } from "./scope.ts";

/** The one place where tests wait for real. */
const UNTIL = "tests/until.ts";

const TIMERS = new Set(["setTimeout", "setInterval"]);

const SLEEPS = new Set(["sleep", "slept", "delay"]);

const HINT = "Wind a VirtualClock, or wait for a condition with until() of tests/until.ts";

/** The rule. */
export const noSleep: Deno.lint.Rule = {
  create(context): Deno.lint.LintVisitor {
    const from = placeOf(context.filename);
    if (from === undefined || !from.test || from.path === UNTIL) return {};
    const virtual = context.sourceCode.text.includes("VirtualClock");
    function report(node: Deno.lint.Node, what: string): void {
      context.report({ node, message: `${what} makes a test sleep`, hint: HINT });
    }
    return {
      ...visitImports(({ node, specifier }) => {
        if (/^(node:)?timers(\/|$)/.test(specifier ?? "")) report(node, specifier!);
      }),
      Identifier(node): void {
        if (TIMERS.has(node.name) && isGlobal(node)) report(node, node.name);
      },
      CallExpression({ callee }): void {
        if (!virtual && callee.type === "Identifier" && SLEEPS.has(callee.name)) report(callee, `${callee.name}()`);
      },
      MemberExpression(node): void {
        const { object, property } = node;
        if (object.type !== "Identifier" || property.type !== "Identifier" || node.computed) return;
        const name = `${object.name}.${property.name}`;
        if (name === "AbortSignal.timeout" || (object.name === "globalThis" && TIMERS.has(property.name))) {
          report(node, name);
        }
      },
    };
  },
};
