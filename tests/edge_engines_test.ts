/**
 * The edge family on PostgreSQL, Redis and an S3 store, named by the documented variables alone.
 */

import { assert, assertMatch } from "@std/assert";
import { EdgeProcessCluster } from "./edge_process_cluster.ts";
import { assertEdgeCluster } from "./edge_process_story.ts";
import { build, type EdgeRole, fromBundle, fromSource, type Launcher } from "./launchers.ts";
import { testWith } from "./missing_programs.ts";
import { PrivatePostgres } from "./private_postgres.ts";
import { PrivateRedis, REDIS_SERVER } from "./redis_server.ts";
import { CREDENTIALS, SWIFT_PROGRAMS, SwiftServer } from "./swift_server.ts";

async function assertOnEngines(launch: Launcher<EdgeRole>): Promise<void> {
  await using postgres = await PrivatePostgres.start();
  await using redis = await PrivateRedis.start();
  await using swift = await SwiftServer.start();
  const database = await postgres.createDatabase();
  const variables = {
    DATABASE_URL: postgres.url(database),
    REDIS_HOST: "127.0.0.1",
    REDIS_PORT: String(redis.address.port),
    MINIO_ENDPOINT: swift.endpoint,
    MINIO_ACCESS_KEY: CREDENTIALS.accessKey,
    MINIO_SECRET_KEY: CREDENTIALS.secretKey,
  };
  await using cluster = await EdgeProcessCluster.create({ launch, variables });
  await assertEdgeCluster(cluster, { hasCopiesAtOnce: false });
  assertMatch(await postgres.sql("SELECT count(*) FROM cdn_nodes", database), /^2\b/);
  const [keys] = await redis.ask([["DBSIZE"]]);
  assert(Number(keys) > 0, "nothing is in Redis");
}

testWith(
  [REDIS_SERVER, ...SWIFT_PROGRAMS],
  "edge engines: all of it holds on PostgreSQL, Redis and S3, from source",
  async () => await assertOnEngines(fromSource),
);

testWith(
  [REDIS_SERVER, ...SWIFT_PROGRAMS, "node"],
  "edge engines: all of it holds on PostgreSQL, Redis and S3, in a bundle on Node",
  async () => {
    await using built = await build("bundle");
    await assertOnEngines(fromBundle("node", built.folder));
  },
);
