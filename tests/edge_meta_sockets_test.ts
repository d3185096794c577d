/**
 * Meta servers over real sockets: asked by curl as existing clients do it, and several on one PostgreSQL.
 */

import { assert, assertEquals } from "@std/assert";
import { formatAddress } from "../src/base/address.ts";
import type { Env } from "../src/env/env.ts";
import { createLog } from "../src/env/log.ts";
import { systemEnv } from "../src/env/runtime.ts";
import { systemClock } from "../src/base/clock.ts";
import type { HeartbeatReply, PublishReply } from "../src/protocol/edge_meta_json.ts";
import { type MetaRole, startMeta } from "../src/roles/edge/meta.ts";
import type { MetaCatalogue } from "../src/storage/meta_catalogue.ts";
import { openPostgresCatalogue } from "../src/storage/postgres_catalogue.ts";
import { openSqliteCatalogue } from "../src/storage/sqlite_catalogue.ts";
import { SHA_A, SHA_B, stored } from "./edge_meta_lab.ts";
import { testWith } from "./missing_programs.ts";
import { PrivatePostgres } from "./private_postgres.ts";
import { until } from "./until.ts";

const LISTEN = { host: "127.0.0.1", port: 0 };
const DEADLINE = { deadlineMs: 20_000 };
/** Short, so that a test need not wait for long. */
const LEASE_MS = 2_000;

function quietEnv(): Env {
  return systemEnv({ log: createLog({ clock: systemClock(), sink: () => {} }) });
}

/** A meta server on a database that others use, too. */
async function startShared(url: string): Promise<MetaRole> {
  const env = quietEnv();
  return await start(env, await openPostgresCatalogue(env, url));
}

async function start(env: Env, catalogue: MetaCatalogue): Promise<MetaRole> {
  return await startMeta(env, {
    listen: LISTEN,
    catalogue,
    leaseMs: LEASE_MS,
    timeoutMs: LEASE_MS,
    checkMs: 200,
  });
}

testWith(["curl"], "meta answers curl as the documented examples ask it", async () => {
  const folder = await Deno.makeTempDir({ prefix: "microcdn-meta-" });
  try {
    await using meta = await start(quietEnv(), await openSqliteCatalogue(`${folder}/meta.db`));
    const base = `http://localhost:${meta.addresses.http!.port}`;
    const json = ["-H", "Content-Type: application/json"];
    const register = '{"Type": 0, "IP": "localhost:4000", "Lat": 37.7749, "Lng": -122.4194}';
    const query = '{"file_name": "test.txt", "client_lat": 37.7749, "client_lng": -122.4194}';
    const update = '{"file_name": "test.txt", "file_hash": "abc", "timestamp": "2026-01-12", "cdn_id": 1}';
    const created = /"created_at":"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z"/g;
    const cases: [args: string[], expected: string][] = [
      [[`${base}/health`], '{"status":"healthy"} 200'],
      [[`${base}/meta/cdns`], '{"cdns":[]} 200'],
      [["-X", "POST", `${base}/meta/register`, ...json, "-d", register], '{"cdn_id":1} 200'],
      [["-X", "POST", `${base}/meta/register`, ...json, "-d", register], '{"cdn_id":1} 200'],
      [
        [`${base}/meta/cdns`],
        '{"cdns":[{"id":1,"address":"localhost:4000","lat":37.7749,"lng":-122.4194,CREATED}]} 200',
      ],
      [["-X", "POST", `${base}/meta/query`, "-d", query], '{"cdn_id":-1,"cdn_address":"127.0.0.1:5050"} 200'],
      [["-X", "POST", `${base}/meta/update`, ...json, "-d", update], '{"status":"success"} 200'],
      [["-X", "POST", `${base}/meta/query`, ...json, "-d", query], '{"cdn_id":1,"cdn_address":"localhost:4000"} 200'],
      [[`${base}/meta/files`], '{"files":[{"name":"test.txt","hash":"abc","timestamp":"2026-01-12",CREATED}]} 200'],
      [["-X", "DELETE", `${base}/meta/delete`, ...json, "-d", '{"file_name": "test.txt"}'], '{"status":"success"} 200'],
      [[`${base}/meta/files`], '{"files":[]} 200'],
      [[`${base}/nothing`], '{"detail":"Not Found"} 404'],
    ];
    for (const [args, expected] of cases) {
      const { success, stdout } = await new Deno.Command("curl", {
        args: ["-s", "--max-time", "20", "-w", " %{http_code}", ...args],
      }).output();
      assert(success);
      const said = new TextDecoder().decode(stdout).replace("\n ", " ").replace(created, "CREATED");
      assertEquals(said, expected, args.join(" "));
    }
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
});

/** A node over real sockets. */
class SocketNode implements AsyncDisposable {
  id = 0;
  isBroken = false;
  readonly told: string[] = [];
  readonly address: string;
  readonly #server: Deno.HttpServer;

  constructor() {
    const listener = Deno.listen({ hostname: "127.0.0.1", port: 0 });
    const { hostname, port } = listener.addr;
    listener.close();
    this.address = `${hostname}:${port}`;
    this.#server = Deno.serve({ hostname, port, onListen: () => {} }, ({ method, url }) => {
      if (method === "DELETE") this.told.push(new URL(url).pathname);
      return Response.json({}, { status: this.isBroken ? 500 : 200 });
    });
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#server.shutdown();
  }
}

