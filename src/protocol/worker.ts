/**
 * What a server and its workers say to each other: processes that it starts to serve at the same port.
 *
 * Source: PROTOCOL.md, "Workers".
 *
 * @module
 */

import { readCount } from "./fields.ts";
import { ProtocolError } from "./protocol_error.ts";

/** The most processes of one server, itself included: more than a machine of today has cores to give away. */
export const MAX_PROCESSES = 64;

/** What a server wants of a worker: a line on the worker's standard input. */
export type WorkerOrder =
  /** Look at the files again, then say so: `LOOK <round>`. */
  | { readonly kind: "look"; readonly round: number }
  /** Say what you count: `REPORT`. */
  | { readonly kind: "report" }
  /** Take no new work, finish what runs, and end: `STOP`. */
  | { readonly kind: "stop" };

/** What a worker says: a line on its standard output. */
export type WorkerNews =
  /** It serves: `READY`. */
  | { readonly kind: "ready" }
  /** It has looked since it was asked to: `LOOKED <round>`. */
  | { readonly kind: "looked"; readonly round: number }
  /** A number since its start, `COUNTER <value> <series>`, or of this moment, `GAUGE <value> <series>`. */
  | { readonly kind: "counter" | "gauge"; readonly series: string; readonly value: number }
  /** All has been said that it counts: `REPORTED`. */
  | { readonly kind: "reported" };

/** Writes an order, without its line end. */
export function encodeWorkerOrder(order: WorkerOrder): string {
  return order.kind === "look" ? `LOOK ${order.round}` : order.kind.toUpperCase();
}

/**
 * Reads an order.
 *
 * @throws {ProtocolError} `"UNKNOWN_ORDER"`.
 */
export function parseWorkerOrder(line: string): WorkerOrder {
  if (line === "REPORT") return { kind: "report" };
  if (line === "STOP") return { kind: "stop" };
  const [verb, word, ...more] = line.split(" ");
  const round = readCount(word);
  if (verb === "LOOK" && round !== undefined && more.length === 0) return { kind: "look", round };
  throw new ProtocolError("UNKNOWN_ORDER", `Cannot obey: expected LOOK, REPORT or STOP, got ${quote(line)}`);
}

/** Writes news, without the line end. */
export function encodeWorkerNews(news: WorkerNews): string {
  switch (news.kind) {
    case "looked":
      return `LOOKED ${news.round}`;
    case "counter":
    case "gauge":
      return `${news.kind.toUpperCase()} ${news.value} ${news.series}`;
    default:
      return news.kind.toUpperCase();
  }
}

/**
 * Reads news.
 *
 * @throws {ProtocolError} `"UNKNOWN_NEWS"`.
 */
export function parseWorkerNews(line: string): WorkerNews {
  if (line === "READY") return { kind: "ready" };
  if (line === "REPORTED") return { kind: "reported" };
  const [, verb, word, series] = line.match(/^([A-Z]+) (\S+)(?: (.+))?$/s) ?? [];
  const count = readCount(word);
  if (count !== undefined && series === undefined && verb === "LOOKED") return { kind: "looked", round: count };
  if (count !== undefined && series !== undefined) {
    if (verb === "COUNTER") return { kind: "counter", series, value: count };
    if (verb === "GAUGE") return { kind: "gauge", series, value: count };
  }
  throw new ProtocolError("UNKNOWN_NEWS", `Cannot read what a worker says: ${quote(line)}`);
}

/** The begin of a line, for messages. */
function quote(line: string): string {
  return JSON.stringify(line.slice(0, 80));
}
