/**
 * What a machine tells: about itself, about its roles, and what came of an order. `machine.sh` tells it.
 *
 * @module
 */

/** A role as it is on a machine. */
export interface RoleReport {
  /** Its name there. */
  readonly name: string;
  /** Who keeps it running. */
  readonly manager: Manager;
  /** The SHA-256 of the script that becomes the role: program and flags. */
  readonly current: string;
  /** The same of the version before, if there is one. */
  readonly previous: string | undefined;
  /** The program's file name, with the first digits of its SHA-256 at the end. */
  readonly program: string;
  /** The SHA-256 that the program really has; `undefined` if it was not asked for, or there is none. */
  readonly checked: string | undefined;
  /** Its process id; `undefined` if it does not run. */
  readonly pid: number | undefined;
  /** How long it has been running, in seconds. */
  readonly uptimeS: number | undefined;
}

/** Who keeps a role running. */
export type Manager = "systemd" | "detached";

/** A machine as it is. */
export interface MachineReport {
  /** `uname -s -m`: `Linux x86_64`. */
  readonly system: string;
  /** Whether it can tell a SHA-256. */
  readonly canHash: boolean;
  /** Who is to keep roles running there. */
  readonly manager: Manager;
  /** Why that is not systemd. */
  readonly whyDetached: string;
  /** The folder's full path. */
  readonly folder: string;
  /** Its roles. */
  readonly roles: readonly RoleReport[];
}

/** What came of an order to one role. */
export type RoleOutcome =
  | { readonly kind: "started"; readonly name: string; readonly pid: number }
  | { readonly kind: "stopped"; readonly name: string; readonly pid: number | undefined }
  | { readonly kind: "failed"; readonly name: string; readonly now: AfterFailure; readonly reason: string };

/** What runs after a failure: what ran before, untouched; the same, started again; or nothing. */
export type AfterFailure = "kept" | "restored" | "down";

/** The SHA-256 of `x`, by which a machine shows that it can hash. */
const HASH_OF_X = "2d711642b726b04401627ca9fbac32f5c8530fb1903cc4db02258717921a4881";

/** A machine that does not answer as `machine.sh` does, or refuses and says why. */
export class AnswerError extends Error {
  /** The name of this class. */
  override readonly name = "AnswerError";
  /** Whether it refuses. */
  readonly isRefusal: boolean;

  /** Creates an error with a whole line as its message. */
  constructor(message: string, { isRefusal = false }: { readonly isRefusal?: boolean } = {}) {
    super(message);
    this.isRefusal = isRefusal;
  }
}

/** The lines of an answer that are meant for us, each as its first word and the rest. */
function* linesOf(answer: string): Generator<readonly [word: string, rest: string]> {
  for (const line of answer.split("\n")) {
    const [, word, rest] = line.match(/^microcdn (\S+) ?(.*)$/) ?? [];
    if (word !== undefined) yield [word, rest ?? ""];
  }
}

/**
 * Reads a report.
 *
 * @param answer All that the machine wrote; what a login shell said in between is skipped.
 * @throws {AnswerError} if it tells something else, or only a part.
 */
export function parseReport(answer: string): MachineReport {
  const facts = new Map<string, string>();
  const roles: RoleReport[] = [];
  for (const [word, rest] of linesOf(answer)) {
    if (word === "role") roles.push(parseRole(rest));
    else facts.set(word, rest);
  }
  const [system, folder, manager] = ["system", "folder", "manager"].map((word) => facts.get(word));
  if (system === undefined || folder === undefined || manager === undefined || !facts.has("done")) {
    throw new AnswerError("Cannot understand the answer: it is not that of a POSIX shell");
  }
  const [by = "", ...why] = manager.split(" ");
  return {
    system,
    canHash: facts.get("hash") === HASH_OF_X,
    manager: readManager(by),
    whyDetached: why.join(" "),
    folder,
    roles,
  };
}

function parseRole(text: string): RoleReport {
  const [name, manager, current, previous, program, checked, pid, uptime, ...more] = text.split(" ");
  if (uptime === undefined || more.length > 0) {
    throw new AnswerError(`Cannot understand the answer: it tells of a role in another way: ${text}`);
  }
  return {
    name: name!,
    manager: readManager(manager!),
    current: current!,
    previous: unlessDash(previous!),
    program: program!,
    checked: unlessDash(checked!),
    pid: unlessDash(pid!) === undefined ? undefined : Number(pid),
    uptimeS: parseUptime(uptime),
  };
}

/** Reads seconds, or the form of ps(1): `[[days-]hours:]minutes:seconds`; `undefined` for anything else. */
export function parseUptime(text: string): number | undefined {
  if (/^\d{1,10}$/.test(text)) return Number(text);
  const [, days = "0", hours = "0", minutes, seconds] = text.match(/^(?:(?:(\d+)-)?(\d+):)?(\d+):(\d+)$/) ?? [];
  if (minutes === undefined) return undefined;
  return ((Number(days) * 24 + Number(hours)) * 60 + Number(minutes)) * 60 + Number(seconds);
}

/**
 * Reads what came of orders.
 *
 * @throws {AnswerError} if the machine did not get to the end, with its own words if it has some.
 */
export function parseOutcomes(answer: string): readonly RoleOutcome[] {
  const outcomes: RoleOutcome[] = [];
  let isDone = false;
  for (const [word, rest] of linesOf(answer)) {
    const [name = "", second = "", ...more] = rest.split(" ");
    switch (word) {
      case "started":
        outcomes.push({ kind: "started", name, pid: Number(second) });
        break;
      case "stopped":
        outcomes.push({ kind: "stopped", name, pid: second === "-" ? undefined : Number(second) });
        break;
      case "failed":
        outcomes.push({ kind: "failed", name, now: readAfter(second), reason: more.join(" ") });
        break;
      case "error":
        throw new AnswerError(rest, { isRefusal: true });
      case "done":
        isDone = true;
    }
  }
  if (!isDone) throw new AnswerError("Cannot understand the answer: it broke off");
  return outcomes;
}

/** Reads the lines of a log: the role's name, and what it said. */
export function parseLogs(answer: string): ReadonlyArray<readonly [name: string, line: string]> {
  return [...linesOf(answer)].filter(([word]) => word === "log").map(([, rest]) => {
    const at = rest.indexOf(" ");
    return at < 0 ? [rest, ""] : [rest.slice(0, at), rest.slice(at + 1)];
  });
}

function readManager(word: string): Manager {
  if (word === "systemd" || word === "detached") return word;
  throw new AnswerError(`Cannot understand the answer: it tells of an unknown manager: ${word}`);
}

function readAfter(word: string): AfterFailure {
  if (word === "kept" || word === "restored" || word === "down") return word;
  throw new AnswerError(`Cannot understand the answer: it tells of a failure in another way: ${word}`);
}

function unlessDash(text: string): string | undefined {
  return text === "-" ? undefined : text;
}
