/**
 * Answering `GET` and `HEAD` with a stored object: conditions, ranges, and the fields that tell what it is.
 *
 * Source: RFC 9110; PROTOCOL.md, "edge: conditional requests" and "edge: fields of its own".
 *
 * @module
 */

import { unreachable } from "../base/invariant.ts";
import type { ByteRange } from "../core/byte_ranges.ts";
import { decideRead } from "../core/conditional_request.ts";
import type { EdgeObject } from "../core/edge_object.ts";
import { contentTypeOf } from "../protocol/content_type.ts";
import { writeEdgeObject } from "../protocol/edge_headers.ts";
import { writeHttpDate } from "../protocol/http_fields.ts";
import type { HttpRequest, HttpResponse } from "../protocol/http.ts";
import { failure } from "./http_failure.ts";

/** An object that is open for reading: an `OpenObject` of `objects.ts`, a `CachedCopy` of `cache_layer.ts`. */
export interface ReadableObject {
  /** What it is. */
  readonly object: EdgeObject;
  /** Its bytes, those of `range` or all. Called once at most. */
  read(range?: ByteRange): AsyncIterable<Uint8Array>;
  /** Lets go of it. */
  close(): Promise<void>;
}

/** What an answer says besides. */
export interface AnswerFileOptions {
  /** The file's name, which tells its type. */
  readonly name: string;
  /** The wall clock, in milliseconds since the Unix epoch. */
  readonly nowMs: number;
  /** Further fields, such as `X-Cache`. Default: none. */
  readonly headers?: HttpResponse["headers"];
}

/**
 * Answers a `GET` or a `HEAD` with an object, and closes it whatever happens: when the body has been sent, when the client
 * leaves, when reading fails, and at once if no body is sent.
 *
 * Shape: 200, 206, 304, 412 or 416. The entity tag is the SHA-256, strong.
 */
export async function answerFile(
  source: ReadableObject,
  request: Pick<HttpRequest, "method" | "headers">,
  { name, nowMs, headers = [] }: AnswerFileOptions,
): Promise<HttpResponse> {
  const { object } = source;
  const { sizeBytes } = object;
  const present = { tag: object.sha256, modifiedMs: object.modifiedMs, sizeBytes };
  const decision = decideRead(request, present, nowMs);
  const fields = [...fieldsOf(object), ...headers];
  if (decision.kind === "whole" || decision.kind === "part") {
    const range = decision.kind === "part" ? decision.range : undefined;
    const { start, end } = range ?? { start: 0, end: sizeBytes };
    const described: HttpResponse["headers"] = [
      ["content-type", contentTypeOf(name)],
      ["content-length", String(end - start)],
      ...(range === undefined ? [] : [["content-range", `bytes ${start}-${end - 1}/${sizeBytes}`] as const]),
      ["x-content-type-options", "nosniff"],
      ...fields,
    ];
    const status = range === undefined ? 200 : 206;
    if (request.method !== "HEAD") return { status, headers: described, body: closingBody(source, range) };
    await source.close();
    return { status, headers: described, body: new Uint8Array() };
  }
  await source.close();
  switch (decision.kind) {
    case "not-modified":
      return { status: 304, headers: fields, body: new Uint8Array() };
    case "precondition-failed":
      return failure(412, "Precondition Failed", fields);
    case "unsatisfiable":
      return failure(416, "Range Not Satisfiable", [["content-range", `bytes */${sizeBytes}`], ...fields]);
    default:
      return unreachable(decision);
  }
}

/** What is said of an object whatever is sent of it. */
function fieldsOf(object: EdgeObject): HttpResponse["headers"] {
  return [
    ["etag", `"${object.sha256}"`],
    ["last-modified", writeHttpDate(object.modifiedMs)],
    ["accept-ranges", "bytes"],
    ...writeEdgeObject(object),
  ];
}

/** Bytes of an object that is closed at their end, and also if nobody ever begins to read them. */
function closingBody(source: ReadableObject, range: ByteRange | undefined): AsyncIterable<Uint8Array> {
  let pieces: AsyncIterator<Uint8Array> | undefined;
  let closing: Promise<void> | undefined;
  const close = (): Promise<void> => closing ??= source.close();
  const iterator: AsyncIterator<Uint8Array> = {
    async next(): Promise<IteratorResult<Uint8Array>> {
      if (closing !== undefined) return { done: true, value: undefined };
      try {
        pieces ??= source.read(range)[Symbol.asyncIterator]();
        const result = await pieces.next();
        if (result.done === true) await close();
        return result;
      } catch (error) {
        await close();
        throw error;
      }
    },
    async return(): Promise<IteratorResult<Uint8Array>> {
      try {
        await pieces?.return?.();
      } finally {
        await close();
      }
      return { done: true, value: undefined };
    },
  };
  return { [Symbol.asyncIterator]: () => iterator };
}
