/**
 * The `cdn` family as real processes: index and monitor are killed and started again, or suspended for a while.
 */

import { assert, assertEquals, assertGreater } from "@std/assert";
import { someBytes } from "./download_lab.ts";
import { ProcessCluster } from "./process_cluster.ts";

/** By the heartbeat interval of the cluster, longer than its time-out. */
const HEARTBEATS_PAST_TIMEOUT = 14;
/** How many checks of the monitor are enough to see whom it would bury. */
const CHECKS = 10;

Deno.test("processes: a restarted index knows all files again, and hears of a death that it missed", async () => {
  await using cluster = await ProcessCluster.create();
  await cluster.put(["CS1", "CS2", "CS3"], "both", someBytes(1_000));
  await cluster.startAll(["CS1", "CS2", "CS3"]);
  await cluster.holdOn("index");
  await cluster.process("index").kill();
  await cluster.process("CS1").kill();
  const monitor = cluster.process("monitor");
  await monitor.see("server dead", { id: "CS1" });
  assertEquals(monitor.seen("death reported"), []);

  const index = await cluster.startIndex();
  await monitor.see("death reported", { id: "CS1" });
  await cluster.eventually("the files are known again", async () => (await cluster.holders("both")).length === 2);
  assertEquals(await cluster.holders("both"), ["CS2", "CS3"]);
  await index.see("server was not alive", { id: "CS1" });
  assertEquals(index.seen("server marked dead"), []);
  assertEquals(monitor.seen("server dead").length, 1);
});

Deno.test("processes: a restarted monitor finds a server dead that died while it was away, and no other", async () => {
  await using cluster = await ProcessCluster.create();
  await cluster.put(["CS1", "CS2"], "both", someBytes(1_000));
  await cluster.startAll(["CS1", "CS2"]);
  await cluster.holdOn("monitor");
  await cluster.process("monitor").kill();
  await cluster.process("CS1").kill();
  assertEquals(await cluster.holders("both"), ["CS1", "CS2"]);

  const monitor = await cluster.startMonitor();
  await cluster.process("index").see("server marked dead", { id: "CS1" });
  assertEquals(await cluster.holders("both"), ["CS2"]);
  assertEquals(await cluster.lives("monitor"), { CS1: "dead", CS2: "alive" });
  assertEquals(monitor.seen("server dead").length, 1);
});

Deno.test("processes: nobody is dead because the monitor was suspended", async () => {
  await using cluster = await ProcessCluster.create();
  await cluster.put(["CS1", "CS2"], "both", someBytes(1_000));
  await cluster.startAll(["CS1", "CS2"]);
  const monitor = cluster.process("monitor");
  monitor.signal("SIGSTOP");
  await cluster.sentHeartbeats(["CS1", "CS2"], HEARTBEATS_PAST_TIMEOUT);

  const before = monitor.records.length;
  monitor.signal("SIGCONT");
  await cluster.eventually("it has checked everyone", () => (
    monitor.records.slice(before).filter(({ event }) => event === "heartbeats").length >= CHECKS
  ));
  assertEquals(await cluster.lives("monitor"), { CS1: "alive", CS2: "alive" });
  assertEquals(await cluster.holders("both"), ["CS1", "CS2"]);
  assertEquals(monitor.seen("server dead"), []);
  assertEquals(cluster.process("index").seen("server marked dead"), []);
});

Deno.test("processes: a suspended index answers whoever waited, learns of a death meanwhile, and serves on", async () => {
  await using cluster = await ProcessCluster.create();
  await cluster.put(["CS1", "CS2"], "both", someBytes(1_000));
  await cluster.startAll(["CS1", "CS2"]);
  const [index, monitor] = [cluster.process("index"), cluster.process("monitor")];
  index.signal("SIGSTOP");
  await cluster.process("CS1").kill();
  await monitor.see("server dead", { id: "CS1" });
  assertEquals(monitor.seen("death reported"), []);
  const waiting = cluster.client("get", "both", "--out", "-");
  await cluster.sentHeartbeats(["CS2"], 2);
  assert(!waiting.hasEnded, waiting.tail);

  index.signal("SIGCONT");
  assertEquals((await waiting.end()).code, 0, waiting.tail);
  await index.see("server marked dead", { id: "CS1" });
  await cluster.eventually("the monitor has told of it", () => monitor.seen("death reported").length > 0);
  assertEquals(await cluster.holders("both"), ["CS2"]);
  const renewals = index.seen("server renewed", { id: "CS2" }).length;
  await cluster.eventually("CS2 renews", () => (
    index.seen("server renewed", { id: "CS2" }).length > renewals
  ));
  const client = cluster.client("get", "both", "--out", "-");
  assertEquals((await client.end()).code, 0, client.tail);
  assertEquals(monitor.seen("server dead").length, 1);
  assertGreater(index.seen("routed", { server: "CS2" }).length, 0);
});
