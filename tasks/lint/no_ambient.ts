/**
 * `layers/no-ambient`: outside `base`, `net`, `env` and `cli`, nothing reaches a clock, a timer, chance, the network or
 * the runtime but through the injected `Env`. Every reference to such a global counts, and so neither an alias, a
 * destructuring nor a bracket hides one.
 *
 * @module
 */

import { visitImports } from "./imports.ts";
import { EFFECTFUL, placeOf, resolve } from "./place.ts";
import { isGlobal, usageOf } from "./scope.ts";

type Identifier = Deno.lint.Identifier;

const NETWORK = "env.net or env.http";
const TIME = "env.clock";
const CHANCE = "env.random";
const NAMES = "the global by its own name";

/** Globals that are out of bounds, and what to use. */
const FORBIDDEN = new Map([
  ...["Deno", "Bun", "process", "navigator", "NodeJS"].map((name) => [name, "env.host"] as const),
  ...["globalThis", "window", "self", "global", "frames"].map((name) => [name, NAMES] as const),
  ...["setTimeout", "setInterval", "setImmediate", "clearTimeout", "clearInterval", "clearImmediate", "performance"]
    .map((name) => [name, TIME] as const),
  ...["fetch", "WebSocket", "WebSocketStream", "EventSource", "XMLHttpRequest", "BroadcastChannel"]
    .map((name) => [name, NETWORK] as const),
  ...["localStorage", "sessionStorage", "caches"].map((name) => [name, "env.files"] as const),
  ...["alert", "confirm", "prompt", "addEventListener", "removeEventListener", "dispatchEvent"].map((name) =>
    [name, "src/cli"] as const
  ),
  ...["Worker", "SharedWorker"].map((name) => [name, "env.digests, or env.spawn"] as const),
  ["crypto", `${CHANCE}, or src/base/digest.ts`],
  ["Buffer", "Uint8Array"],
  ["require", "import"],
  ["eval", "code that is written out"],
  ["Function", "code that is written out"],
]);

/** Globals of which only these members are out of bounds. */
const PARTLY = new Map<string, { readonly members: readonly string[]; readonly use: string }>([
  ["Date", { members: ["now"], use: TIME }],
  ["Math", { members: ["random"], use: CHANCE }],
  ["AbortSignal", { members: ["timeout"], use: `${TIME}, or withDeadline()` }],
  ["Atomics", { members: ["wait", "waitAsync"], use: TIME }],
  ["Temporal", { members: ["Now"], use: TIME }],
]);

/** The rule. */
export const noAmbient: Deno.lint.Rule = {
  create(context): Deno.lint.LintVisitor {
    const from = placeOf(context.filename);
    if (from === undefined || from.test || from.layer === undefined || EFFECTFUL.has(from.layer)) return {};
    function report(node: Deno.lint.Node, what: string, use: string): void {
      context.report({ node, message: `${what} is ambient here`, hint: `Use ${use}` });
    }
    return {
      ...visitImports(({ node, specifier }) => {
        const to = specifier === undefined ? undefined : resolve(from, specifier);
        if (to?.kind === "node") report(node, to.name, "what src/net and src/env offer");
      }),
      Identifier(node): void {
        const use = FORBIDDEN.get(node.name);
        if (use !== undefined) {
          // As a type, `Function` is merely bad style, which another rule reports.
          if (isGlobal(node) && !(node.name === "Function" && usageOf(node) === "type")) report(node, node.name, use);
          return;
        }
        const partly = PARTLY.get(node.name);
        if (partly === undefined || !isGlobal(node) || usageOf(node) === "type") return;
        const what = reachOf(node, partly.members);
        if (what !== undefined) report(node, what, partly.use);
      },
      MetaProperty(node): void {
        if (node.meta.name === "import") report(node, "import.meta", "what the caller passes in");
      },
    };
  },
};

/** What a reference to a partly forbidden global reaches that it may not; undefined if it is harmless. */
function reachOf(node: Identifier, members: readonly string[]): string | undefined {
  const parent = node.parent as Deno.lint.Node;
  switch (parent.type) {
    case "MemberExpression": {
      if (parent.object !== node) return node.name;
      const member = keyOf(parent.property, parent.computed);
      if (member === undefined) return `${node.name}[...]`;
      return members.includes(member) ? `${node.name}.${member}` : undefined;
    }
    case "TSQualifiedName":
      return undefined;
    case "NewExpression":
      if (parent.callee !== node) return node.name;
      if (node.name !== "Date") return undefined;
      return parent.arguments.length === 0 || parent.arguments[0]!.type === "SpreadElement" ? "new Date()" : undefined;
    case "BinaryExpression":
      return parent.operator === "instanceof" && parent.right === node ? undefined : node.name;
    case "UnaryExpression":
      return parent.operator === "typeof" ? undefined : node.name;
    case "CallExpression":
      return parent.callee === node ? `${node.name}()` : node.name;
    case "TSTypeQuery":
      return undefined;
    case "VariableDeclarator":
      return parent.init === node ? destructured(node, parent.id, members) : node.name;
    default:
      return node.name;
  }
}

/** As {@link reachOf}, for `const { max, random } = Math`. */
function destructured(node: Identifier, pattern: Deno.lint.Node, members: readonly string[]): string | undefined {
  if (pattern.type !== "ObjectPattern") return node.name;
  for (const one of pattern.properties) {
    const member = one.type === "Property" ? keyOf(one.key, one.computed) : undefined;
    if (member === undefined) return node.name;
    if (members.includes(member)) return `${node.name}.${member}`;
  }
  return undefined;
}

/** The name of a member or property, if it can be told. */
function keyOf(key: Deno.lint.Node, computed: boolean): string | undefined {
  if (key.type === "Identifier" && !computed) return key.name;
  return key.type === "Literal" && typeof key.value === "string" ? key.value : undefined;
}
