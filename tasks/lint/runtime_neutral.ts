/**
 * `layers/runtime-neutral`: what is in `src` runs on Deno, Node 20 and Bun. Only files of `src/net` and `src/env` whose
 * names begin with `deno` name a runtime's own namespace, nothing uses syntax or built-ins that Node 20 has not, and types come as erasable syntax.
 *
 * @module
 */

import { placeOf } from "./place.ts";
import { isGlobal, usageOf } from "./scope.ts";

/** Built-ins that Node 20 has not. */
const MISSING = new Map<string, readonly string[]>([
  ["Promise", ["withResolvers", "try"]],
  ["Array", ["fromAsync"]],
  ["Object", ["groupBy"]],
  ["Map", ["groupBy"]],
  ["Uint8Array", ["fromBase64", "fromHex"]],
  ["RegExp", ["escape"]],
  ["Error", ["isError"]],
  ["Math", ["sumPrecise"]],
  ["JSON", ["rawJSON", "isRawJSON"]],
]);

const MISSING_WHOLE = new Set([
  "AsyncDisposableStack",
  "DisposableStack",
  "Float16Array",
  "Iterator",
  "SuppressedError",
  "Temporal",
  "URLPattern",
]);

const NAMESPACES = new Set(["Deno", "Bun"]);

const NODE_20 = "Node 20 has not got it";

/** The rule. */
export const runtimeNeutral: Deno.lint.Rule = {
  create(context): Deno.lint.LintVisitor {
    const from = placeOf(context.filename);
    if (from === undefined || from.test || !/^(src\/|mod\.ts$)/.test(from.path)) return {};
    const ofDeno = /^src\/(net|env)\/deno(_[a-z0-9_]+)?\.ts$/.test(from.path);
    return {
      VariableDeclaration(node): void {
        if (!/using$/.test(node.kind)) return;
        context.report({ node, message: `"${node.kind}" does not run here: ${NODE_20}`, hint: "Use try and finally" });
      },
      Identifier(node): void {
        if (NAMESPACES.has(node.name) && !ofDeno && !isProbe(node) && isGlobal(node)) {
          context.report({ node, message: `${node.name} is one runtime's own`, hint: "Use node: modules, or src/net" });
        } else if (MISSING_WHOLE.has(node.name) && usageOf(node) === "value" && isGlobal(node)) {
          context.report({ node, message: `${node.name} does not run here: ${NODE_20}` });
        }
      },
      MemberExpression(node): void {
        const { object, property } = node;
        if (object.type !== "Identifier") return;
        const name = nameOf(property, node.computed);
        if (object.name === "globalThis" && NAMESPACES.has(name ?? "") && !ofDeno) {
          context.report({ node, message: `${name} is one runtime's own`, hint: "Use node: modules, or src/net" });
        } else if (MISSING.get(object.name)?.includes(name ?? "") && isGlobal(object)) {
          context.report({ node, message: `${object.name}.${name} does not run here: ${NODE_20}` });
        }
      },
    };
  },
};

/** `typeof Deno`, which asks whether it is there. */
function isProbe(node: Deno.lint.Identifier): boolean {
  const parent = node.parent as Deno.lint.Node;
  return parent.type === "UnaryExpression" && parent.operator === "typeof";
}

function nameOf(property: Deno.lint.Node, computed: boolean): string | undefined {
  if (property.type === "Identifier" && !computed) return property.name;
  return property.type === "Literal" && typeof property.value === "string" ? property.value : undefined;
}
