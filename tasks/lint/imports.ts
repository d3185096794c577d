/**
 * Every way in which a file names another module.
 *
 * @module
 */

/** One place where a module is named. */
export interface Import {
  /** What to report. */
  readonly node: Deno.lint.Node;
  /** The module's name; undefined if it is computed at run time. */
  readonly specifier: string | undefined;
  /** Whether it is loaded when the program gets there, by `import()`. */
  readonly dynamic: boolean;
  /** Whether only its types are meant, so that nothing is loaded. */
  readonly isType: boolean;
}

/** Makes a visitor that calls `check` for each import, re-export, `import()`, import type and `import.meta.resolve()`. */
export function visitImports(check: (found: Import) => void): Deno.lint.LintVisitor {
  function declared(source: Deno.lint.Node | null, kind: "type" | "value"): void {
    if (source !== null) check({ node: source, specifier: textOf(source), dynamic: false, isType: kind === "type" });
  }
  return {
    ImportDeclaration: ({ source, importKind }) => declared(source, importKind),
    ExportNamedDeclaration: ({ source, exportKind }) => declared(source, exportKind),
    ExportAllDeclaration: ({ source, exportKind }) => declared(source, exportKind),
    ImportExpression(node): void {
      check({ node, specifier: textOf(node.source), dynamic: true, isType: false });
    },
    TSImportType: ({ argument }) => declared(argument, "type"),
    TSExternalModuleReference: ({ expression }) => declared(expression, "value"),
    CallExpression(node): void {
      const { callee, arguments: [first] } = node;
      if (callee.type !== "MemberExpression" || callee.object.type !== "MetaProperty" || first === undefined) return;
      if (callee.property.type === "Identifier" && callee.property.name === "resolve") {
        check({ node, specifier: textOf(first), dynamic: true, isType: false });
      }
    },
  };
}

/** The text of a literal, as a value, as a type, or as a template without parts. */
function textOf(node: Deno.lint.Node): string | undefined {
  if (node.type === "TSLiteralType") return textOf(node.literal);
  if (node.type === "Literal") return typeof node.value === "string" ? node.value : undefined;
  if (node.type === "TemplateLiteral" && node.expressions.length === 0) return node.quasis[0]?.cooked;
  return undefined;
}
