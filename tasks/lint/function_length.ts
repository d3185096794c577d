/**
 * `layers/function-length`: a function fits on a screen. In tests a list of cases may be longer: there the lines of
 * the functions inside count for themselves only.
 *
 * @module
 */

import { placeOf } from "./place.ts";

type FunctionNode = Deno.lint.FunctionDeclaration | Deno.lint.FunctionExpression | Deno.lint.ArrowFunctionExpression;

/** The most lines that a function may have, from its first to its last. */
export const MAX_FUNCTION_LINES = 70;

/** The rule. */
export const functionLength: Deno.lint.Rule = {
  create(context): Deno.lint.LintVisitor {
    const from = placeOf(context.filename);
    if (from === undefined) return {};
    const lineOf = lineCounter(context.sourceCode.text);
    /** Lines of finished functions inside each one under way. */
    const inner: number[] = [];
    function enter(): void {
      inner.push(0);
    }
    function leave(node: FunctionNode): void {
      const insideLines = inner.pop()!;
      const lines = lineOf(node.range[1]) - lineOf(node.range[0]) + 1;
      if (inner.length > 0) inner[inner.length - 1]! += lines - 1;
      const own = from!.test ? lines - insideLines : lines;
      if (own <= MAX_FUNCTION_LINES) return;
      context.report({
        range: [node.range[0], node.range[0] + 1],
        message: `A function of ${own} lines: the most is ${MAX_FUNCTION_LINES}`,
        hint: "Split off what has a name of its own",
      });
    }
    return {
      FunctionDeclaration: enter,
      FunctionExpression: enter,
      ArrowFunctionExpression: enter,
      "FunctionDeclaration:exit": leave,
      "FunctionExpression:exit": leave,
      "ArrowFunctionExpression:exit": leave,
    };
  },
};

/** Makes a function that says on which line, from 0, a place in the text is. */
function lineCounter(text: string): (at: number) => number {
  const ends: number[] = [];
  for (let at = text.indexOf("\n"); at !== -1; at = text.indexOf("\n", at + 1)) ends.push(at);
  return (at) => {
    let low = 0, high = ends.length;
    while (low < high) {
      const middle = (low + high) >> 1;
      if (ends[middle]! < at) low = middle + 1;
      else high = middle;
    }
    return low;
  };
}
