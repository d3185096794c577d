/**
 * Transcripts as text into data. The notation is described in README.md beside this file.
 *
 * @module
 */

import { type LinePattern, parsePattern, variablesOf } from "./pattern.ts";
import { parseRaw } from "./raw_text.ts";

/** Where a conversation takes place. */
export type Place = "index" | "content" | "monitor" | "monitor-udp";

/** Who can be started to be looked at. */
export type Actor = "index" | "content" | "monitor" | "client";

/** What is to happen in a step. */
export type Act =
  /** We dial the one under test; `untilS` repeats the conversation until it holds. */
  | { readonly kind: "dial"; readonly place: Place; readonly name: string; readonly untilS?: number }
  /** The one under test dials us. */
  | { readonly kind: "accept"; readonly place: Place; readonly name: string; readonly verb: string | undefined }
  /** Back to a conversation. */
  | { readonly kind: "resume"; readonly name: string }
  /** We send a line. */
  | { readonly kind: "send"; readonly text: string }
  /** We send bytes. */
  | { readonly kind: "send-raw"; readonly text: string }
  /** A line comes: exactly one, perhaps one, or any number of them. */
  | { readonly kind: "expect"; readonly pattern: LinePattern; readonly count: "one" | "optional" | "any" }
  /** Bytes come. */
  | { readonly kind: "expect-raw"; readonly text: string }
  /** So many bytes come, whatever they are. */
  | { readonly kind: "bytes"; readonly count: string }
  /** The other side ends the conversation: in order, or in any way. */
  | { readonly kind: "close" | "gone" }
  /** We end our direction, or everything. */
  | { readonly kind: "half-close" | "hang-up" }
  /** What comes next comes no later, or no earlier, than so long after the step before. */
  | { readonly kind: "within" | "not-before"; readonly seconds: number }
  /** Nothing comes for so long, or whatever comes does not matter. */
  | { readonly kind: "quiet" | "ignore"; readonly seconds: number }
  /** Nobody dials for so long, or we do nothing for so long. */
  | { readonly kind: "nobody"; readonly seconds: number }
  | { readonly kind: "wait"; readonly seconds: number }
  /** Starts the one under test; `file` is what a client is to get. */
  | { readonly kind: "start"; readonly actor: Actor; readonly file?: string }
  /** Ends it as a crash does, or in order. */
  | { readonly kind: "kill" | "stop"; readonly actor: Actor }
  /** The one under test is in a state, went through states, or saved bytes, if it can tell. */
  | { readonly kind: "is"; readonly actor: Actor; readonly state: string }
  | { readonly kind: "went"; readonly actor: Actor; readonly states: readonly string[] }
  | { readonly kind: "saved"; readonly text: string };

/** A step, and where it stands. */
export type Step = Act & {
  /** Its line in the file, from 1. */
  readonly line: number;
  /** The line itself. */
  readonly written: string;
};

/** A named case. */
export interface Case {
  /** What it shows. */
  readonly name: string;
  /** The heading in PROTOCOL.md that says so. */
  readonly source: string;
  /** Its line in the file, from 1. */
  readonly line: number;
  /** What happens. */
  readonly steps: readonly Step[];
}

/** A file of cases. */
export interface Section {
  /** The file's name. */
  readonly file: string;
  /** Its title. */
  readonly title: string;
  /** Whether it goes beyond the common contract. */
  readonly isOurs: boolean;
  /** Its cases. */
  readonly cases: readonly Case[];
}

/** A transcript that cannot be read: a mistake in the file. */
export class TranscriptError extends Error {
  /** The name of this class. */
  override readonly name = "TranscriptError";
}

const PLACES: readonly string[] = ["index", "content", "monitor", "monitor-udp"];
const ACTORS: readonly string[] = ["index", "content", "monitor", "client"];

/**
 * Reads a file of cases.
 *
 * @throws {TranscriptError} with file and line if it cannot be read.
 */
