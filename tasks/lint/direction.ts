/**
 * `layers/direction`: a layer imports only the layers that its row in {@link MAY_IMPORT} names, one family of roles
 * never imports another, and `src` imports nothing that is outside it.
 *
 * @module
 */

import { type Import, visitImports } from "./imports.ts";
import { MAY_IMPORT, mayImportPackage, type Place, placeOf, resolve } from "./place.ts";

/** The one place that imports modules whose names are computed. */
const COMPUTING = "src/env/late_modules.ts";

interface Problem {
  readonly message: string;
  readonly hint: string;
}

/** The rule. */
export const direction: Deno.lint.Rule = {
  create(context): Deno.lint.LintVisitor {
    const from = placeOf(context.filename);
    if (from === undefined || from.test) return {};
    if (from.path === "mod.ts") return visitImports((found) => report(found, problemOfSurface(from, found)));
    if (!from.path.startsWith("src/")) return {};
    if (from.layer === undefined) {
      return {
        Program(node): void {
          context.report({
            node,
            message: `${from.path} is in no layer`,
            hint: `Move it into one of: ${Object.keys(MAY_IMPORT).join(", ")}`,
          });
        },
      };
    }
    function report({ node }: Import, problem: Problem | undefined): void {
      if (problem !== undefined) context.report({ node, ...problem });
    }
    return visitImports((found) => report(found, problemOf(from, found)));
  },
};

/** What is wrong with an import in a layer, if anything. */
function problemOf(from: Place, { specifier, isType }: Import): Problem | undefined {
  if (specifier === undefined) {
    if (from.path === COMPUTING) return undefined;
    return {
      message: `src/${from.layer} may not import a computed module`,
      hint: `Write the name out, or use lateModule() of ${COMPUTING}: a computed name is in no bundle`,
    };
  }
  const to = resolve(from, specifier);
  switch (to.kind) {
    case "file":
      return problemOfFile(from, to.place);
    case "self":
      return { message: `src may not import the project by its own name`, hint: "Use a relative path" };
    case "node":
      return undefined; // layers/no-ambient decides on these.
    case "package":
      if (mayImportPackage(from, to.name) || (isType && from.layer === "storage")) return undefined;
      return {
        message: `${from.path} may not import the package "${to.name}"`,
        hint:
          "The cdn, dfs and replication families start from an empty cache, and shared layers belong to them too; " +
          "src/storage names the types of an engine's client and loads it by lateModule()",
      };
    case "elsewhere":
      return {
        message: `src may not import "${specifier}"`,
        hint: "Name the package in deno.json, the only place with versions",
      };
  }
}

function problemOfFile(from: Place, to: Place): Problem | undefined {
  if (to.layer === undefined || to.test) {
    return { message: `src may not import ${to.path}`, hint: "src stands alone: move what it needs into a layer" };
  }
  if (to.layer === from.layer) {
    if (from.layer !== "roles" || to.family === from.family) return undefined;
    return {
      message: `Roles of "${from.family ?? "no family"}" may not import roles of "${to.family ?? "no family"}"`,
      hint: "Move what both need down into src/services or src/core",
    };
  }
  const allowed = MAY_IMPORT[from.layer!];
  if (allowed.includes(to.layer)) return undefined;
  return {
    message: `src/${from.layer} may not import src/${to.layer}`,
    hint: `It may import: ${allowed.join(", ") || "nothing of src"}`,
  };
}

/** The public surface re-exports what is in `src`, and nothing else. */
function problemOfSurface(from: Place, { specifier }: Import): Problem | undefined {
  const to = specifier === undefined ? undefined : resolve(from, specifier);
  if (to?.kind === "file" && to.place.layer !== undefined && !to.place.test) return undefined;
  return { message: `mod.ts may import only files of src`, hint: "The public surface is what src offers" };
}
