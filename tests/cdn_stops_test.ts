/**
 * The `cdn` family as real processes: roles that are asked to stop.
 */

import { assertEquals, assertLess } from "@std/assert";
import { someBytes } from "./download_lab.ts";
import { ProcessCluster } from "./process_cluster.ts";

/** How long the roles wait for connections that do not end by themselves. */
const DRAIN_S = "0.5";
/** That, and time to notice on a busy machine; far less than the idle time-out, after which they would end anyway. */
const STOP_MS = 5_000;

for (const signal of ["SIGTERM", "SIGINT"] as const) {
  Deno.test(`processes: ${signal} ends every role in order, whoever is still connected`, async () => {
    await using cluster = await ProcessCluster.create();
    await cluster.put(["CS1"], "big", someBytes(20_000_000));
    const roles = await Promise.all([
      cluster.startMonitor("--drain", DRAIN_S),
      cluster.startIndex("--drain", DRAIN_S),
      cluster.startContent("CS1", "--drain", DRAIN_S),
    ]);
    await cluster.process("CS1").see("registered");
    // One that says nothing at each role, and one that does not read its download.
    for (const name of ["monitor", "index", "CS1"]) await cluster.holdOn(name);
    await cluster.holdOn("index", "HELLO\n");
    await cluster.holdOn("CS1", "GET big\n");
    await cluster.process("CS1").see("sending");
    // The content server first, or its last words to the index would have to wait for a new one.
    for (const role of roles.toReversed()) {
      const beganMs = performance.now();
      role.signal(signal);
      assertEquals(await role.end(), { success: true, code: 0, signal: null }, role.tail);
      assertLess(performance.now() - beganMs, STOP_MS, role.tail);
    }
  });
}

Deno.test("processes: a content server that stops is not named any more from that moment on", async () => {
  await using cluster = await ProcessCluster.create();
  await cluster.put(["CS1", "CS2"], "both", someBytes(1_000));
  await cluster.startAll(["CS1", "CS2"]);
  assertEquals(await cluster.holders("both"), ["CS1", "CS2"]);
  const stopping = cluster.process("CS1");
  stopping.signal("SIGTERM");
  assertEquals((await stopping.end()).code, 0);
  assertEquals(await cluster.holders("both"), ["CS2"]);
  await cluster.process("index").see("server registered", { id: "CS1", files: 0, withdrawn: 1 });
});

Deno.test("processes: a supervised role stops when its input ends", async () => {
  await using cluster = await ProcessCluster.create();
  const roles = await Promise.all([
    cluster.startMonitor("--supervised"),
    cluster.startIndex("--supervised"),
    cluster.startContent("CS1", "--supervised"),
  ]);
  for (const role of roles) {
    await role.endInput();
    assertEquals(await role.end(), { success: true, code: 0, signal: null }, role.tail);
    await role.see("stopping", { reason: "Stopped: standard input ended" });
  }
});
