/**
 * What a tool's failure means, in one line.
 *
 * @module
 */

/** Returns the last line of a text that says something; `it says nothing` if none does. */
export function lastLine(text: string): string {
  return text.split("\n").map((line) => line.trim()).findLast((line) => line !== "") ?? "it says nothing";
}

/** A failure of Deno: what failed, and why, the deepest cause last. */
export interface Complaint {
  /** The line behind `error:`. */
  readonly what: string;
  /** What is below it. */
  readonly causes: readonly string[];
}

/** Reads what Deno prints when it fails: `error: WHAT`, then perhaps `Caused by:` and a numbered line a cause. */
export function readComplaint(errors: string): Complaint {
  const lines = errors.split("\n").map((line) => line.trim());
  const at = lines.findIndex((line) => line.startsWith("error: "));
  if (at < 0) return { what: lastLine(errors), causes: [] };
  const end = lines.findIndex((line, number) => number > at && line.startsWith("Stack backtrace"));
  const below = lines.slice(at + 1, end < 0 ? lines.length : end);
  const begin = below.indexOf("Caused by:");
  const causes = begin < 0 ? [] : below.slice(begin + 1).map((line) => line.replace(/^\d+: /, ""));
  return { what: lines[at]!.slice("error: ".length), causes: causes.filter((line) => line !== "") };
}

/** Returns why: the system's own reason if there is one, such as `no space left on device`, else the deepest cause. */
export function reasonOf({ what, causes }: Complaint): string {
  const told = [...causes].reverse().concat(what).find((line) => / \(os error \d+\)$/.test(line));
  const [, reason] = told?.match(/([^:]+) \(os error \d+\)$/) ?? [];
  return reason?.trim().replace(/^[A-Z](?=[a-z ])/, (letter) => letter.toLowerCase()) ?? causes.at(-1) ?? what;
}
