/**
 * Where a file stands in the project, and where an import leads: what the layer rules decide on.
 *
 * @module
 */

import project from "../../deno.json" with { type: "json" };

/** A folder of `src`. */
export type Layer = "base" | "protocol" | "core" | "net" | "env" | "storage" | "services" | "roles" | "cli";

/** Per layer: the other layers that it may import. */
export const MAY_IMPORT: Readonly<Record<Layer, readonly Layer[]>> = {
  base: [],
  protocol: ["base"],
  core: ["base", "protocol"],
  net: ["base", "protocol"],
  env: ["base", "net"],
  storage: ["base", "core", "env"],
  services: ["base", "protocol", "core", "net", "env", "storage"],
  roles: ["base", "protocol", "core", "net", "env", "storage", "services"],
  cli: ["base", "protocol", "core", "net", "env", "storage", "services", "roles"],
};

/** Layers that may touch the runtime itself. */
export const EFFECTFUL: ReadonlySet<Layer> = new Set<Layer>(["base", "net", "env", "cli"]);

/** Families whose roles may use packages; those of the others must start from an empty cache. */
const FAMILIES_WITH_PACKAGES = ["edge", "metacdn"];

/** Where packages are provided to those who load them late. */
const PACKED = "src/cli/packed/";

/** A file of the project. */
export interface Place {
  /** Its path below the project's root: `src/core/catalog.ts`. */
  readonly path: string;
  /** Whether it is a test, or a part of one. */
  readonly test: boolean;
  /** Its layer; undefined outside `src`, and in a folder of `src` that is no layer. */
  readonly layer: Layer | undefined;
  /** The family of roles that it belongs to, by its folder in `roles` or by its file's name: `cdn`. */
  readonly family: string | undefined;
}

/** Where an import leads. */
export type Target =
  | { readonly kind: "file"; readonly place: Place }
  | { readonly kind: "self" }
  | { readonly kind: "node"; readonly name: string }
  | { readonly kind: "package"; readonly name: string }
  | { readonly kind: "elsewhere"; readonly specifier: string };

const ROOT_URL = new URL("../../", import.meta.url);

/** The project's root as a path, `/` at its end. */
export const ROOT = pathOf(ROOT_URL);

/** Describes a file by its full path; undefined for one that is not of this project. */
export function placeOf(filename: string): Place | undefined {
  const full = filename.startsWith("file:") ? pathOf(new URL(filename)) : filename.replaceAll("\\", "/");
  return full.startsWith(ROOT) ? describe(full.slice(ROOT.length)) : undefined;
}

/** A file URL as the linter writes paths: decoded, and a drive without a slash before it. */
function pathOf(url: URL): string {
  return decodeURIComponent(url.pathname).replace(/^\/(?=[A-Za-z]:)/, "");
}

function describe(path: string): Place {
  const parts = path.split("/");
  const test = parts[0] === "tests" || path.endsWith("_test.ts");
  const [first, second, third] = parts;
  const layer = first === "src" && parts.length > 2 && isLayer(second) ? second : undefined;
  const family = layer === "roles" ? (parts.length > 3 ? third : undefined) : parts.at(-1)!.match(/^[a-z]+/)?.[0];
  return { path, test, layer, family };
}

function isLayer(name: string | undefined): name is Layer {
  return name !== undefined && Object.hasOwn(MAY_IMPORT, name);
}

/** Says where a specifier leads from a file. */
export function resolve(from: Place, specifier: string): Target {
  if (/^\.{0,2}[/\\]|^\.{1,2}$|^file:/.test(specifier)) {
    const url = URL.parse(specifier, new URL(from.path, ROOT_URL));
    const place = url === null ? undefined : placeOf(url.href);
    return place === undefined ? { kind: "elsewhere", specifier } : { kind: "file", place };
  }
  if (specifier.startsWith("node:")) return { kind: "node", name: specifier };
  if (specifier === project.name || specifier.startsWith(`${project.name}/`)) return { kind: "self" };
  if (/^[a-z][a-z+.-]*:/i.test(specifier)) return { kind: "elsewhere", specifier };
  return { kind: "package", name: specifier };
}

/** Whether a file of `src` may import a package that deno.json names. */
export function mayImportPackage(from: Place, name: string): boolean {
  if (from.path.startsWith(PACKED)) return true;
  if (from.layer === "cli") return name.startsWith("@std/") || hasPackages(from);
  return from.layer !== "base" && from.layer !== "core" && hasPackages(from);
}

function hasPackages(from: Place): boolean {
  return from.family !== undefined && FAMILIES_WITH_PACKAGES.includes(from.family);
}
