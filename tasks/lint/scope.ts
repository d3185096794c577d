/**
 * Which identifiers of a file mean the runtime's globals. The linter offers no scopes to plugins, so that these few
 * rules of the language are here: what counts as a reference, and which declarations are in sight of it.
 *
 * @module
 */

type Node = Deno.lint.Node;

/** Any node, with whatever properties its kind has. */
type Loose = Node & Record<string, unknown>;

/** Names that a scope declares. A type does not hide a value of the same name. */
interface Names {
  readonly values: Set<string>;
  readonly types: Set<string>;
}

/** Parents whose identifiers are never references, whichever child they are. */
const NAMING = new Set([
  "LabeledStatement",
  "BreakStatement",
  "ContinueStatement",
  "MetaProperty",
  "ImportSpecifier",
  "ImportDefaultSpecifier",
  "ImportNamespaceSpecifier",
  "ImportAttribute",
  "TSEnumMember",
  "TSImportType",
  "TSTypeParameter",
  "TSIndexSignature",
  "TSNamedTupleMember",
  "TSTypeAliasDeclaration",
  "TSInterfaceDeclaration",
  "TSEnumDeclaration",
  "TSModuleDeclaration",
  "TSNamespaceExportDeclaration",
  "TSImportEqualsDeclaration",
]);

/** Parents whose `key` is a name unless it is computed. */
const KEYED = new Set([
  "Property",
  "PropertyDefinition",
  "MethodDefinition",
  "AccessorProperty",
  "TSPropertySignature",
  "TSMethodSignature",
  "TSAbstractPropertyDefinition",
  "TSAbstractMethodDefinition",
  "TSAbstractAccessorProperty",
]);

const TYPE_PARENTS = new Set(["TSTypeReference", "TSInterfaceHeritage", "TSClassImplements"]);

/** How an identifier is used: as a value, as a type, or as a mere name. */
export function usageOf(node: Deno.lint.Identifier): "value" | "type" | "name" {
  const parent = node.parent as Loose;
  if (NAMING.has(parent.type)) return "name";
  if (KEYED.has(parent.type)) return parent["key"] === node && !parent["computed"] ? "name" : "value";
  if (TYPE_PARENTS.has(parent.type)) return "type";
  if (parent.type === "MemberExpression") return parent.property === node && !parent.computed ? "name" : "value";
  if (parent.type === "TSQualifiedName") return parent.left === node ? usageOfQualified(parent) : "name";
  if (parent.type === "ExportSpecifier") {
    const from = (parent.parent as Loose)["source"];
    return parent.exported === node || from ? "name" : "value";
  }
  return "value";
}

function usageOfQualified(node: Loose): "value" | "type" {
  let at: Loose = node;
  while (at.type === "TSQualifiedName") at = at.parent as Loose;
  return TYPE_PARENTS.has(at.type) ? "type" : "value";
}

/** Whether an identifier means a global: it is a reference, and no scope around it declares its name. */
export function isGlobal(node: Deno.lint.Identifier): boolean {
  const usage = usageOf(node);
  if (usage === "name") return false;
  for (let scope = node.parent as Loose | null; scope; scope = scope.parent as Loose | null) {
    const { values, types } = namesOf(scope);
    if (values.has(node.name) || (usage === "type" && types.has(node.name))) return false;
  }
  return true;
}

const known = new WeakMap<Node, Names>();

/** The names that a node declares for what is inside it. */
function namesOf(scope: Loose): Names {
  let names = known.get(scope);
  if (names === undefined) {
    names = { values: new Set(), types: new Set() };
    collect(scope, names);
    known.set(scope, names);
  }
  return names;
}

function collect(scope: Loose, names: Names): void {
  const { params, param, init, left, body, cases } = scope as Record<string, unknown>;
  if (Array.isArray(params)) { for (const one of params) addPattern(one, names.values); }
  if (scope.type === "CatchClause") addPattern(param as Loose | null, names.values);
  for (const head of [init, left]) {
    if ((head as Loose | null | undefined)?.type === "VariableDeclaration") addStatement(head as Loose, names);
  }
  if (Array.isArray(body)) { for (const one of body) addStatement(one, names); }
  if (Array.isArray(cases)) { for (const one of cases) for (const inner of one.consequent) addStatement(inner, names); }
  const own = scope as { id?: Loose | null };
  if (scope.type === "FunctionExpression" || scope.type === "ClassExpression") addPattern(own.id, names.values);
}

/** Adds what one statement declares. A `declare` says that something is there already: it hides nothing. */
function addStatement(statement: Loose, names: Names): void {
  const node = (statement["declaration"] as Loose | null | undefined) ?? statement;
  if (node["declare"] === true) return;
  const id = node["id"] as Loose | undefined;
  switch (node.type) {
    case "VariableDeclaration":
      for (const one of node.declarations) addPattern(one.id as Loose, names.values);
      break;
    case "FunctionDeclaration":
    case "ClassDeclaration":
    case "TSEnumDeclaration":
    case "TSDeclareFunction":
      addPattern(id, names.values);
      break;
    case "TSInterfaceDeclaration":
    case "TSTypeAliasDeclaration":
      addPattern(id, names.types);
      break;
    case "ImportDeclaration":
      for (const { local } of node.specifiers) names.values.add(local.name);
      break;
  }
}

/** Adds the names that a pattern binds: `a`, `{ b, c: d }`, `[e = 1, ...f]`. */
function addPattern(pattern: Loose | null | undefined, names: Set<string>): void {
  if (!pattern) return;
  switch (pattern.type) {
    case "Identifier":
      names.add(pattern.name);
      break;
    case "ObjectPattern":
      for (const one of pattern.properties) addPattern((one.type === "Property" ? one.value : one) as Loose, names);
      break;
    case "ArrayPattern":
      for (const one of pattern.elements) addPattern(one as Loose | null, names);
      break;
    case "AssignmentPattern":
      addPattern(pattern.left as Loose, names);
      break;
    case "RestElement":
      addPattern(pattern.argument as Loose, names);
      break;
  }
}
