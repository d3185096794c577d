import { assert, assertEquals, assertRejects, assertStringIncludes } from "@std/assert";
import { DeadlineError } from "../base/deadline.ts";
import { NetError } from "../net/net_error.ts";
import { MemoryHttpServers, readBody } from "../net/memory_http.ts";
import { deleteRequest, fileReply, listReply, putEnvelope, successReply } from "../protocol/edge_json.ts";
import { type HttpRequest, type HttpResponse, textResponse } from "../protocol/http.ts";
import { StorageError } from "../storage/storage_error.ts";
import { Access } from "./access.ts";
import { type HttpService, jsonRoute, MAX_JSON_BYTES, readRoute, Refusal, serveRoutes } from "./http_routes.ts";

const AT = { host: "10.0.0.1", port: 8002 };
const OUTSIDE = { host: "10.0.0.7", port: 1 };

type Answer = readonly [status: number, body: unknown, headers: HttpResponse["headers"]];
type Ask = (
  target: string,
  request?: Omit<Partial<HttpRequest>, "body"> & { body?: string | Uint8Array },
) => Promise<Answer>;

async function asking(change: Partial<HttpService> = {}): Promise<{ ask: Ask; servers: MemoryHttpServers }> {
  const servers = new MemoryHttpServers();
  const service: HttpService = {
    title: "Micro-CDN test",
    json: [
      jsonRoute({
        method: "DELETE",
        path: "/meta/delete",
        summary: "Removes a file",
        changes: true,
        body: deleteRequest,
        reply: successReply,
        errors: { 404: "No such file" },
        answer: ({ file_name }) => {
          return Promise.resolve(file_name === "none" ? new Refusal(404, "No such file") : { status: "success" });
        },
      }),
      readRoute({
        path: "/list",
        summary: "Every name",
        reply: listReply,
        answer: () => Promise.resolve({ files: ["a"] }),
      }),
    ],
    bytes: [{
      prefix: "/get/",
      methods: {
        GET: {
          summary: "Sends a file",
          changes: false,
          answer: (name, { target }) => Promise.resolve(textResponse(200, JSON.stringify([name, target]))),
        },
        PUT: {
          summary: "Takes a file",
          changes: true,
          takesFile: true,
          envelope: putEnvelope,
          reply: fileReply,
          answer: (name) => Promise.reject(name === "bug" ? new Error("secret") : errorNamed(name)),
        },
      },
    }],
    access: new Access({ token: "s3cret" }),
    failure: () => undefined,
    ...change,
  };
  await servers.serve(AT, serveRoutes(service));
  return {
    servers,
    async ask(target, { body = "", ...request } = {}): Promise<Answer> {
      const bytes = typeof body === "string" ? new TextEncoder().encode(body) : body;
      const headers = [["content-length", String(bytes.length)], ...request.headers ?? []] as const;
      const answer = await servers.request(AT, { target, ...request, headers, body: bytes });
      const text = new TextDecoder().decode(await readBody(answer));
      return [answer.status, text === "" || answer.status === 500 ? text : JSON.parse(text), answer.headers];
    },
  };
}

function errorNamed(name: string): Error {
  switch (name) {
    case "unavailable":
    case "full":
      return new StorageError(name, "store it");
    case "deadline":
      return new DeadlineError("Cannot ask the store: no answer within 10 ms");
    default:
      return new NetError("refused", "ask the store");
  }
}

Deno.test("serveRoutes() answers JSON that fits, and says what does not", async () => {
  const { ask } = await asking();
  const remove = async (body: string | Uint8Array): Promise<readonly [number, unknown]> => {
    const [status, value] = await ask("/meta/delete", { method: "DELETE", body });
    return [status, value];
  };
  assertEquals(await remove('{"file_name":"a"}'), [200, { status: "success" }]);
  assertEquals(await remove('{"file_name":"none"}'), [404, { detail: "No such file" }]);
  const missing = { loc: ["body", "file_name"], msg: "Field required", type: "missing" };
  assertEquals(await remove("{}"), [422, { detail: [missing] }]);
  assertEquals(await remove(""), [422, { detail: [{ ...missing, loc: ["body"] }] }]);
  for (const body of ["{", "undefined", new Uint8Array([0x22, 0xff, 0x22])]) {
    const [status, value] = await remove(body);
    assertEquals([status, JSON.stringify(value).includes("json_invalid")], [422, true]);
  }
  assertEquals((await remove('{"file_name":"../x"}'))[0], 422);
});

Deno.test("serveRoutes() reads no more JSON than it may", async () => {
  const { ask, servers } = await asking();
  const large = new Uint8Array(MAX_JSON_BYTES + 1).fill(0x20);
  assertEquals((await ask("/meta/delete", { method: "DELETE", body: large }))[0], 413);
  let pieces = 0;
  async function* endless(): AsyncGenerator<Uint8Array, void, void> {
    for (;; pieces++) yield await Promise.resolve(new Uint8Array(1_048_576));
  }
  const headers = [["transfer-encoding", "chunked"]] as const;
  const answer = await servers.request(AT, { method: "DELETE", target: "/meta/delete", headers, body: endless() });
  assertEquals([answer.status, pieces], [413, 8]);
});

