/**
 * What a request's preconditions and its range ask for.
 *
 * Source: RFC 9110, sections 13.2.2 (precedence) and 14 (ranges).
 *
 * @module
 */

import type { EntityTag, HttpFields } from "../protocol/http_fields.ts";
import { fieldOf, readEntityTag, readEntityTags, readHttpDate } from "../protocol/http_fields.ts";
import { type ByteRange, ByteRanges } from "./byte_ranges.ts";

/** What is there now under the request's target. */
export interface Representation {
  /** The opaque part of its entity tag, such as a SHA-256. The tag is strong: equal tags, equal bytes. */
  readonly tag: string;
  /** When it last changed, in milliseconds since the Unix epoch; HTTP sees whole seconds of it. */
  readonly modifiedMs: number;
  /** Its length. */
  readonly sizeBytes: number;
}

/** What a `GET` or `HEAD` is answered with. */
export type ReadDecision =
  /** 200, all of it. */
  | { readonly kind: "whole" }
  /** 206, these bytes: one range, not empty, within the length. */
  | { readonly kind: "part"; readonly range: ByteRange }
  /** 304: the client has it already. */
  | { readonly kind: "not-modified" }
  /** 412: it is not what the client wants it to be. */
  | { readonly kind: "precondition-failed" }
  /** 416: no byte that was asked for is there. */
  | { readonly kind: "unsatisfiable" };

/** A `GET` or `HEAD` as far as the decision depends on it. */
export interface ReadRequest {
  /** `GET`, `HEAD`. A range counts with `GET` alone. */
  readonly method: string;
  /** Its header fields. */
  readonly headers: HttpFields;
}

/** The most ranges that are looked at; a request for more is answered with the whole. */
const MAX_RANGES = 64;

const WHOLE = { kind: "whole" } as const;

/**
 * Decides how a `GET` or `HEAD` of something that is there is answered. What is not valid in HTTP counts as not sent, as
 * the RFC wants it. Several ranges that leave gaps between them are answered with the whole.
 *
 * @param nowMs Milliseconds since the Unix epoch, for dates with two-digit years.
 */
export function decideRead({ method, headers }: ReadRequest, present: Representation, nowMs: number): ReadDecision {
  const field = (name: string): string | undefined => fieldOf(headers, name);
  if (!mayProceed(headers, present, nowMs)) return { kind: "precondition-failed" };
  const noneMatch = field("if-none-match");
  if (noneMatch !== undefined) {
    if (matches(noneMatch, present, "weakly")) return { kind: "not-modified" };
  } else {
    const since = dateOf(field("if-modified-since"), nowMs);
    if (since !== undefined && seconds(present.modifiedMs) <= since) return { kind: "not-modified" };
  }
  const range = field("range");
  if (method !== "GET" || range === undefined || !isSameAs(field("if-range"), present, nowMs)) return WHOLE;
  return decideRange(range, present.sizeBytes);
}

/**
 * Decides whether a `PUT` or `DELETE` may go on; if not, the answer is 412.
 *
 * @param present What is there; `undefined` for nothing.
 * @param nowMs As in {@link decideRead}.
 */
export function mayWrite(headers: HttpFields, present: Representation | undefined, nowMs: number): boolean {
  const noneMatch = fieldOf(headers, "if-none-match");
  if (noneMatch !== undefined && present !== undefined && matches(noneMatch, present, "weakly")) return false;
  return mayProceed(headers, present, nowMs);
}

/** `If-Match`, or, without one, `If-Unmodified-Since`. */
function mayProceed(headers: HttpFields, present: Representation | undefined, nowMs: number): boolean {
  const match = fieldOf(headers, "if-match");
  if (match !== undefined) return present !== undefined && matches(match, present, "strongly");
  const since = dateOf(fieldOf(headers, "if-unmodified-since"), nowMs);
  return since === undefined || present === undefined || seconds(present.modifiedMs) <= since;
}

function matches(text: string, { tag }: Representation, how: "weakly" | "strongly"): boolean {
  const tags = readEntityTags(text);
  if (tags === "*") return true;
  return tags?.some((one) => one.opaque === tag && (how === "weakly" || !one.isWeak)) ?? false;
}

/** Whether a part may be sent: a client that has other bytes must get the whole. */
function isSameAs(ifRange: string | undefined, present: Representation, nowMs: number): boolean {
  if (ifRange === undefined) return true;
  const tag: EntityTag | undefined = readEntityTag(ifRange);
  if (tag !== undefined) return !tag.isWeak && tag.opaque === present.tag;
  return dateOf(ifRange, nowMs) === seconds(present.modifiedMs);
}

/** Decides on a `Range` field. */
function decideRange(text: string, sizeBytes: number): ReadDecision {
  const specs = /^bytes[ \t]*=(.+)$/i.exec(text)?.[1]?.split(",").map((spec) => spec.trim()).filter((spec) => spec);
  if (specs === undefined || specs.length === 0 || specs.length > MAX_RANGES) return WHOLE;
  const wanted = new ByteRanges();
  for (const spec of specs) {
    const [, first, last] = /^(\d{0,16})-(\d{0,16})$/.exec(spec) ?? [];
    if (first === undefined || last === undefined || (first === "" && last === "")) return WHOLE;
    if (first !== "" && last !== "" && Number(last) < Number(first)) return WHOLE;
    const start = first === "" ? Math.max(0, sizeBytes - Number(last)) : Number(first);
    const end = first === "" || last === "" ? sizeBytes : Math.min(sizeBytes, Number(last) + 1);
    // The last bytes of nothing are nothing, which no range can say.
    if (first === "" && last !== "" && Number(last) > 0 && sizeBytes === 0) return WHOLE;
    wanted.add({ start, end });
  }
  const [range, another] = wanted;
  if (range === undefined) return { kind: "unsatisfiable" };
  return another === undefined ? { kind: "part", range } : WHOLE;
}

function dateOf(text: string | undefined, nowMs: number): number | undefined {
  return text === undefined ? undefined : readHttpDate(text, nowMs);
}

/** Cuts a time to what HTTP can say of it. */
function seconds(unixMs: number): number {
  return Math.floor(unixMs / 1_000) * 1_000;
}
