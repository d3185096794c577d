import { assert, assertEquals, assertRejects } from "@std/assert";
import { type HttpResponse, textResponse } from "../protocol/http.ts";
import { MemoryHttpServers, readBody } from "./memory_http.ts";
import { NetError } from "./net_error.ts";

const AT = { host: "10.0.0.1", port: 8080 };

async function textOf(response: HttpResponse): Promise<string> {
  return new TextDecoder().decode(await readBody(response));
}

Deno.test("MemoryHttpServers.request() asks the server at an address", async () => {
  const servers = new MemoryHttpServers();
  await servers.serve(AT, async ({ method, target, headers, body }) => {
    const pieces = [];
    for await (const piece of body) pieces.push(piece.length);
    return textResponse(200, `${method} ${target} ${headers} ${pieces}`);
  });
  assertEquals(await textOf(await servers.request(AT)), "GET / host,10.0.0.1:8080 ");
  const put = { method: "PUT", target: "/a?b", headers: [["x-a", "1"]] as const, body: new Uint8Array(3) };
  const response = await servers.request(AT, put);
  assertEquals(await textOf(response), "PUT /a?b x-a,1 3");
  assertEquals(response.headers.at(-1), ["content-length", "16"]);
  await assertRejects(() => servers.request({ ...AT, port: 8081 }), NetError, "refused");
});

Deno.test("MemoryHttpServers.serve() gives port 0 a free one, and an address to one only", async () => {
  const servers = new MemoryHttpServers();
  const handler = (): Promise<HttpResponse> => Promise.resolve(textResponse(200, "any"));
  const first = await servers.serve({ host: "0.0.0.0", port: 0 }, handler);
  const second = await servers.serve({ host: "10.0.0.1", port: 0 }, handler);
  assert(first.address.port !== second.address.port);
  const error = await assertRejects(() => servers.serve(first.address, handler), NetError);
  assertEquals(error.code, "in-use");
  assertEquals(await textOf(await servers.request({ host: "10.9.9.9", port: first.address.port })), "any");
  await first.close();
  await first.close();
  await assertRejects(() => servers.request({ host: "10.9.9.9", port: first.address.port }), NetError);
  await servers.serve(first.address, handler);
});

Deno.test("MemoryHttpServers answers as a socket would: 500 for a failure, nothing after HEAD", async () => {
  const servers = new MemoryHttpServers();
  const told: string[] = [];
  await servers.serve(AT, ({ target }) => {
    if (target === "/fail") throw new Error("secret");
    return Promise.resolve(textResponse(target === "/odd" ? 42 : 200, "hello"));
  }, { onError: (error, what) => told.push(`${what}: ${(error as Error).message}`) });
  for (const target of ["/fail", "/odd"]) {
    const response = await servers.request(AT, { target });
    assertEquals([response.status, await textOf(response)], [500, "Internal Server Error\n"]);
  }
  assertEquals(told, ["GET /fail from memory: secret", "GET /odd from memory: Cannot answer with status 42"]);
  const head = await servers.request(AT, { method: "HEAD" });
  assertEquals([await textOf(head), head.headers.at(-1)], ["", ["content-length", "5"]]);
});

Deno.test("MemoryHttpServers.failures keeps what nobody else is told", async () => {
  const servers = new MemoryHttpServers();
  await servers.serve(AT, () => Promise.reject(new Error("secret")));
  assertEquals((await servers.request(AT)).status, 500);
  assertEquals(servers.failures.map(String), ["Error: secret"]);
});

Deno.test("MemoryHttpServers server's close() waits for answers under way", async () => {
  const servers = new MemoryHttpServers();
  let finish: (response: HttpResponse) => void = () => {};
  const server = await servers.serve(AT, () => new Promise((resolve) => finish = resolve));
  const asking = servers.request(AT);
  let closed = false;
  const closing = server.close().then(() => closed = true);
  await new Promise((resolve) => setImmediate(resolve));
  assertEquals(closed, false);
  finish(textResponse(200, "done"));
  assertEquals(await textOf(await asking), "done");
  await closing;
});
