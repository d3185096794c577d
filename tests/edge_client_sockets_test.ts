/**
 * The client and the whole edge family over real sockets and on a real disk.
 */

import { assert, assertEquals } from "@std/assert";
import type { Address } from "../src/base/address.ts";
import { systemClock } from "../src/base/clock.ts";
import { createLog } from "../src/env/log.ts";
import { systemEnv } from "../src/env/runtime.ts";
import { getEdgeFile, syncFolder } from "../src/roles/edge/client.ts";
import { startMeta } from "../src/roles/edge/meta.ts";
import { startNode } from "../src/roles/edge/node.ts";
import { startOrigin } from "../src/roles/edge/origin.ts";
import { startStore } from "../src/roles/edge/store.ts";
import { DiskLayer } from "../src/storage/disk_layer.ts";
import { openFolderObjects } from "../src/storage/folder_objects.ts";
import { MemoryCatalogue } from "../src/storage/memory_catalogue.ts";
import { MemoryLayer } from "../src/storage/memory_layer.ts";
import { TieredCache } from "../src/storage/tiered_cache.ts";
import { PortClaims } from "./port_claims.ts";

const ANY: Address = { host: "127.0.0.1", port: 0 };
const PLACE = { lat: 1, lng: 1 };

Deno.test("the edge family brings a folder in and gives it out over real sockets, and survives its node", async () => {
  const folder = await Deno.makeTempDir({ prefix: "microcdn-edge-" });
  const env = systemEnv({ log: createLog({ clock: systemClock(), sink: () => {} }) });
  // Meta server and store must know each other before either starts.
  const claims = new PortClaims();
  const storeAt = { host: "127.0.0.1", port: claims.port("store") };
  const meta = await startMeta(env, {
    listen: ANY,
    catalogue: new MemoryCatalogue(),
    store: storeAt,
    storePlace: { lat: 50, lng: 50 },
  });
  const metaAt = [meta.addresses.http!];
  const objects = await openFolderObjects(env, `${folder}/objects`);
  const store = await startStore(env, { listen: storeAt, objects, meta: metaAt });
  const cache = new TieredCache(
    env,
    new MemoryLayer(env),
    await DiskLayer.open(env, { folder: `${folder}/cache` }),
  );
  const node = await startNode(env, { listen: ANY, place: PLACE, meta: metaAt, store: [storeAt], cache });
  const origin = await startOrigin(env, { listen: ANY, meta: metaAt, store: storeAt });
  try {
    const content = new Map([["empty", 0], ["Größe 50%?#.bin", 3], ["sub/large", 5_000_000]]);
    await Deno.mkdir(`${folder}/site/sub`, { recursive: true });
    for (const [name, size] of content) {
      await Deno.writeFile(`${folder}/site/${name}`, Uint8Array.from({ length: size }, (_, at) => at * 7 + (at >> 8)));
    }
    const asked = { origin: [origin.addresses.http!], place: PLACE };
    const first = await syncFolder(env, { folder: `${folder}/site`, ...asked });
    assertEquals([first.uploaded, first.failed], [3, 0], JSON.stringify(first));
    assertEquals((await syncFolder(env, { folder: `${folder}/site`, ...asked })).unchanged, 3);
    const get = async (name: string): Promise<string> => {
      const { server, isVerified } = await getEdgeFile(env, {
        name,
        to: { kind: "file", path: `${folder}/got` },
        ...asked,
      });
      assert(isVerified);
      assertEquals(await Deno.readFile(`${folder}/got`), await Deno.readFile(`${folder}/site/${name}`));
      return server;
    };
    const { port } = node.addresses.http!;
    for (const name of content.keys()) assertEquals(await get(name), `127.0.0.1:${port}`);
    await node.stop();
    for (const name of content.keys()) assertEquals(await get(name), `127.0.0.1:${storeAt.port}`);
  } finally {
    for (const role of [node, origin, store, meta]) await role.stop();
    claims.release();
    await Deno.remove(folder, { recursive: true });
  }
});
