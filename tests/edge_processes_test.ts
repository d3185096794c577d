/**
 * The edge family as processes: from source, each role with no permissions but its own.
 */

import { assert, assertEquals, assertMatch, assertStringIncludes } from "@std/assert";
import { EdgeProcessCluster } from "./edge_process_cluster.ts";
import { assertEdgeCluster } from "./edge_process_story.ts";

Deno.test("edge processes: a folder is synced, changed and purged, and what a node has survives kill -9", async () => {
  await using cluster = await EdgeProcessCluster.create();
  await assertEdgeCluster(cluster);
});

Deno.test("edge processes: a client says in one line what is wrong, and by its exit code", async () => {
  await using cluster = await EdgeProcessCluster.create();
  await cluster.startAll("SF");
  const missing = await cluster.client("get", "missing.txt");
  assertEquals(missing.code, 1, missing.process.tail);
  assertStringIncludes(missing.process.errors.join("\n"), "missing.txt");
  const folder = await cluster.write("site", { "good.txt": "good", "also/good.txt": "good too" });
  await Deno.symlink("/dev/null", `${folder}/link`);
  await Deno.writeTextFile(`${folder}/unreadable`, "x", { mode: 0o000 });
  const sync = await cluster.client("sync", folder);
  // Whoever is root reads it all the same.
  assert([0, 5].includes(sync.code), sync.process.tail);
  const list = await cluster.client("ls");
  assertMatch(list.output, /\balso\/good\.txt\n/);
  assertMatch(list.output, /\bgood\.txt\n/);
  assertEquals(list.output.includes("link"), false);
  await cluster.stop("origin");
  const away = await cluster.client("get", "good.txt");
  assertEquals(away.code, 3);
  assertMatch(away.process.errors.join("\n"), /^Cannot .*connection refused/);
});
