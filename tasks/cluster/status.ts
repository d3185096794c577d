/**
 * Who is alive, in one line.
 *
 * @module
 */

import { escapeControls } from "../../src/env/escape_controls.ts";
import { columnsOf, fitColumns } from "../../src/cli/columns.ts";
import type { Colour, Paint } from "./paint.ts";

/** What is said of a server that others watch. */
export interface Sighting {
  /** Whether it is held to be alive. */
  readonly alive: boolean;
  /** What else is worth a few words, such as `load 2`. */
  readonly note?: string | undefined;
  /** How long ago its last heartbeat came in, in seconds, if one was seen. */
  readonly heardSeconds?: number | undefined;
}

/** One role as the status line shows it. */
export interface MemberStatus {
  /** Its name. */
  readonly label: string;
  /** `none`: it was not started here. */
  readonly process: "none" | "starting" | "up" | "ended";
  /** How it ended: `exit code 3`, `SIGKILL`. */
  readonly end?: string | undefined;
  /** What is said of it; undefined for a role that nobody watches, and while nobody knows. */
  readonly sighting?: Sighting | undefined;
}

/** A line and how many columns it takes: the text may hold colours. */
export interface StatusLine {
  /** What to write. */
  readonly text: string;
  /** Its width. */
  readonly columns: number;
}

interface Segment {
  readonly text: string;
  readonly colour: Colour;
}

/** How much each role's part says: with particulars, without, in short. */
const DETAILS = ["full", "words", "brief"] as const;
type Detail = typeof DETAILS[number];

const GAP = "  ";
/** How many servers that were started elsewhere are named. */
const MAX_STRANGERS = 4;

/** Writes the status in at most `columns`, with as many particulars as there is room for. */
export function renderStatus(members: readonly MemberStatus[], columns: number, paint: Paint): StatusLine {
  for (const detail of DETAILS) {
    const segments = toSegments(members, detail);
    const width = columnsOf(segments.map(({ text }) => text).join(GAP));
    if (width <= columns) return { text: paintAll(segments, paint), columns: width };
  }
  const cut = fitColumns(toSegments(members, "brief").map(({ text }) => text).join(GAP), columns);
  return { text: cut, columns: columnsOf(cut) };
}

/** Writes the status without what changes all the time: it differs only when somebody came, died or came back. */
export function summarize(members: readonly MemberStatus[]): string {
  return toSegments(members, "words").map(({ text }) => text).join(", ");
}

function toSegments(members: readonly MemberStatus[], detail: Detail): Segment[] {
  const own = members.filter(({ process }) => process !== "none");
  const strangers = members.filter(({ process }) => process === "none");
  const segments = [...own, ...strangers.slice(0, MAX_STRANGERS)].map((member) => toSegment(member, detail));
  const more = strangers.length - MAX_STRANGERS;
  if (more > 0) segments.push({ text: `+${more} more`, colour: "dim" });
  return segments;
}

function toSegment(member: MemberStatus, detail: Detail): Segment {
  const { word, colour } = describe(member);
  const label = escapeControls(member.label);
  if (detail === "brief") return { text: `${label} ${word.split(",", 1)[0]}`, colour };
  return { text: `${label} ${word}${detail === "full" ? particulars(member) : ""}`, colour };
}

function describe({ process, end = "", sighting }: MemberStatus): { word: string; colour: Colour } {
  if (process === "starting") return { word: "starting", colour: "dim" };
  if (process === "ended") {
    // For a few seconds a server is gone and nobody has noticed: that is what the monitor is for.
    return { word: sighting?.alive ? `gone (${end}), not noticed yet` : `dead (${end})`, colour: "red" };
  }
  if (sighting === undefined) return { word: "up", colour: "green" };
  return sighting.alive ? { word: "alive", colour: "green" } : { word: "dead", colour: "red" };
}

function particulars({ process, sighting }: MemberStatus): string {
  if (!sighting?.alive) return "";
  const { note, heardSeconds } = sighting;
  if (process === "ended") return heardSeconds === undefined ? "" : `, silent ${heardSeconds} s`;
  return `${note === undefined ? "" : `, ${note}`}${heardSeconds === undefined ? "" : `, heard ${heardSeconds} s ago`}`;
}

function paintAll(segments: readonly Segment[], paint: Paint): string {
  return segments.map(({ text, colour }) => paint(colour, text)).join(GAP);
}
