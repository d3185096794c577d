/**
 * Whether the documents tell the truth about the files and the dependencies.
 *
 * @module
 */

import { linesOf, type Problem, type TextFile } from "./project.ts";

const ARCHITECTURE = "ARCHITECTURE.md";

const CONFIGURATION = "deno.json";

/** What of `deno.json` is looked at. */
interface Configuration {
  readonly imports?: Record<string, string>;
  readonly scopes?: Record<string, Record<string, string>>;
  readonly lock?: unknown;
}

/** Links in documents lead to a file, or to a heading, that is there. */
export function checkLinks(files: readonly TextFile[]): Problem[] {
  const paths = pathsOf(files);
  const documents = new Map(files.filter(isDocument).map((file) => [file.path, file]));
  return [...documents.values()].flatMap((file) =>
    prose(file).flatMap(([line, text]) => linksOf(text.replaceAll(/`[^`]*`/g, "")).map((link) => ({ line, link })))
      .flatMap(({ line, link }): Problem[] => {
        const message = problemOfLink(link, file, paths, documents);
        return message === undefined ? [] : [{ path: file.path, line, message }];
      })
  );
}

/** Paths such as `src/base/clock.ts` that documents mention as code are there. */
export function checkMentions(files: readonly TextFile[]): Problem[] {
  const paths = pathsOf(files);
  return files.filter(isDocument).flatMap((file) =>
    prose(file).flatMap(([line, text]) => mentionsOf(text).map((path) => ({ line, path })))
      .filter(({ path }) => !paths.has(path))
      .map(({ line, path }) => ({ path: file.path, line, message: `"${path}" is not there` }))
  );
}

/**
 * Each dependency is pinned, and named and so justified in ARCHITECTURE.md. Those of npm stand in the `scopes` of
 * `deno.json`, and no lock file holds by default: a task would download all of its `imports`, and all that is locked,
 * before it begins, whatever it is.
 */
export function checkDependencies(files: readonly TextFile[]): Problem[] {
  const wanted = [CONFIGURATION, ARCHITECTURE];
  const missing = wanted.find((path) => !files.some((file) => file.path === path));
  if (missing !== undefined) return [{ path: missing, message: "it is missing" }];
  const [configuration, architecture] = wanted.map((path) => files.find((file) => file.path === path)!.text);
  const { imports = {}, scopes = {}, lock } = JSON.parse(configuration!) as Configuration;
  const problems: Problem[] = [];
  if (lock !== false || Object.values(imports).some((specifier) => specifier.startsWith("npm:"))) {
    const message = 'packages of npm belong into "scopes", and "lock" is false: any task would download all of them';
    problems.push({ path: CONFIGURATION, message });
  }
  for (const [name, specifier] of [imports, ...Object.values(scopes)].flatMap(Object.entries<string>)) {
    if (!/^jsr:@[\w-]+\/[\w-]+@\^?\d|^npm:@?[\w./-]+@\d+\.\d+\.\d+$/.test(specifier)) {
      problems.push({ path: CONFIGURATION, message: `"${name}" is not pinned: npm:NAME@1.2.3 or jsr:@SCOPE/NAME@^1` });
    }
    if (!architecture!.includes(`\`${name}\``)) {
      problems.push({ path: ARCHITECTURE, message: `it does not say what \`${name}\` is for` });
    }
  }
  return problems;
}

function isDocument({ path }: TextFile): boolean {
  return path.endsWith(".md") && !path.startsWith("content/");
}

/** All files, and the folders that they are in. */
function pathsOf(files: readonly TextFile[]): Set<string> {
  const paths = new Set<string>(["", "."]);
  for (const { path } of files) {
    const parts = path.split("/");
    for (let length = 1; length <= parts.length; length++) paths.add(parts.slice(0, length).join("/"));
  }
  return paths;
}

/** The lines of a document that are not in a fenced block. */
function prose(file: TextFile): [line: number, text: string][] {
  let fence: string | undefined;
  return linesOf(file).filter(([, text]) => {
    const [, mark] = /^\s*(`{3,}|~{3,})/.exec(text) ?? [];
    if (mark !== undefined && (fence === undefined || mark.startsWith(fence))) {
      fence = fence === undefined ? mark : undefined;
      return false;
    }
    return fence === undefined;
  });
}

function linksOf(text: string): string[] {
  const inline = text.matchAll(/\]\(\s*<?([^\s)>]+)>?(?:\s+"[^"]*")?\s*\)/g);
  const reference = text.matchAll(/^\s{0,3}\[[^\]]+\]:\s*<?([^\s>]+)/g);
  const html = text.matchAll(/\b(?:href|src)="([^"]+)"/g);
  return [...inline, ...reference, ...html].map(([, link]) => link!);
}

function problemOfLink(
  link: string,
  from: TextFile,
  paths: ReadonlySet<string>,
  documents: ReadonlyMap<string, TextFile>,
): string | undefined {
  if (/^[a-z][a-z0-9+.-]*:/i.test(link)) return undefined;
  const [target = "", anchor] = link.split("#");
  const path = target === "" ? from.path : join(from.path, decodeURI(target));
  if (path === undefined || !paths.has(path)) return `the link "${link}" leads nowhere`;
  const document = documents.get(path);
  if (anchor === undefined || anchor === "" || document === undefined) return undefined;
  return anchorsOf(document).has(decodeURIComponent(anchor)) ? undefined : `the link "${link}" names no heading there`;
}

/** Resolves a relative path from a file; undefined for one that leads out of the project. */
function join(from: string, relative: string): string | undefined {
  const parts = from.split("/").slice(0, -1);
  for (const part of relative.split("/")) {
    if (part === "..") {
      if (parts.pop() === undefined) return undefined;
    } else if (part !== "." && part !== "") parts.push(part);
  }
  return parts.join("/");
}

/** The anchors of a document's headings, as the common hosts make them, and its own ids. */
function anchorsOf(file: TextFile): Set<string> {
  const anchors = new Set<string>();
  for (const [, text] of prose(file)) {
    for (const [, id] of text.matchAll(/\b(?:id|name)="([^"]+)"/g)) anchors.add(id!);
    const [, heading] = /^#{1,6}\s+(.*?)\s*#*$/.exec(text) ?? [];
    if (heading === undefined) continue;
    const plain = heading.replaceAll(/\[([^\]]*)\]\([^)]*\)/g, "$1").toLowerCase();
    const slug = plain.replaceAll(/[^\p{L}\p{N}\s_-]/gu, "").replaceAll(/\s/g, "-");
    let anchor = slug;
    for (let count = 1; anchors.has(anchor); count++) anchor = `${slug}-${count}`;
    anchors.add(anchor);
  }
  return anchors;
}

/** The paths that a line mentions as code; patterns and placeholders are not paths. */
function mentionsOf(text: string): string[] {
  const spans = [...text.matchAll(/`([^`]+)`/g)].map(([, span]) => span!);
  return spans
    .filter((span) => /^(src|tests|tasks|std)\/[\w./-]*(:\d+)?$/.test(span) && !span.includes("..."))
    .map((span) => span.replace(/:\d+$/, "").replace(/\/$/, ""));
}