export function parseTranscript(file: string, text: string): Section {
  let title: string | undefined;
  let isOurs = false;
  const cases: (Case & { steps: Step[] })[] = [];
  for (const [at, written] of text.split("\n").entries()) {
    const line = at + 1;
    const fail = (problem: string): never => {
      throw new TranscriptError(`Cannot read ${file}:${line}: ${problem}`);
    };
    if (written.trim() === "" || written.startsWith("#")) continue;
    const [, heading] = /^= (.+)$/.exec(written) ?? [];
    const [, name, source] = /^== (.+) \((.+)\)$/.exec(written) ?? [];
    if (heading !== undefined) {
      if (title !== undefined) fail("a file has one title");
      isOurs = heading.endsWith(" [ours]");
      title = heading.replace(/ \[ours\]$/, "");
    } else if (name !== undefined && source !== undefined) {
      if (title === undefined) fail('the title comes first: "= Title"');
      if (cases.some((one) => one.name === name)) fail(`a second case is called "${name}"`);
      cases.push({ name, source, line, steps: [] });
    } else {
      const steps = cases.at(-1)?.steps ?? fail('a step needs a case: "== name (section of PROTOCOL.md)"');
      try {
        steps.push({ ...parseAct(written), line, written });
      } catch (error) {
        if (error instanceof RangeError) fail(error.message);
        throw error;
      }
    }
  }
  if (title === undefined) throw new TranscriptError(`Cannot read ${file}: it has no title`);
  return { file, title, isOurs, cases: cases.map((one) => ({ ...one, steps: checkSteps(file, one.steps) })) };
}

function parseAct(written: string): Act {
  const [, mark = "", rest = ""] = /^(>\||>|<\||<\?|<\*|<|@|!|&)(?: (.*))?$/s.exec(written) ?? [];
  switch (mark) {
    case ">":
      return { kind: "send", text: rest };
    case ">|":
      parseRaw(rest);
      return { kind: "send-raw", text: rest };
    case "<":
      return { kind: "expect", pattern: parsePattern(rest), count: "one" };
    case "<?":
      return { kind: "expect", pattern: parsePattern(rest), count: "optional" };
    case "<*":
      return { kind: "expect", pattern: parsePattern(rest), count: "any" };
    case "<|":
      parseRaw(rest);
      return { kind: "expect-raw", text: rest };
    case "@":
      return parsePlace(rest);
    case "!":
      return parseEvent(rest);
    case "&":
      return parseActor(rest);
    default:
      throw new RangeError(`"${written}" is no step`);
  }
}

function parsePlace(text: string): Act {
  const [, accept, word, named, until] = /^(accept )?(\S+)(?: as (\w+))?(?: until (\S+))?$/.exec(text) ?? [];
  if (word === undefined) throw new RangeError(`"@ ${text}" is no conversation`);
  if (!PLACES.includes(word)) {
    if (accept !== undefined || named !== undefined || until !== undefined) {
      throw new RangeError(`"${word}" is no place`);
    }
    return { kind: "resume", name: word };
  }
  const place = word as Place;
  const name = named ?? word;
  if (accept !== undefined) return { kind: "accept", place, name, verb: undefined };
  return { kind: "dial", place, name, ...(until === undefined ? {} : { untilS: readSeconds(until) }) };
}

function parseEvent(text: string): Act {
  switch (text) {
    case "close":
    case "gone":
    case "half-close":
    case "hang-up":
      return { kind: text };
  }
  const [, event, value = ""] = /^(bytes|within|not before|quiet|nobody|wait|ignore) (\S+)$/.exec(text) ?? [];
  switch (event) {
    case "bytes":
      if (!/^(\d+|\{\w+\})$/.test(value)) throw new RangeError(`"${value}" is no number of bytes`);
      return { kind: "bytes", count: value };
    case "not before":
      return { kind: "not-before", seconds: readSeconds(value) };
    case "within":
    case "nobody":
    case "wait":
    case "quiet":
    case "ignore":
      return { kind: event, seconds: readSeconds(value) };
    default:
      throw new RangeError(`"! ${text}" is no event`);
  }
}

