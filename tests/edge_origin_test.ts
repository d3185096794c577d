/**
 * The origin in memory: what it asks meta servers and the store, and what it answers, whatever becomes of them.
 */

import { assertEquals, assertRejects } from "@std/assert";
import { seededRandom } from "../src/base/random.ts";
import { VirtualClock } from "../src/base/virtual_clock.ts";
import { virtualEnv } from "../src/env/virtual.ts";
import { MemoryNetwork } from "../src/net/memory.ts";
import { MemoryHttpServers, readBody } from "../src/net/memory_http.ts";
import { type HttpResponse, jsonResponse } from "../src/protocol/http.ts";
import { type OriginRole, startOrigin } from "../src/roles/edge/origin.ts";
import { ScriptedHttpServer } from "./scripted_http_server.ts";

const PLACE = { Lat: 37.7749, Lng: -122.4194 };
const FILES = [{ Name: "a b/c.txt", Hash: "h", TimeStamp: "t" }, { Name: "d" }];
const SUCCESS = { status: "success" };
const OUTSIDE = { host: "10.0.0.9", port: 1 };

/** An origin with two meta servers and a store, each of which does what a test says. */
class Stage implements AsyncDisposable {
  readonly clock = new VirtualClock();
  readonly servers = new MemoryHttpServers({ clock: this.clock });
  origin!: OriginRole;
  metas!: [ScriptedHttpServer, ScriptedHttpServer];
  store!: ScriptedHttpServer;

  static async start(): Promise<Stage> {
    const stage = new Stage();
    const { servers, clock } = stage;
    const metas = ["10.0.0.2", "10.0.0.3"].map((host) => ScriptedHttpServer.start(servers, { host, port: 8002 }, {}));
    stage.metas = await Promise.all(metas) as [ScriptedHttpServer, ScriptedHttpServer];
    stage.store = await ScriptedHttpServer.start(servers, { host: "10.0.0.4", port: 5050 }, {});
    const random = seededRandom(1);
    const net = new MemoryNetwork({ clock, random }).host("10.0.0.1");
    stage.origin = await startOrigin(virtualEnv({ clock, random, net, http: servers, httpHost: "10.0.0.1" }), {
      listen: { host: "10.0.0.1", port: 0 },
      meta: stage.metas.map(({ address }) => address),
      store: stage.store.address,
      token: "s3cret",
    });
    return stage;
  }

  async ask(what: string, body?: unknown, more = {}): Promise<readonly [number, unknown]> {
    const [method, target] = what.split(" ") as [string, string];
    const text = body === undefined ? "" : JSON.stringify(body);
    const bytes = new TextEncoder().encode(text);
    const headers = [["content-length", String(bytes.length)]] as const;
    const request = { method, target, headers, body: bytes, ...more };
    const answer = await this.clock.until(this.servers.request(this.origin.addresses.http!, request));
    return [answer.status, JSON.parse(new TextDecoder().decode(await readBody(answer)))];
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.origin.stop();
    assertEquals(this.origin.state, "STOPPED");
  }
}

function planned(names: readonly string[]): unknown {
  return {
    files: names.map((file_name) => ({ file_name, cdn_address: "e:4000", cdn_id: 1, upload: file_name === "d" })),
  };
}

function planOf(body: unknown): HttpResponse {
  const { files } = body as { files: { file_name: string }[] };
  return jsonResponse(200, planned(files.map(({ file_name }) => file_name)));
}

Deno.test("startOrigin() answers sync, explicit and plan from one plan of a meta server", async () => {
  await using stage = await Stage.start();
  stage.metas[0].script = { "POST /meta/plan": planOf };
  const locations = ["a b/c.txt", "d"].map((file_name) => ({ cdn_address: "e:4000", file_name, cdn_id: 1 }));
  assertEquals(await stage.ask("POST /origin/sync", { ...PLACE, FileList: FILES }), [200, { files: locations }]);
  assertEquals(stage.metas[0].asked.at(-1)?.[1], {
    client_lat: 37.7749,
    client_lng: -122.4194,
    files: [{ file_name: "a b/c.txt", file_hash: "h", timestamp: "t" }, {
      file_name: "d",
      file_hash: "",
      timestamp: "",
    }],
  });
  assertEquals(await stage.ask("POST /origin/explicit", { ...PLACE, FileList: FILES }), [200, locations[0]]);
  assertEquals(await stage.ask("POST /origin/plan", { ...PLACE, FileList: FILES }), [200, planned(["a b/c.txt", "d"])]);
});

Deno.test("startOrigin() takes an empty list for what it is, and says what does not fit", async () => {
  await using stage = await Stage.start();
  assertEquals(await stage.ask("POST /origin/sync", { ...PLACE, FileList: [] }), [200, { files: [] }]);
  assertEquals(await stage.ask("POST /origin/explicit", { ...PLACE, FileList: [] }), [400, {
    detail: "No files specified",
  }]);
  for (const change of [{ Lat: 91 }, { FileList: [{ Name: "../a" }] }, { FileList: undefined }]) {
    assertEquals((await stage.ask("POST /origin/sync", { ...PLACE, FileList: FILES, ...change }))[0], 422);
  }
  assertEquals(stage.metas[0].asked, []);
});

Deno.test("startOrigin() asks a meta server that knows no plans file by file", async () => {
  await using stage = await Stage.start();
  stage.metas[0].script = { "POST /meta/query": () => jsonResponse(200, { cdn_id: -1, cdn_address: "s:5050" }) };
  const [status, reply] = await stage.ask("POST /origin/plan", { ...PLACE, FileList: FILES });
  const files = ["a b/c.txt", "d"].map((file_name) => ({ file_name, cdn_id: -1, cdn_address: "s:5050", upload: true }));
  assertEquals([status, reply], [200, { files }]);
});