Deno.test("serveRoutes() answers unknown paths with 404, and wrong methods with 405 and those that are right", async () => {
  const { ask } = await asking();
  assertEquals((await ask("/nothing"))[0], 404);
  assertEquals((await ask("/get"))[0], 404);
  assertEquals((await ask("/list/"))[0], 404);
  const [status, body, headers] = await ask("/list", { method: "POST" });
  assertEquals([status, body], [405, { detail: "Cannot POST /list: it takes GET, HEAD" }]);
  assert(headers.some(([name, value]) => name === "allow" && value === "GET, HEAD"));
  assertEquals((await ask("/get/a", { method: "PATCH" }))[0], 405);
  assertEquals((await ask("/list", { method: "HEAD" }))[0], 200);
  assertEquals((await ask("/list?x=1"))[1], { files: ["a"] });
});

Deno.test("serveRoutes() hands byte routes the name, and the request as it came", async () => {
  const { ask } = await asking();
  assertEquals((await ask("/get/a%20b%2Fc?d=%65"))[1], ["a b/c", "/get/a%20b%2Fc?d=%65"]);
  assertEquals((await ask("http://edge.lab/get/a"))[1], ["a", "http://edge.lab/get/a"]);
  for (const path of ["/get/", "/get/../a", "/get/%2e%2e/a", "/get/a//b", "/get/%ff", "/get/%zz", "/get/a%00b"]) {
    const [status, body] = await ask(path);
    assertEquals(status, 400, path);
    assertStringIncludes((body as { detail: string }).detail, "Cannot take a file name");
  }
});

Deno.test("serveRoutes() lets others than this machine change nothing without the token", async () => {
  const { ask } = await asking();
  const remove = { method: "DELETE", body: '{"file_name":"a"}', peer: OUTSIDE };
  assertEquals((await ask("/meta/delete", remove))[0], 401);
  assertEquals((await ask("/meta/delete", { ...remove, headers: [["Authorization", "Bearer s3cret"]] }))[0], 200);
  assertEquals((await ask("/get/a", { method: "PUT", peer: OUTSIDE }))[0], 401);
  assertEquals((await ask("/get/a", { peer: OUTSIDE }))[0], 200);
});

Deno.test("serveRoutes() answers failures of what is behind it, and leaves bugs to the server", async () => {
  const { ask, servers } = await asking();
  const put = async (name: string): Promise<Answer> => await ask(`/get/${name}`, { method: "PUT" });
  assertEquals((await put("unavailable"))[0], 503);
  assertEquals((await put("full"))[0], 507);
  assertEquals((await put("deadline"))[0], 504);
  const [status, body, headers] = await put("net");
  assertEquals([status, body], [503, { detail: "Cannot ask the store: connection refused" }]);
  assert(headers.some(([name]) => name === "retry-after"));
  assertEquals((await put("bug")).slice(0, 2), [500, "Internal Server Error\n"]);
  assertEquals(servers.failures.map(String), ["Error: secret"]);
});

Deno.test("serveRoutes() tells whether the service is well", async () => {
  assertEquals((await (await asking()).ask("/health")).slice(0, 2), [200, { status: "healthy" }]);
  const { ask } = await asking({ failure: () => "beat: a bug" });
  assertEquals((await ask("/health")).slice(0, 2), [503, { detail: "beat: a bug" }]);
});

Deno.test("serveRoutes() describes itself by the schemas that check", async () => {
  const { ask, servers } = await asking();
  const [status, body] = await ask("/openapi.json");
  assertEquals(status, 200);
  // deno-lint-ignore no-explicit-any -- a document of any depth
  const document = body as any;
  assertEquals([document.openapi, document.info.title], ["3.1.0", "Micro-CDN test"]);
  assertEquals(Object.keys(document.paths), ["/meta/delete", "/list", "/health", "/get/{path}"]);
  const remove = document.paths["/meta/delete"].delete;
  assertEquals(Object.keys(remove.responses), ["200", "401", "404", "408", "413", "422"]);
  assertEquals(remove.requestBody.content["application/json"].schema, { $ref: "#/components/schemas/DeleteRequest" });
  assertEquals(remove.security, [{}, { token: [] }]);
  assertEquals(Object.keys(document.paths["/get/{path}"]), ["get", "head", "put"]);
  const put = document.paths["/get/{path}"].put.requestBody.content;
  assertEquals(Object.keys(put), ["application/octet-stream", "application/json"]);
  for (const [, name] of JSON.stringify(document).matchAll(/"#\/components\/schemas\/(\w+)"/g)) {
    assert(name! in document.components.schemas, name);
  }
  assertEquals(document.components.schemas.DeleteRequest.required, ["file_name"]);
  await assertRejects(() => servers.request({ ...AT, port: 1 }), NetError);
});