function parseActor(text: string): Act {
  const [first = "", second = "", ...rest] = text.split(" ");
  const actor = (word: string): Actor => {
    if (!ACTORS.includes(word)) throw new RangeError(`"${word}" is nobody who can be started`);
    return word as Actor;
  };
  switch (first) {
    case "start":
      return { kind: first, actor: actor(second), ...(rest[0] === undefined ? {} : { file: rest[0] }) };
    case "kill":
    case "stop":
      return { kind: first, actor: actor(second) };
  }
  if (second === "is" && rest.length === 1) return { kind: "is", actor: actor(first), state: rest[0]! };
  if (second === "went" && rest.length > 0) {
    return { kind: "went", actor: actor(first), states: rest.join(" ").split(" -> ") };
  }
  if (first === "client" && second === "saved") {
    parseRaw(rest.join(" "));
    return { kind: "saved", text: rest.join(" ") };
  }
  throw new RangeError(`"& ${text}" is nothing to do`);
}

function readSeconds(text: string): number {
  const [, digits] = /^(\d+(?:\.\d+)?)s$/.exec(text) ?? [];
  if (digits === undefined) throw new RangeError(`"${text}" is no duration such as 8s`);
  return Number(digits);
}

/** Finds mistakes that need more than one step to be seen, and what the first word of an accepted conversation is. */
function checkSteps(file: string, steps: readonly Step[]): Step[] {
  const names = new Set<string>();
  const waiting = new Set<string>();
  let current: string | undefined;
  return steps.map((step, at) => {
    const fail = (problem: string): never => {
      throw new TranscriptError(`Cannot read ${file}:${step.line}: ${problem}`);
    };
    switch (step.kind) {
      case "dial":
      case "accept":
        names.add(current = step.name);
        return step.kind === "dial" ? step : { ...step, verb: verbOf(steps.slice(at + 1)) };
      case "resume":
        if (!names.has(step.name)) fail(`no conversation is called "${step.name}"`);
        current = step.name;
        return step;
      case "start":
      case "kill":
      case "stop":
      case "is":
      case "went":
      case "saved":
        return step;
    }
    if (current === undefined) fail('a conversation comes first: "@ index"');
    if (step.kind === "expect" && step.count !== "one") {
      if (step.pattern.sets.length > 0) fail("a line that may be missing sets no variable");
      waiting.add(current!);
    } else if (waiting.has(current!)) {
      if (step.kind === "expect-raw" || step.kind === "bytes") fail("a line that may be missing goes before a line");
      if (step.kind === "expect" || step.kind === "close" || step.kind === "gone") waiting.delete(current!);
    }
    return step;
  });
}

/** The first word that the other side is to say. */
function verbOf(steps: readonly Step[]): string | undefined {
  const first = steps.find(({ kind }) => kind === "expect" || kind === "dial" || kind === "accept");
  if (first?.kind !== "expect") return undefined;
  const [verb = ""] = first.pattern.text.split(" ");
  return /^[A-Z_]+$/.test(verb) ? verb : undefined;
}

/** What a case needs before it can run. */
export interface Needs {
  /** Who is dialled and not started by the case itself. */
  readonly places: readonly Place[];
  /** Who is started. */
  readonly actors: readonly Actor[];
  /** What has to be known. */
  readonly variables: readonly string[];
}

/** Finds out what a case needs. */
export function needsOf({ steps }: Case): Needs {
  const places = new Set<Place>();
  const actors = new Set<Actor>();
  const set = new Set<string>();
  const used = new Set<string>();
  for (const step of steps) {
    if (step.kind === "start") actors.add(step.actor);
    if (step.kind === "dial" && !actors.has(step.place.replace("-udp", "") as Actor)) places.add(step.place);
    if (step.kind === "expect") { for (const name of step.pattern.sets) set.add(name); }
    for (const name of variablesOf(step.written)) if (!set.has(name)) used.add(name);
  }
  return { places: [...places], actors: [...actors], variables: [...used] };
}

/** Whether a case is about time: it takes as long as its subject, whatever the machine. */
export function isTimed({ steps }: Case): boolean {
  const kinds: readonly string[] = ["not-before", "quiet", "nobody", "wait", "ignore"];
  return steps.some((step) => kinds.includes(step.kind) || (step.kind === "dial" && (step.untilS ?? 0) > 5));
}
