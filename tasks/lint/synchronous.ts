/**
 * `layers/synchronous`: `protocol` and `core` only compute. Nothing in them waits, so that a test can step through
 * every order of events, and one datagram is handled before the next.
 *
 * @module
 */

import { placeOf } from "./place.ts";
import { isGlobal } from "./scope.ts";

type FunctionNode = Deno.lint.FunctionDeclaration | Deno.lint.FunctionExpression | Deno.lint.ArrowFunctionExpression;

const PURE = new Set(["protocol", "core"]);

const WAITING = new Set(["Promise", "PromiseLike", "queueMicrotask"]);

const HINT = "Return what is to be done; src/services and src/roles wait for it";

/** The rule. */
export const synchronous: Deno.lint.Rule = {
  create(context): Deno.lint.LintVisitor {
    const from = placeOf(context.filename);
    if (from === undefined || from.test || !PURE.has(from.layer ?? "")) return {};
    function report(node: Deno.lint.Node, what: string): void {
      context.report({ node, message: `${what} in src/${from!.layer}, which only computes`, hint: HINT });
    }
    function checkFunction(node: FunctionNode): void {
      if (node.async) report(node, "An async function");
    }
    return {
      AwaitExpression: (node) => report(node, "await"),
      ImportExpression: (node) => report(node, "import()"),
      ForOfStatement(node): void {
        if (node.await) report(node, "for await");
      },
      VariableDeclaration(node): void {
        if (node.kind === "await using") report(node, "await using");
      },
      FunctionDeclaration: checkFunction,
      FunctionExpression: checkFunction,
      ArrowFunctionExpression: checkFunction,
      Identifier(node): void {
        if (WAITING.has(node.name) && isGlobal(node)) report(node, node.name);
      },
    };
  },
};
