/**
 * An HTTP service of the edge family: a table of routes, from which requests are answered and the OpenAPI document is made.
 *
 * JSON routes have one path each, and schemas that check what comes in and describe what goes out. Byte routes have the
 * name of a file in their paths, and see requests as they came: nothing on their way decodes, joins or copies anything.
 *
 * @module
 */

import type { HttpHandler } from "../net/http.ts";
import { invalidJson, validationError } from "../protocol/edge_detail.ts";
import { healthReply, type Schema } from "../protocol/edge_json.ts";
import { readEdgePath } from "../protocol/edge_name.ts";
import { type DescribedBytes, type DescribedJson, openApiDocument } from "../protocol/edge_openapi.ts";
import { type HttpRequest, type HttpResponse, jsonResponse } from "../protocol/http.ts";
import type { Access } from "./access.ts";
import { answerFailure, failure } from "./http_failure.ts";
import { wholeBody } from "./request_body.ts";

/** The longest JSON that is read: about 10,000 files with names of 500 bytes. */
export const MAX_JSON_BYTES: number = 8 * 1_048_576;

/** A route of JSON. `HEAD` is answered where `GET` is. */
export interface JsonRoute extends DescribedJson {
  /** Answers a body that fits. What it throws is answered as {@link answerFailure} says. */
  answer(body: unknown, request: HttpRequest): Promise<HttpResponse>;
}

/** A route of files. */
export interface ByteRoute {
  /** What the path begins with; the name of a file follows: `/get/`. */
  readonly prefix: string;
  /** What it does, by method. `HEAD` is answered where `GET` is. */
  readonly methods: Readonly<Record<string, ByteMethod>>;
}

/** One method of a {@link ByteRoute}. */
export interface ByteMethod extends DescribedBytes {
  /** Answers. What it throws is answered as {@link answerFailure} says. */
  answer(name: string, request: HttpRequest): Promise<HttpResponse>;
}

/** A service. */
export interface HttpService {
  /** What it is called in the document: `Micro-CDN store`. */
  readonly title: string;
  /** Its routes of JSON; `/health` and `/openapi.json` are added. */
  readonly json: readonly JsonRoute[];
  /** Its routes of files. */
  readonly bytes: readonly ByteRoute[];
  /** Who may change something. */
  readonly access: Access;
  /** Why it does not work as it should; `undefined` while it does. */
  readonly failure: () => string | undefined;
}

/** Declares a route of JSON whose handler knows the types of its schemas. */
export function jsonRoute<In, Out>(
  route: Omit<DescribedJson, "body" | "reply"> & {
    readonly body: Schema<In>;
    readonly reply: Schema<Out>;
    /** Answers with a value, status 200, or with an answer of its own. */
    answer(body: In, request: HttpRequest): Promise<Out | Refusal>;
  },
): JsonRoute {
  return { ...route, answer: async (body, request) => replyOf(await route.answer(body as In, request)) };
}

/** Declares a route of JSON without a body. */
export function readRoute<Out>(
  route: Omit<DescribedJson, "method" | "body" | "reply" | "changes"> & {
    readonly reply: Schema<Out>;
    /** Answers with a value, status 200, or with an answer of its own. */
    answer(request: HttpRequest): Promise<Out | Refusal>;
  },
): JsonRoute {
  const answer = async (_body: unknown, request: HttpRequest): Promise<HttpResponse> => {
    return replyOf(await route.answer(request));
  };
  return { ...route, method: "GET", body: undefined, changes: false, answer };
}

/** An answer that is not the route's usual one: an error, usually. */
export class Refusal {
  /** What is sent. */
  readonly response: HttpResponse;

  /** Refuses, with `{"detail":...}`. */
  constructor(status: number, detail: string, headers: HttpResponse["headers"] = []) {
    this.response = failure(status, detail, headers);
  }
}

/** Makes the handler of a service. What handlers throw and nothing here knows comes through, for the server to report. */
export function serveRoutes(service: HttpService): HttpHandler {
  const routes = [...service.json, ...ownRoutes(service)];
  return async (request) => {
    try {
      return await dispatch(service, routes, request);
    } catch (error) {
      const answer = answerFailure(error);
      if (answer === undefined) throw error;
      return answer;
    }
  };
}

function ownRoutes(service: HttpService): readonly JsonRoute[] {
  const health = readRoute({
    path: "/health",
    summary: "Whether it works",
    reply: healthReply,
    errors: { 503: "It does not, and why" },
    answer(): Promise<{ status: "healthy" } | Refusal> {
      const reason = service.failure();
      return Promise.resolve(reason === undefined ? { status: "healthy" } : new Refusal(503, reason));
    },
  });
  let document: HttpResponse | undefined;
  const openapi: JsonRoute = {
    ...health,
    path: "/openapi.json",
    answer: () =>
      Promise.resolve(document ??= jsonResponse(200, openApiDocument({ ...service, json: [...service.json, health] }))),
  };
  return [health, openapi];
}

async function dispatch(
  { access, bytes }: HttpService,
  routes: readonly JsonRoute[],
  request: HttpRequest,
): Promise<HttpResponse> {
  const path = pathOf(request.target);
  const there = routes.filter((route) => route.path === path);
  if (there.length > 0) {
    const route = there.find(({ method }) => isAnswered(request.method, method));
    if (route === undefined) return wrongMethod(request.method, path, there.map(({ method }) => method));
    const refusal = route.changes ? access.refusalOf(request) : undefined;
    return refusal ?? await answerJson(route, request);
  }
  const files = bytes.find(({ prefix }) => path.startsWith(prefix));
  if (files === undefined) return failure(404, "Not Found");
  const found = Object.entries(files.methods).find(([method]) => isAnswered(request.method, method))?.[1];
  if (found === undefined) return wrongMethod(request.method, path, Object.keys(files.methods));
  const refusal = found.changes ? access.refusalOf(request) : undefined;
  return refusal ?? await found.answer(readEdgePath(path.slice(files.prefix.length)), request);
}

/** The path of a target, undecoded. Proxies may send the whole URL: RFC 9112, section 3.2.2. */
function pathOf(target: string): string {
  const [, path = "/"] = /^(?:https?:\/\/[^/?]*)?([^?]*)/i.exec(target) ?? [];
  return path;
}

function isAnswered(asked: string, offered: string): boolean {
  return asked === offered || (asked === "HEAD" && offered === "GET");
}

function wrongMethod(method: string, path: string, offered: readonly string[]): HttpResponse {
  const allow = [...new Set(offered.flatMap((one) => one === "GET" ? ["GET", "HEAD"] : [one]))].join(", ");
  return failure(405, `Cannot ${method} ${path}: it takes ${allow}`, [["allow", allow]]);
}

async function answerJson({ body: schema, answer }: JsonRoute, request: HttpRequest): Promise<HttpResponse> {
  if (schema === undefined) return await answer(undefined, request);
  const bytes = await wholeBody(request, MAX_JSON_BYTES);
  let value: unknown;
  try {
    const text = new TextDecoder("utf-8", { fatal: true }).decode(bytes);
    value = text.trim() === "" ? undefined : JSON.parse(text);
  } catch {
    return jsonResponse(422, invalidJson());
  }
  const checked = schema.safeParse(value);
  if (!checked.success) return jsonResponse(422, validationError(checked.error.issues, value));
  return await answer(checked.data, request);
}

function replyOf(value: unknown): HttpResponse {
  return value instanceof Refusal ? value.response : jsonResponse(200, value);
}