Deno.test("startOrigin() lists nodes, also those of a meta server that does not tell who is alive", async () => {
  await using stage = await Stage.start();
  const node = { id: 1, address: "e:4000", lat: 1, lng: 2 };
  stage.metas[0].script = { "GET /meta/nodes": () => jsonResponse(200, { nodes: [{ ...node, alive: false }] }) };
  assertEquals(await stage.ask("GET /origin/nodes"), [200, { nodes: [{ ...node, alive: false }] }]);
  const created_at = "2026-01-01T00:00:00.000Z";
  stage.metas[0].script = { "GET /meta/cdns": () => jsonResponse(200, { cdns: [{ ...node, created_at }] }) };
  assertEquals(await stage.ask("GET /origin/nodes"), [200, { nodes: [node] }]);
});

Deno.test("startOrigin() goes on to the next meta server, and says so when none answers", async () => {
  await using stage = await Stage.start();
  stage.metas[1].script = { "POST /meta/plan": planOf };
  const heal = stage.servers.faults.cut("10.0.0.2", "hang");
  assertEquals((await stage.ask("POST /origin/sync", { ...PLACE, FileList: FILES }))[0], 200);
  const tookMs = stage.clock.now();
  assertEquals((await stage.ask("POST /origin/sync", { ...PLACE, FileList: FILES }))[0], 200);
  assertEquals(stage.clock.now(), tookMs);
  stage.servers.faults.cut("10.0.0.3", "refused");
  assertEquals((await stage.ask("POST /origin/sync", { ...PLACE, FileList: FILES }))[0], 504);
  heal();
  stage.servers.faults.cut("10.0.0.2", "refused");
  const [status, reply] = await stage.ask("POST /origin/sync", { ...PLACE, FileList: FILES });
  assertEquals([status, reply], [503, { detail: "Cannot POST 10.0.0.2:8002/meta/plan: connection refused" }]);
  assertEquals(await stage.ask("GET /health"), [200, { status: "healthy" }]);
});

Deno.test("startOrigin() lists, purges and removes, and shows the token to those whom it asks", async () => {
  await using stage = await Stage.start();
  const tokens: unknown[] = [];
  const done =
    (headers: HttpResponse["headers"] = []) => (_: unknown, request: { headers: HttpResponse["headers"] }) => {
      tokens.push(new Map(request.headers).get("authorization"));
      const answer = jsonResponse(200, SUCCESS);
      return { ...answer, headers: [...answer.headers, ...headers] };
    };
  const files = [{ name: "a", hash: "h", timestamp: "t", created_at: "2026-01-31T12:00:00.000Z" }];
  stage.metas[0].script = {
    "GET /meta/files": () => jsonResponse(200, { files }),
    "POST /meta/purge": (body, request) => {
      return (body as { file_name?: string }).file_name === "none" ? jsonResponse(404, {}) : done()(body, request);
    },
  };
  assertEquals(await stage.ask("GET /origin/files"), [200, { files }]);
  assertEquals(await stage.ask("POST /origin/purge", { all: true }), [200, SUCCESS]);
  assertEquals((await stage.ask("POST /origin/purge", { file_name: "none" }))[0], 404);
  stage.store.script = { "DELETE /delete/a%20b/c": done([["x-published", "yes"]]) };
  assertEquals(await stage.ask("DELETE /origin/file", { file_name: "a b/c" }), [200, SUCCESS]);
  assertEquals(tokens, ["Bearer s3cret", "Bearer s3cret"]);
  for (const [what, body] of [["POST /origin/purge", { all: true }], ["DELETE /origin/file", { file_name: "a" }]]) {
    assertEquals((await stage.ask(what as string, body, { peer: OUTSIDE }))[0], 401);
  }
});

Deno.test("startOrigin() removes a file from the meta server too, if the store did not see to that", async () => {
  await using stage = await Stage.start();
  const remove = { file_name: "a" };
  assertEquals((await stage.ask("DELETE /origin/file", remove))[0], 404);
  stage.metas[0].script = { "DELETE /meta/delete": () => jsonResponse(200, SUCCESS) };
  assertEquals(await stage.ask("DELETE /origin/file", remove), [200, SUCCESS]);
  stage.store.script = { "DELETE /delete/a": () => jsonResponse(200, SUCCESS) };
  stage.metas[0].script = {};
  assertEquals(await stage.ask("DELETE /origin/file", remove), [200, SUCCESS]);
  stage.store.script = { "DELETE /delete/a": () => jsonResponse(503, { detail: "the disk is gone" }) };
  const [status, reply] = await stage.ask("DELETE /origin/file", remove);
  assertEquals([status, reply], [503, {
    detail: "Cannot DELETE 10.0.0.4:5050/delete/a: it answers 503: the disk is gone",
  }]);
});

Deno.test("startOrigin() does not start open to others without a token", async () => {
  const clock = new VirtualClock();
  const random = seededRandom(1);
  const net = new MemoryNetwork({ clock, random }).host("10.0.0.1");
  const open = { listen: { host: "0.0.0.0", port: 0 } };
  await assertRejects(() => startOrigin(virtualEnv({ clock, random, net }), open), RangeError, "there is no token");
  await (await startOrigin(virtualEnv({ clock, random, net }), { ...open, insecure: true })).stop();
});
