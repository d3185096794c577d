/**
 * The OpenAPI document of a service, made from its table of routes and the schemas that check its requests.
 *
 * Source: OpenAPI 3.1.
 *
 * @module
 */

import { OpenAPIHono } from "@hono/zod-openapi";
import { errorReply, type Schema, validationErrorReply } from "./edge_json.ts";

/** What is said of each route. */
export interface Described {
  /** What it is for, in a few words. */
  readonly summary: string;
  /** Whether it changes something, so that not everybody may. */
  readonly changes: boolean;
  /** Errors that it answers with beyond those of every route, and when. */
  readonly errors?: Readonly<Record<number, string>>;
}

/** A route of JSON, as far as it is described. */
export interface DescribedJson extends Described {
  /** `POST`, `DELETE`, `GET`. */
  readonly method: string;
  /** The whole path: `/meta/query`. */
  readonly path: string;
  /** What the body must be. */
  readonly body: Schema<unknown> | undefined;
  /** What the answer is. */
  readonly reply: Schema<unknown>;
}

/** One method of a route of files, as far as it is described. */
export interface DescribedBytes extends Described {
  /** What the answer is, if it is JSON; `undefined` if it is the file. */
  readonly reply?: Schema<unknown>;
  /** Whether the body of the request is the file. */
  readonly takesFile?: boolean;
  /** JSON that may stand in place of the file. */
  readonly envelope?: Schema<unknown>;
}

/** A service, as far as it is described. */
export interface DescribedService {
  /** What it is called. */
  readonly title: string;
  /** Its routes of JSON. */
  readonly json: readonly DescribedJson[];
  /** Its routes of files: what their paths begin with, and what they do by method. */
  readonly bytes: readonly { readonly prefix: string; readonly methods: Readonly<Record<string, DescribedBytes>> }[];
}

/** What the registry of the library takes. */
type Registry = OpenAPIHono["openAPIRegistry"];
type PathConfig = Parameters<Registry["registerPath"]>[0];
type Responses = PathConfig["responses"];
/** A schema of the library, which is what stands behind ours. */
type ZodType = Parameters<Registry["register"]>[1];

const BINARY = { "application/octet-stream": { schema: { type: "string", format: "binary" } } } as const;

/** Makes the document. */
export function openApiDocument({ title, json, bytes }: DescribedService): unknown {
  const { openAPIRegistry: registry, ...app } = collector();
  registry.registerComponent("securitySchemes", "token", { type: "http", scheme: "bearer" });
  for (const route of json) registry.registerPath(jsonPath(route));
  for (const { prefix, methods } of bytes) {
    for (const [method, one] of Object.entries(methods)) {
      for (const each of method === "GET" ? ["GET", "HEAD"] : [method]) {
        registry.registerPath(bytePath(prefix, each, one));
      }
    }
  }
  return app.generate(title);
}

/** What of the library is used: it collects paths and writes the document; requests never pass through it. */
function collector(): { openAPIRegistry: Registry; generate: (title: string) => unknown } {
  const hono = new OpenAPIHono();
  return {
    openAPIRegistry: hono.openAPIRegistry,
    generate: (title) => hono.getOpenAPI31Document({ openapi: "3.1.0", info: { title, version: "1" } }),
  };
}

function jsonPath(route: DescribedJson): PathConfig {
  const { body, reply } = route;
  const request = body === undefined ? {} : { request: { body: { required: true, content: jsonOf(body) } } };
  const success = { 200: { description: "Done", content: jsonOf(reply) } };
  const invalid = body === undefined ? {} : {
    408: errorOf("The body comes too slowly"),
    413: errorOf("The body is too long"),
    422: { description: "The body does not fit", content: jsonOf(validationErrorReply) },
  };
  return {
    ...common(route, route.method),
    path: route.path,
    ...request,
    responses: { ...success, ...invalid, ...errorsOf(route) },
  };
}

function bytePath(prefix: string, method: string, one: DescribedBytes): PathConfig {
  const { reply, takesFile = false, envelope } = one;
  const content = { ...BINARY, ...(envelope === undefined ? {} : jsonOf(envelope)) };
  const isHead = method === "HEAD";
  const success: Responses = reply === undefined
    ? {
      200: isHead ? { description: "What GET would send" } : { description: "The file", content: BINARY },
      ...(isHead ? {} : { 206: { description: "The range of it that was asked for", content: BINARY } }),
      304: { description: "It is what the client has already" },
      412: { description: "It is not what the client wants it to be" },
      ...(isHead ? {} : { 416: { description: "No such range" } }),
    }
    : { 200: { description: "Done", content: jsonOf(reply) } };
  const parameter = { name: "path", in: "path" as const, required: true, schema: { type: "string" as const } };
  return {
    ...common(one, method),
    path: `${prefix}{path}`,
    parameters: [{ ...parameter, description: "The file's name; each part between slashes percent-encoded" }],
    ...(takesFile ? { request: { body: { required: true, content } } } : {}),
    responses: {
      ...success,
      400: errorOf("No name of a file"),
      ...(takesFile ? { 408: errorOf("The body comes too slowly"), 413: errorOf("The file is too large") } : {}),
      ...errorsOf(one),
    },
  };
}

function common({ summary, changes }: Described, method: string): Pick<PathConfig, "method" | "summary" | "security"> {
  return {
    method: method.toLowerCase() as PathConfig["method"],
    summary,
    // Without it on the same machine, with it from elsewhere.
    ...(changes ? { security: [{}, { token: [] }] } : {}),
  };
}

function errorsOf({ errors = {}, changes }: Described): Responses {
  const all = { ...(changes ? { 401: "From another machine, without the token" } : {}), ...errors };
  return Object.fromEntries(Object.entries(all).map(([status, text]) => [status, errorOf(text)]));
}

function errorOf(description: string): { description: string; content: ReturnType<typeof jsonOf> } {
  return { description, content: jsonOf(errorReply) };
}

function jsonOf(schema: Schema<unknown>): { "application/json": { schema: ZodType } } {
  return { "application/json": { schema: schema as unknown as ZodType } };
}
