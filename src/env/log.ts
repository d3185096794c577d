/**
 * Structured log: an event's name and its fields. Text on a terminal, JSON lines for machines.
 *
 * @module
 */

import type { Clock } from "../base/clock.ts";
import { escapeControls } from "./escape_controls.ts";

/** From chatty to grave. */
export type LogLevel = "debug" | "info" | "warn" | "error";

/** A field's value. */
export type LogValue = string | number | boolean | null | undefined;

/** One thing that happened. */
export interface LogRecord {
  /** When, in milliseconds since the Unix epoch. */
  readonly unixMs: number;
  /** How grave. */
  readonly level: LogLevel;
  /** Who says it: a role and its id, such as `content CS1`. */
  readonly source: string;
  /** What happened, in a few words: `server died`. */
  readonly event: string;
  /** The particulars. Undefined values are left out. */
  readonly fields: Readonly<Record<string, LogValue>>;
}

/** Where records go. */
export type LogSink = (record: LogRecord) => void;

/** What a role logs with. */
export interface Log {
  /** For following single messages. */
  debug(event: string, fields?: Readonly<Record<string, LogValue>>): void;
  /** For what an operator wants to see. */
  info(event: string, fields?: Readonly<Record<string, LogValue>>): void;
  /** For what is odd, and handled. */
  warn(event: string, fields?: Readonly<Record<string, LogValue>>): void;
  /** For what fails. */
  error(event: string, fields?: Readonly<Record<string, LogValue>>): void;
  /** A log that says it is from `source`. */
  from(source: string): Log;
}

/** Options of {@link createLog}. */
export interface LogOptions {
  /** Supplies the time of each record. */
  clock: Clock;
  /** Takes the records. */
  sink: LogSink;
  /** The least grave level that passes. Default: `info`. */
  level?: LogLevel;
  /** Who says it. Default: `microcdn`. */
  source?: string;
}

const RANK: Record<LogLevel, number> = { debug: 0, info: 1, warn: 2, error: 3 };

/** Makes a log. A level below the least grave one costs nothing but the call. */
export function createLog(options: LogOptions): Log {
  const { clock, sink, level: least = "info", source = "microcdn" } = options;
  function at(level: LogLevel): Log["info"] {
    if (RANK[level] < RANK[least]) return () => {};
    return (event, fields = {}) => sink({ unixMs: clock.unixMs(), level, source, event, fields });
  }
  return {
    debug: at("debug"),
    info: at("info"),
    warn: at("warn"),
    error: at("error"),
    from: (name) => createLog({ ...options, source: name }),
  };
}

/**
 * Writes a record as one line of JSON: `time`, `level`, `source`, `event`, then the fields. A field that has the name of
 * one of those four is left out.
 */
export function renderJson(record: LogRecord): string {
  const { unixMs, level, source, event, fields } = record;
  const head = { time: new Date(unixMs).toISOString(), level, source, event };
  return escapeControls(JSON.stringify({ ...head, ...fields, ...head }));
}

/** Options of {@link renderText}. */
export interface RenderTextOptions {
  /** Whether to use ANSI colours. Default: false. */
  colour?: boolean;
}

const COLOURS: Record<LogLevel, string> = { debug: "2", info: "0", warn: "33", error: "31" };

/** Writes a record as one line for people: `12:00:01 index: server registered id=CS1 files=4`. */
export function renderText(record: LogRecord, { colour = false }: RenderTextOptions = {}): string {
  const time = new Date(record.unixMs).toISOString().slice(11, 19);
  const words = [`${time} ${record.source}:`];
  if (record.level === "warn" || record.level === "error") words.push(`${record.level}:`);
  words.push(record.event);
  for (const [key, value] of Object.entries(record.fields)) {
    if (value !== undefined) words.push(`${key}=${renderValue(value)}`);
  }
  const line = escapeControls(words.join(" "));
  return colour && record.level !== "info" ? `\x1b[${COLOURS[record.level]}m${line}\x1b[0m` : line;
}

/** Quotes what has spaces, quotes or control characters, so that a peer's text can never forge a field. */
function renderValue(value: Exclude<LogValue, undefined>): string {
  const text = String(value);
  return /^[^\s"\\\p{Cc}\p{Cf}]+$/u.test(text) ? text : JSON.stringify(text);
}
