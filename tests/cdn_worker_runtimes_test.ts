/**
 * A content server with workers on the runtimes that the bundle is for: it works, or says in a line why not.
 */

import { assertEquals, assertMatch } from "@std/assert";
import { ProcessCluster } from "./process_cluster.ts";
import type { ProgramProcess } from "./program_process.ts";
import { RUNTIMES, withBundle } from "./real_runtime.ts";
import { say } from "./socket_cluster.ts";

/** So many that chance gives them all to one of two processes once in 2^39 runs. */
const QUESTIONS = 40;

for (const runtime of RUNTIMES) {
  Deno.test(`processes: workers on real ${runtime} serve, and end when the server is killed`, async (t) => {
    await withBundle(t, runtime, "src/cli/main.ts", async (bundle, folder) => {
      await Deno.writeTextFile(`${folder}/small`, "small\n");
      await using cluster = await ProcessCluster.create();
      const ports = ["--tcp-port", String(cluster.address("CS1").port), "--udp-port", "0"];
      const content = ["content", "--workers", "2", "--files", folder, ...ports, "--log", "json", "-v"];
      const server = cluster.run({ name: "content", command: [runtime, bundle, ...content] });
      await cluster.eventually("it has started or ended", () => server.hasEnded || server.seen("ready").length > 0);
      if (server.hasEnded) return await assertRefused(server);
      for (let at = 0; at < QUESTIONS; at++) {
        assertEquals(await say(cluster.address("CS1"), "GET small\n"), "OK 6\nsmall\n");
      }
      assertEquals(new Set(server.seen("sending").map(({ source }) => source)).size, 2);
      await server.kill();
      await cluster.eventually("the port is free", () => isFree(cluster.address("CS1").port));
    });
  });
}

async function assertRefused(server: ProgramProcess): Promise<void> {
  assertEquals((await server.ended).code, 3, server.tail);
  assertMatch(server.errors[0]!, /^Cannot share .+: (Node 2[0-3]\.[\d.]+ cannot|only Linux) .+; --workers needs that$/);
}

function isFree(port: number): boolean {
  try {
    Deno.listen({ hostname: "127.0.0.1", port }).close();
    return true;
  } catch (error) {
    if (error instanceof Deno.errors.AddrInUse) return false;
    throw error;
  }
}
