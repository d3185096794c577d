/**
 * Lines with placeholders for what varies.
 *
 * @module
 */

/** What is known by name while a case runs. */
export type Variables = ReadonlyMap<string, string>;

/** A placeholder's kinds, and what each stands for. */
export const PLACEHOLDERS: Readonly<Record<string, string>> = {
  ip: "[0-9A-Za-z._:%-]+",
  port: "(?:[1-9]\\d{0,3}|[1-5]\\d{4}|6[0-4]\\d{3}|65[0-4]\\d{2}|655[0-2]\\d|6553[0-5])",
  id: "[!-~]+",
  name: "[!-~]+",
  word: "[!-~]+",
  size: "(?:0|[1-9]\\d*)",
  count: "(?:0|[1-9]\\d*)",
  timestamp: "\\d[0-9T:.Z+-]*",
  status: "[A-Za-z_]+",
  alive: "[Aa][Ll][Ii][Vv][Ee]",
  dead: "[Dd][Ee][Aa][Dd]",
  code: "[A-Z][A-Z0-9_]*",
  sha256: "[0-9a-f]{64}",
};

/** A placeholder `<kind>` or `<kind:variable>`, a variable `{variable}`, or `...` at the end. */
const PART = /<([a-z0-9]+)(?::([a-z]\w*))?>|\{([a-z]\w*)\}|(\.\.\.)$/g;

/** A line as it is expected. */
export interface LinePattern {
  /** As it is written. */
  readonly text: string;
  /** The variables that it uses. */
  readonly uses: readonly string[];
  /** The variables that it sets. */
  readonly sets: readonly string[];
}

/**
 * Reads a pattern.
 *
 * @throws {RangeError} if a placeholder is unknown.
 */
export function parsePattern(text: string): LinePattern {
  const uses: string[] = [];
  const sets: string[] = [];
  for (const [whole, kind, bound, used] of text.matchAll(PART)) {
    if (kind !== undefined && !Object.hasOwn(PLACEHOLDERS, kind)) {
      throw new RangeError(`Cannot read a pattern: ${whole} is not one of ${Object.keys(PLACEHOLDERS).join(", ")}`);
    }
    if (bound !== undefined) sets.push(bound);
    if (used !== undefined) uses.push(used);
  }
  return { text, uses, sets };
}

/** Compares a line with a pattern. Returns the variables that it sets, or undefined if the line differs. */
export function matchLine(pattern: LinePattern, line: string, variables: Variables): Map<string, string> | undefined {
  const names: string[] = [];
  let source = "";
  let from = 0;
  for (const match of pattern.text.matchAll(PART)) {
    const [whole, kind, bound, used] = match;
    source += escape(pattern.text.slice(from, match.index));
    from = match.index + whole.length;
    if (kind !== undefined) {
      source += `(${PLACEHOLDERS[kind]})`;
      names.push(bound ?? "");
    } else if (used !== undefined) source += escape(variables.get(used) ?? whole);
    else source += ".*";
  }
  source += escape(pattern.text.slice(from));
  const found = new RegExp(`^${source}$`, "s").exec(line);
  if (found === null) return undefined;
  const set = new Map<string, string>();
  for (const [at, name] of names.entries()) {
    if (name === "") continue;
    const value = found[at + 1]!;
    // A name that stands twice stands for the same.
    if (set.has(name) && set.get(name) !== value) return undefined;
    set.set(name, value);
  }
  return set;
}

/** The variables that a text uses as `{name}`. */
export function variablesOf(text: string): string[] {
  return [...text.matchAll(/\{([a-z]\w*)\}/g)].map(([, name]) => name!);
}

/** Puts variables in their places; an unknown one stays as it is written. */
export function fillIn(text: string, variables: Variables): string {
  return text.replace(/\{([a-z]\w*)\}/g, (whole, name) => variables.get(name) ?? whole);
}

function escape(text: string): string {
  return text.replace(/[.*+?^${}()|[\]\\]/g, "\\$&");
}
