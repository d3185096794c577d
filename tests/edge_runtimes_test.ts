/**
 * The edge family on other runtimes, as compiled programs, and with each role on another runtime than the others.
 */

import { EdgeProcessCluster } from "./edge_process_cluster.ts";
import { assertEdgeCluster } from "./edge_process_story.ts";
import { build, type EdgeRole, fromBundle, fromPrograms, fromSource, type Launcher } from "./launchers.ts";
import { testWith } from "./missing_programs.ts";

/** Node 20 has no SQLite. */
const CATALOGUES: Readonly<Record<string, string | undefined>> = { node: "memory" };

/** Which role runs on what: each on each runtime once, and the client beside none of its like. */
const MIXES: ReadonlyArray<Readonly<Record<EdgeRole, "node" | "bun" | "deno">>> = [
  { "edge-meta": "deno", "edge-origin": "node", "edge-store": "bun", "edge-node": "deno", "edge-client": "node" },
  { "edge-meta": "bun", "edge-origin": "deno", "edge-store": "node", "edge-node": "bun", "edge-client": "deno" },
  { "edge-meta": "node", "edge-origin": "bun", "edge-store": "deno", "edge-node": "node", "edge-client": "bun" },
];

async function assertLaunched(launch: Launcher<EdgeRole>, catalogue: string | undefined): Promise<void> {
  await using cluster = await EdgeProcessCluster.create({ launch, ...catalogue === undefined ? {} : { catalogue } });
  await assertEdgeCluster(cluster);
}

for (const runtime of ["node", "bun"]) {
  testWith([runtime], `edge processes: all of it holds in a bundle on ${runtime}`, async () => {
    await using built = await build("bundle");
    await assertLaunched(fromBundle(runtime, built.folder), CATALOGUES[runtime]);
  });
}

testWith(["bun"], "edge processes: all of it holds with the programs that Bun makes", async () => {
  const names = ["edge-meta", "edge-origin", "edge-store", "edge-node", "edge-client"];
  await using built = await build("compile", ...names, "--with", "bun");
  await assertLaunched(fromPrograms(built.folder), undefined);
});

for (const mix of MIXES) {
  const told = Object.entries(mix).map(([role, runtime]) => `${role.replace("edge-", "")} on ${runtime}`).join(", ");
  testWith(["node", "bun"], `edge processes: all of it holds with ${told}`, async () => {
    await using built = await build("bundle");
    const launch: Launcher<EdgeRole> = (role) => (
      mix[role] === "deno" ? fromSource(role) : fromBundle(mix[role], built.folder)(role)
    );
    await assertLaunched(launch, CATALOGUES[mix["edge-meta"]]);
  });
}