async function ask<T>(meta: MetaRole, path: string, body: unknown): Promise<{ status: number; value: T }> {
  const answer = await fetch(`http://${formatAddress(meta.addresses.http!)}/meta/${path}`, {
    method: "POST",
    body: JSON.stringify(body),
  });
  return { status: answer.status, value: await answer.json() };
}

testWith([], "meta servers on one PostgreSQL know each other's nodes, files and leases", async () => {
  await using postgres = await PrivatePostgres.start();
  await using node = new SocketNode();
  const url = postgres.url(await postgres.createDatabase());
  await using a = await startShared(url);
  await using b = await startShared(url);
  const at = { client_lat: 1, client_lng: 1 };
  node.id = (await ask<{ cdn_id: number }>(a, "register", { IP: node.address, Lat: 1, Lng: 1 })).value.cdn_id;
  const beat = (meta: MetaRole, dropped: string[] = []): Promise<{ status: number; value: HeartbeatReply }> =>
    ask(meta, "heartbeat", { cdn_id: node.id, cdn_address: node.address, dropped });
  const publish = (meta: MetaRole, sha256: string, generation: number): Promise<{ status: number }> =>
    ask<PublishReply>(meta, "publish", { files: [stored("a", sha256, generation)] });
  const hold = async (meta: MetaRole, sha256: string, generation: number): Promise<unknown> =>
    (await ask<{ verdict: string }>(meta, "hold", { ...stored("a", sha256, generation), cdn_id: node.id })).value
      .verdict;
  const holderAt = async (meta: MetaRole): Promise<number> =>
    (await ask<{ cdn_id: number }>(meta, "query", { file_name: "a", ...at })).value.cdn_id;

  assertEquals((await beat(a)).value.lease_ms, LEASE_MS);
  await publish(b, SHA_A, 1);
  await until(async () => await hold(a, SHA_A, 1) === "current", DEADLINE);
  await until(async () => await holderAt(b) === node.id, DEADLINE);

  // It has its lease from the one, and the version changes at the other.
  await beat(a);
  await publish(b, SHA_B, 2);
  assertEquals(node.told, ["/cdn/cache/a"]);
  assertEquals(await hold(a, SHA_A, 1), "stale");
  assertEquals(await hold(a, SHA_B, 2), "current");

  // It does not drop its copy: the other waits until the lease is over.
  node.isBroken = true;
  await beat(a);
  const startMs = performance.now();
  assertEquals((await publish(b, SHA_A, 3)).status, 200);
  assert(performance.now() - startMs >= LEASE_MS);
  assertEquals((await beat(a)).value.stale, ["a"]);
  assertEquals((await beat(a, ["a"])).value.stale, []);
  node.isBroken = false;
  assertEquals(await hold(b, SHA_A, 3), "current");

  // Without the database both answer from memory, give no lease, and change nothing.
  await postgres.kill();
  await until(async () => (await beat(a)).value.lease_ms === 0, DEADLINE);
  assertEquals([await holderAt(a), await holderAt(b)], [node.id, node.id]);
  assertEquals((await publish(b, SHA_B, 4)).status, 503);
  await postgres.restart();
  await until(async () => (await beat(b)).value.lease_ms === LEASE_MS, DEADLINE);
  await until(async () => (await publish(a, SHA_B, 4)).status === 200, DEADLINE);
  await until(async () => await hold(b, SHA_B, 4) === "current", DEADLINE);
});
