/**
 * Real roles of the edge family on real engines that go away and come back: requests are answered from what is left, or
 * refused with a reason; nothing that was acknowledged is lost; and nobody has to start anything anew.
 */

import { assert, assertEquals } from "@std/assert";
import type { Address } from "../src/base/address.ts";
import { systemClock } from "../src/base/clock.ts";
import { createLog } from "../src/env/log.ts";
import { systemEnv } from "../src/env/runtime.ts";
import { readBody } from "../src/net/memory_http.ts";
import { fieldOf } from "../src/protocol/http_fields.ts";
import { startMeta } from "../src/roles/edge/meta.ts";
import { startNode } from "../src/roles/edge/node.ts";
import { startStore } from "../src/roles/edge/store.ts";
import type { Role } from "../src/services/role.ts";
import type { CacheLayer } from "../src/storage/cache_layer.ts";
import { openFolderObjects } from "../src/storage/folder_objects.ts";
import { MemoryCatalogue } from "../src/storage/memory_catalogue.ts";
import { MemoryLayer } from "../src/storage/memory_layer.ts";
import type { MetaCatalogue } from "../src/storage/meta_catalogue.ts";
import type { Objects } from "../src/storage/objects.ts";
import { openPostgresCatalogue } from "../src/storage/postgres_catalogue.ts";
import { RedisLayer } from "../src/storage/redis_layer.ts";
import { readS3Address } from "../src/storage/s3_address.ts";
import { openS3Objects } from "../src/storage/s3_objects.ts";
import { TieredCache } from "../src/storage/tiered_cache.ts";
import { testWith } from "./missing_programs.ts";
import { PrivatePostgres } from "./private_postgres.ts";
import { PrivateRedis, REDIS_SERVER } from "./redis_server.ts";
import { CREDENTIALS, SWIFT_PROGRAMS, SwiftServer } from "./swift_server.ts";
import { withFolder } from "./temporary_folder.ts";
import { until } from "./until.ts";

const ANY_PORT: Address = { host: "127.0.0.1", port: 0 };
const DEADLINE = { deadlineMs: 40_000 };

/** What the roles stand on; what is missing is embedded. */
interface Engines {
  readonly catalogues?: readonly MetaCatalogue[];
  readonly objects?: Objects;
  readonly below?: CacheLayer;
}

const env = systemEnv({ log: createLog({ clock: systemClock(), sink: () => {} }) });

/** Meta servers, a store and a node on this machine. */
class Family implements AsyncDisposable {
  readonly #roles: Role[] = [];
  readonly metas: Address[] = [];
  store!: Address;
  node!: Address;

