import { assertEquals } from "@std/assert";
import type { HttpHandler, HttpServer } from "../net/http.ts";
import { type AdminView, answerAdmin, startAdmin } from "./admin.ts";

function view(failure?: string): AdminView {
  return {
    failure: () => failure,
    metrics: () => "microcdn_files 3\n",
    state: () => ({ role: "index", state: "RUNNING", servers: 2 }),
  };
}

const JSON_TYPE = "application/json";
const NOT_HERE = '{"detail":"Cannot find it: /health, /metrics and /state are here"}\n';

/** Requests to a healthy role, and the answers to them. */
const TABLE: [method: string, target: string, status: number, type: string, body: string][] = [
  ["GET", "/health", 200, JSON_TYPE, '{"status":"healthy"}\n'],
  ["HEAD", "/health", 200, JSON_TYPE, '{"status":"healthy"}\n'],
  ["GET", "/health?verbose", 200, JSON_TYPE, '{"status":"healthy"}\n'],
  ["GET", "/metrics", 200, "text/plain; version=0.0.4; charset=utf-8", "microcdn_files 3\n"],
  ["GET", "/state?a=1?b", 200, JSON_TYPE, '{"role":"index","state":"RUNNING","servers":2}\n'],
  ["POST", "/state", 405, JSON_TYPE, '{"detail":"Cannot POST /state: only GET and HEAD"}\n'],
  ["get", "/health", 405, JSON_TYPE, '{"detail":"Cannot get /health: only GET and HEAD"}\n'],
  ["DELETE", "/metrics", 405, JSON_TYPE, '{"detail":"Cannot DELETE /metrics: only GET and HEAD"}\n'],
  ["GET", "/", 404, JSON_TYPE, NOT_HERE],
  ["GET", "/health/", 404, JSON_TYPE, NOT_HERE],
  ["GET", "/Health", 404, JSON_TYPE, NOT_HERE],
  ["GET", "", 404, JSON_TYPE, NOT_HERE],
  ["GET", "*", 404, JSON_TYPE, NOT_HERE],
  ["POST", "/nowhere", 404, JSON_TYPE, NOT_HERE],
];

for (const [method, target, status, type, body] of TABLE) {
  Deno.test(`answerAdmin() answers ${method} ${target || "nothing"} with ${status}`, () => {
    const response = answerAdmin(view(), { method, target });
    assertEquals([response.status, new TextDecoder().decode(response.body as Uint8Array)], [status, body]);
    const expected = [["content-type", type], ...(status === 405 ? [["allow", "GET, HEAD"]] : [])];
    assertEquals<unknown>(response.headers, expected);
  });
}

Deno.test("answerAdmin() says why a role is not healthy", () => {
  const { status, body } = answerAdmin(view("check: a bug"), { method: "GET", target: "/health" });
  assertEquals(status, 503);
  assertEquals(JSON.parse(new TextDecoder().decode(body as Uint8Array)), { status: "failing", reason: "check: a bug" });
});

Deno.test("startAdmin() serves the view as it is at the moment of asking", async () => {
  let handler: HttpHandler | undefined;
  const server: HttpServer = { address: { host: "127.0.0.1", port: 9 }, close: () => Promise.resolve() };
  const http = {
    serve: (_at: unknown, handle: HttpHandler): Promise<HttpServer> => {
      handler = handle;
      return Promise.resolve(server);
    },
  };
  let failure: string | undefined = undefined;
  const live = { ...view(), failure: () => failure };
  assertEquals(await startAdmin(http, { host: "127.0.0.1", port: 0 }, live), server);
  async function* noBody(): AsyncGenerator<Uint8Array> {}
  const ask = (): ReturnType<HttpHandler> =>
    handler!({ method: "GET", target: "/health", headers: [], body: noBody(), peer: { host: "127.0.0.1", port: 1 } });
  assertEquals((await ask()).status, 200);
  failure = "check: a bug";
  assertEquals((await ask()).status, 503);
});
