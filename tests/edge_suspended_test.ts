/**
 * A node as a process that is stopped for longer than its lease, in the middle of an answer, and goes on.
 */

import { assert, assertEquals } from "@std/assert";
import { shaOf } from "./download_lab.ts";
import { EdgeProcessCluster } from "./edge_process_cluster.ts";

/** Large enough not to be on its way when the node stops. */
const SIZE_BYTES = 32 * 1_048_576;

async function post(cluster: EdgeProcessCluster, name: string, body: string | Uint8Array<ArrayBuffer>): Promise<void> {
  const answer = await fetch(`${cluster.url("store")}/post/${name}`, { method: "POST", body });
  assertEquals([answer.status, answer.headers.get("x-published")], [200, "yes"]);
  await answer.body?.cancel();
}

/** Reads a body to its end; `undefined` if it breaks off. */
async function rest(reader: ReadableStreamDefaultReader<Uint8Array>): Promise<Uint8Array[] | undefined> {
  const pieces: Uint8Array[] = [];
  try {
    for (;;) {
      const { done, value } = await reader.read();
      if (done) return pieces;
      pieces.push(value);
    }
  } catch {
    return undefined;
  }
}

Deno.test("edge: a node that was stopped for longer than its lease serves nothing old when it goes on", async () => {
  await using cluster = await EdgeProcessCluster.create();
  await cluster.startAll("SF");
  const large = new Uint8Array(SIZE_BYTES).map((_, at) => at * 31 >> 3);
  await post(cluster, "small", "one");
  await post(cluster, "large", large);
  await cluster.eventually("the copies are on record", async () => {
    const seen = [await cluster.fetchFrom("SF", "small"), await cluster.fetchFrom("SF", "large")];
    return seen.every(({ cache }) => cache.startsWith("HIT"));
  });
  const half = await fetch(`${cluster.url("SF")}/cdn/cache/large`);
  const reader = half.body!.getReader();
  const first = (await reader.read()).value!;
  const node = cluster.process("SF");
  node.signal("SIGSTOP");
  // Both are answered when the lease of the node is over.
  await Promise.all([post(cluster, "small", "two"), post(cluster, "large", "other")]);
  const asked = Promise.all([cluster.fetchFrom("SF", "small"), cluster.fetchFrom("SF", "large")]);
  node.signal("SIGCONT");
  assertEquals((await asked).map(({ status, text }) => [status, text]), [[200, "two"], [200, "other"]]);
  // Who began before got what there was then, or knows that he did not.
  const pieces = await rest(reader);
  if (pieces !== undefined) {
    const whole = new Uint8Array(await new Blob([first, ...pieces] as Uint8Array<ArrayBuffer>[]).arrayBuffer());
    assertEquals(shaOf(whole), shaOf(large));
  }
  await cluster.eventually("the new copies are on record", async () => {
    const { cache, text } = await cluster.fetchFrom("SF", "small");
    assertEquals(text, "two");
    return cache.startsWith("HIT");
  });
  assert(cluster.process("SF") === node);
});
