/**
 * What has to hold of a cluster of the `edge` family, whatever its roles run on.
 *
 * @module
 */

import { assertEquals, assertMatch } from "@std/assert";
import { someBytes } from "./download_lab.ts";
import type { EdgeProcessCluster } from "./edge_process_cluster.ts";

const NAMES = ["plain.txt", "empty", "sub/Gr\u00f6\u00dfe 1 50%?#.bin"] as const;
const BIG = someBytes(3_000_000);

/** Options of {@link assertEdgeCluster}. */
export interface EdgeStoryOptions {
  /** Whether a node that starts again has its copies at once. Default: true. One in Redis looks through them first. */
  readonly hasCopiesAtOnce?: boolean;
}

/** Starts a cluster, and takes files through it: sync, cold, warm, update, kill -9, purge, removal, stop. */
export async function assertEdgeCluster(
  cluster: EdgeProcessCluster,
  { hasCopiesAtOnce = true }: EdgeStoryOptions = {},
): Promise<void> {
  const run = async (...args: readonly string[]): Promise<string> => {
    const { code, output, process } = await cluster.client(...args);
    assertEquals(code, 0, process.tail);
    return output;
  };
  await cluster.startAll("SF", "NY");
  const nodes = (await run("nodes")).trimEnd().split("\n").map((line) => line.split("\t"));
  assertEquals(
    nodes.map(([, address, , , status]) => `${address} ${status}`).sort(),
    [
      `${cluster.address("NY")} alive`,
      `${cluster.address("SF")} alive`,
    ].sort(),
  );
  const folder = await cluster.write("site", { [NAMES[0]]: "one\r\n", [NAMES[1]]: "", [NAMES[2]]: BIG });
  assertEquals(JSON.parse(await run("sync", folder, "--json")).uploaded, 3);
  assertEquals(JSON.parse(await run("sync", folder, "--json")).uploaded, 0);

  for (const [at, name] of NAMES.entries()) {
    const path = `${cluster.folder}/got${at}`;
    await run("get", name, "--out", path);
    assertEquals(await Deno.readFile(path), await Deno.readFile(`${folder}/${name}`));
  }
  const ask = (): ReturnType<EdgeProcessCluster["fetchFrom"]> => cluster.fetchFrom("NY", NAMES[0]);
  // What came is kept a moment after it was handed out.
  const isKept = async (): Promise<boolean> => (await ask()).cache.startsWith("HIT ");
  assertEquals(await ask(), { status: 200, cache: "MISS", text: "one\r\n" });
  await cluster.eventually("NY keeps it", isKept);

  await cluster.write("site", { [NAMES[0]]: "two" });
  assertEquals(JSON.parse(await run("sync", folder, "--json")).uploaded, 1);
  assertEquals((await ask()).text, "two");
  await cluster.eventually("NY keeps the new bytes", isKept);
  if (hasCopiesAtOnce) await cluster.eventually("they are on its disk", () => cluster.hasOnDisk("NY", NAMES[0], "two"));

  await cluster.process("NY").kill();
  const path = `${cluster.folder}/after`;
  await run("get", NAMES[0], "--out", path);
  assertEquals(await Deno.readTextFile(path), "two");
  await cluster.start("NY");
  const { cache, text } = await ask();
  assertEquals(text, "two");
  if (hasCopiesAtOnce) assertMatch(cache, /^(HIT|REVALIDATED) /);

  await run("purge", NAMES[0]);
  assertEquals((await ask()).cache, "MISS");
  await run("rm", NAMES[0]);
  assertEquals((await ask()).status, 404);
  assertEquals((await run("ls")).includes(NAMES[0]), false);
  for (const name of ["SF", "NY", "origin", "store", "meta"] as const) await cluster.stop(name);
}
