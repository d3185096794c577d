/**
 * What roles say, from JSON lines to lines for people.
 *
 * @module
 */

import { escapeControls } from "../../src/env/escape_controls.ts";
import type { Colour, Paint } from "./paint.ts";

/** One log record of a role. */
export interface RoleRecord {
  /** When: `12:00:01`, in UTC. */
  readonly time: string;
  /** How grave. */
  readonly level: string;
  /** What happened. */
  readonly event: string;
  /** The particulars. */
  readonly fields: Readonly<Record<string, unknown>>;
}

/** Events that come every second or so: shown only if asked for. */
const HEARTBEATS = new Set(["heartbeat", "heartbeats"]);

/** Reads a JSON line of a role's log; undefined if the line is something else. */
export function parseRecord(line: string): RoleRecord | undefined {
  let json: unknown;
  try {
    json = JSON.parse(line);
  } catch {
    return undefined;
  }
  if (typeof json !== "object" || json === null || Array.isArray(json)) return undefined;
  // `source` is what the label on the screen says already.
  const { time, level, event, source: _, ...fields } = json as Record<string, unknown>;
  if (typeof time !== "string" || typeof level !== "string" || typeof event !== "string") return undefined;
  return { time: time.slice(11, 19), level, event, fields };
}

/** Whether a record is one of the many heartbeats. */
export function isHeartbeat({ event }: RoleRecord): boolean {
  return HEARTBEATS.has(event);
}

/** Writes a record: `12:00:01 index    server registered id=CS1 files=4`. */
export function renderRecord(prefix: string, record: RoleRecord, paint: Paint): string {
  const words = [safe(record.event)];
  for (const [key, value] of Object.entries(record.fields)) words.push(`${safe(key)}=${renderValue(value)}`);
  const text = words.join(" ");
  const grave = GRAVE[record.level];
  const time = paint("dim", safe(record.time));
  if (grave === undefined) return `${time} ${prefix} ${record.level === "debug" ? paint("dim", text) : text}`;
  return `${time} ${prefix} ${paint(grave, `${safe(record.level)}: ${text}`)}`;
}

const GRAVE: Readonly<Record<string, Colour>> = { warn: "yellow", error: "red" };

/** Quotes what has spaces or quotes, so that a peer's text can never pass for another field. */
function renderValue(value: unknown): string {
  const text = typeof value === "string" ? value : JSON.stringify(value);
  return safe(/^[^\s"\\]+$/.test(text) ? text : JSON.stringify(text));
}

function safe(text: string): string {
  return escapeControls(text);
}