  static async start(folder: string, engines: Engines): Promise<Family> {
    const family = new Family();
    for (const catalogue of engines.catalogues ?? [new MemoryCatalogue()]) {
      family.metas.push(family.#add(await startMeta(env, { listen: ANY_PORT, catalogue })));
    }
    const { metas: meta } = family;
    const objects = engines.objects ?? await openFolderObjects(env, folder);
    family.store = family.#add(await startStore(env, { listen: ANY_PORT, objects, meta }));
    const memory = new MemoryLayer(env);
    const cache = engines.below === undefined ? memory : new TieredCache(env, memory, engines.below);
    const place = { lat: 0, lng: 0 };
    family.node = family.#add(await startNode(env, { listen: ANY_PORT, place, meta, store: [family.store], cache }));
    await until(async () => (await family.write("first", "0")).endsWith("yes"), DEADLINE);
    return family;
  }

  /** `200 HIT memory: text`. */
  async read(name: string): Promise<string> {
    const { status, cache, text } = await this.ask(this.node, "GET", `/cdn/cache/${name}`);
    return `${status} ${cache}: ${text}`;
  }

  /** Writes into the store: `200 yes`. */
  async write(name: string, text: string): Promise<string> {
    const { status, published } = await this.ask(this.store, "POST", `/post/${name}`, text);
    return `${status} ${published}`;
  }

  async ask(
    to: Address,
    method: string,
    target: string,
    text?: string,
  ): Promise<{ status: number; text: string; cache: string | undefined; published: string | undefined }> {
    const body = text === undefined ? {} : { body: new TextEncoder().encode(text) };
    const answer = await env.httpClient.ask(to, { method, target, ...body });
    const bytes = await readBody(answer);
    const field = (name: string): string | undefined => fieldOf(answer.headers, name);
    const retry = answer.status !== 503 || field("retry-after") !== undefined;
    assert(retry, "503 says when to ask again");
    return {
      status: answer.status,
      text: new TextDecoder().decode(bytes),
      cache: field("x-cache"),
      published: field("x-published"),
    };
  }

  #add(role: Role): Address {
    this.#roles.unshift(role);
    return role.addresses.http!;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    for (const role of this.#roles) await role.stop();
  }
}

function isRefusal({ status, text }: { status: number; text: string }): boolean {
  return [502, 503, 504].includes(status) && JSON.parse(text).detail.length > 0;
}

Deno.test("edge: PostgreSQL is killed under two meta servers, and comes back", () =>
  withFolder(async (folder) => {
    await using postgres = await PrivatePostgres.start();
    const url = postgres.url(await postgres.createDatabase());
    const options = { changeMs: 2_000, connectMs: 1_000 };
    const catalogues = [await openPostgresCatalogue(env, url, options), await openPostgresCatalogue(env, url, options)];
    await using family = await Family.start(folder, { catalogues });
    assertEquals(await family.write("a", "one"), "200 yes");
    assertEquals(await family.read("a"), "200 MISS: one");
    await until(async () => await family.read("a") === "200 HIT memory: one", DEADLINE);
    await postgres.kill();
    // Nobody can change what is known, and everybody reads it.
    for (const meta of family.metas) {
      const query = JSON.stringify({ file_name: "a", client_lat: 0, client_lng: 0 });
      assertEquals((await family.ask(meta, "POST", "/meta/query", query)).status, 200);
      assertEquals((await family.ask(meta, "GET", "/health")).status, 200);
      const update = JSON.stringify({ file_name: "a", file_hash: "x", timestamp: "", cdn_id: -1 });
      assert(isRefusal(await family.ask(meta, "POST", "/meta/update", update)));
    }
    assertEquals(await family.write("a", "two"), "200 later");
    // Without a lease the node asks the store, which has it.
    await until(async () => (await family.read("a")).endsWith(": two"), DEADLINE);
    assertEquals(await family.write("b", "new"), "200 later");
    assertEquals(await family.read("b"), "200 MISS: new");
    const put = await family.ask(family.node, "PUT", "/cdn/cache/c", "put");
    assertEquals([put.status, put.published], [503, "later"]);
    await postgres.restart();
    await until(async () => await family.read("a") === "200 HIT memory: two", DEADLINE);
    // What could not be published then is by now, at both.
    for (const meta of family.metas) {
      await until(async () => {
        const { text } = await family.ask(meta, "GET", "/meta/files");
        const names = JSON.parse(text).files.map(({ name }: { name: string }) => name);
        return JSON.stringify(names) === '["a","b","c","first"]';
      }, DEADLINE);
    }
    await until(async () => await family.write("a", "three") === "200 yes", DEADLINE);
    assert((await family.read("a")).endsWith(": three"));
  }));

testWith([REDIS_SERVER], "edge: Redis is killed under a node, and comes back", () =>
  withFolder(async (folder) => {
    await using redis = await PrivateRedis.start();
    const below = new RedisLayer(env, { address: redis.address, prefix: "test:" });
    await using family = await Family.start(folder, { below });
    await until(() => below.failure === undefined, DEADLINE);
    // Too large for the memory, which takes no more than a quarter of itself.
    const large = "x".repeat(3_000_000);
    for (const [name, text] of [["small", "one"], ["large", large]] as const) {
      assertEquals(await family.write(name, text), "200 yes");
      assertEquals(await family.read(name), `200 MISS: ${text}`);
    }
    await until(async () => await family.read("large") === `200 HIT redis: ${large}`, DEADLINE);
    await redis.kill();
    assertEquals(await family.read("small"), "200 HIT memory: one");
    assertEquals(await family.read("large"), `200 MISS: ${large}`);
    assertEquals(await family.write("large", `${large}2`), "200 yes");
    assertEquals(await family.read("large"), `200 MISS: ${large}2`);
    assertEquals((await family.ask(family.node, "GET", "/health")).status, 200);
    await redis.start();
    await until(async () => await family.read("large") === `200 HIT redis: ${large}2`, DEADLINE);
    // One that hangs costs nobody more than a moment.
    redis.signal("SIGSTOP");
    const startMs = performance.now();
    assert((await family.read("large")).endsWith(`: ${large}2`));
    assertEquals(await family.write("large", "short"), "200 yes");
    assert((await family.read("large")).endsWith(": short"));
    assert(performance.now() - startMs < 15_000, `${performance.now() - startMs} ms`);
    redis.signal("SIGCONT");
    await until(() => below.failure === undefined, DEADLINE);
    assert((await family.read("large")).endsWith(": short"));
  }));

testWith(
  SWIFT_PROGRAMS,
  "edge: the S3 store is killed under a store, and comes back",
  () =>
    withFolder(async (folder) => {
      await using swift = await SwiftServer.start();
      const variables: Readonly<Record<string, string>> = {
        MINIO_ENDPOINT: swift.endpoint.replace("http://", ""),
        MINIO_ACCESS_KEY: CREDENTIALS.accessKey,
        MINIO_SECRET_KEY: CREDENTIALS.secretKey,
      };
      const objects = await openS3Objects(env, readS3Address("s3://bucket/outage", (name) => variables[name]), {});
      await using family = await Family.start(folder, { objects });
      assertEquals(await family.write("a", "one"), "200 yes");
      assertEquals(await family.read("a"), "200 MISS: one");
      await until(async () => await family.read("a") === "200 HIT memory: one", DEADLINE);
      assertEquals(await family.write("b", "only there"), "200 yes");
      await swift.stop();
      assertEquals(await family.read("a"), "200 HIT memory: one");
      assert(isRefusal(await family.ask(family.node, "GET", "/cdn/cache/b")));
      assert(isRefusal(await family.ask(family.store, "GET", "/get/a")));
      assert(isRefusal(await family.ask(family.store, "POST", "/post/a", "two")));
      assert(isRefusal(await family.ask(family.node, "PUT", "/cdn/cache/a", "two")));
      assert(isRefusal(await family.ask(family.store, "DELETE", "/delete/a")));
      assertEquals((await family.ask(family.store, "GET", "/health")).status, 503);
      await swift.start();
      await until(async () => await family.read("b") === "200 MISS: only there", DEADLINE);
      assert((await family.read("a")).endsWith(": one"), "what was refused was not done");
      await until(async () => await family.write("a", "three") === "200 yes", DEADLINE);
      assert((await family.read("a")).endsWith(": three"));
    }),
);
