import { assertEquals, assertRejects, assertThrows } from "@std/assert";
import { DeadlineError } from "../base/deadline.ts";
import { VirtualClock } from "../base/virtual_clock.ts";
import { MemoryHttpServers } from "../net/memory_http.ts";
import { NetError } from "../net/net_error.ts";
import { queryReply } from "../protocol/edge_json.ts";
import { type HttpRequest, type HttpResponse, jsonResponse, textResponse } from "../protocol/http.ts";
import { askJson, type AskJsonEnv, JsonPeers } from "./ask_json.ts";
import { UpstreamError } from "./upstream_error.ts";

const AT = { host: "10.0.0.1", port: 8002 };
const QUESTION = { method: "POST", target: "/meta/query", body: { file_name: "a" }, reply: queryReply };
const REPLY = { cdn_id: 1, cdn_address: "a:1" };

interface Stage {
  readonly env: AskJsonEnv & { readonly clock: VirtualClock };
  readonly servers: MemoryHttpServers;
  readonly seen: HttpRequest[];
}

/** Servers at `10.0.0.1`, `10.0.0.2`, ... that answer so. */
async function stage(...answers: (HttpResponse | undefined)[]): Promise<Stage> {
  const servers = new MemoryHttpServers();
  const seen: HttpRequest[] = [];
  for (const [at, answer] of answers.entries()) {
    await servers.serve({ host: `10.0.0.${at + 1}`, port: 8002 }, (request) => {
      seen.push(request);
      return answer === undefined ? new Promise(() => {}) : Promise.resolve(answer);
    });
  }
  return { env: { clock: new VirtualClock(), httpClient: servers.client("10.0.0.9") }, servers, seen };
}

Deno.test("askJson() sends JSON and the token, and returns the reply", async () => {
  const { env, seen } = await stage(jsonResponse(200, { ...REPLY, more: true }));
  assertEquals(await askJson(env, AT, QUESTION, { token: "s3cret" }), REPLY);
  const headers = new Map(seen[0]!.headers);
  assertEquals([headers.get("authorization"), headers.get("content-type")], ["Bearer s3cret", "application/json"]);
});

Deno.test("askJson() says what the other side answers, and does not take any answer", async () => {
  const cases: (readonly [HttpResponse, status: number, message: string])[] = [
    [jsonResponse(404, { detail: "No such file" }), 404, "it answers 404: No such file"],
    [jsonResponse(422, { detail: [{ loc: ["body"] }] }), 422, 'it answers 422: [{"loc":["body"]}]'],
    [textResponse(502, "<html>"), 502, "it answers 502: without a reason"],
    [textResponse(302, ""), 302, "it answers 302"],
    [textResponse(200, "hello"), 0, "the answer is not what it should be"],
    [jsonResponse(200, {}), 0, "the answer is not what it should be"],
    [textResponse(200, " ".repeat(2_000)), 0, "the answer has over 1000 bytes"],
  ];
  for (const [answer, status, message] of cases) {
    const { env } = await stage(answer);
    const error = await assertRejects(() => askJson(env, AT, QUESTION, { limitBytes: 1_000 }), UpstreamError, message);
    assertEquals(error.status, status);
  }
});

Deno.test("askJson() waits no longer than it may", async () => {
  const { env } = await stage(undefined);
  const asked = assertRejects(() => askJson(env, AT, QUESTION, { deadlineMs: 100 }), DeadlineError);
  await env.clock.until(asked);
  assertEquals(env.clock.now(), 100);
});

Deno.test("JsonPeers.ask() goes on to the next server, and stays with the one that answers", async () => {
  const { env, servers, seen } = await stage(jsonResponse(503, {}), undefined, jsonResponse(200, REPLY));
  const addresses = ["10.0.0.8", "10.0.0.1", "10.0.0.2", "10.0.0.3"].map((host) => ({ host, port: 8002 }));
  const peers = new JsonPeers(env, addresses, { deadlineMs: 100 });
  assertEquals(await env.clock.until(peers.ask(QUESTION)), REPLY);
  assertEquals(seen.length, 3);
  assertEquals(await peers.ask(QUESTION), REPLY);
  assertEquals(seen.length, 4);
  servers.faults.cut("10.0.0.9", "unreachable");
  await env.clock.until(assertRejects(() => peers.ask(QUESTION), NetError, "no route"));
  assertThrows(() => new JsonPeers(env, []), RangeError);
});

Deno.test("JsonPeers.ask() takes a refusal as the answer that it is", async () => {
  const { env, seen } = await stage(jsonResponse(404, { detail: "No such file" }), jsonResponse(200, REPLY));
  const peers = new JsonPeers(env, [AT, { ...AT, host: "10.0.0.2" }]);
  await assertRejects(() => peers.ask(QUESTION), UpstreamError, "No such file");
  assertEquals(seen.length, 1);
  const reason = new Error("stopped");
  await assertRejects(() => peers.ask(QUESTION, { signal: AbortSignal.abort(reason) }), Error, "stopped");
});
