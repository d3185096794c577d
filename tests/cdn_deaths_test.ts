/**
 * The `cdn` family as real processes: content servers that are killed or suspended.
 */

import { assertEquals, assertGreater } from "@std/assert";
import { shaOf, someBytes } from "./download_lab.ts";
import { ProcessCluster } from "./process_cluster.ts";
import type { ProgramProcess } from "./program_process.ts";

/** Far more than the system keeps under way between two processes. */
const BIG_BYTES = 24_000_000;
/** How much of it a client has before its server fails. */
const LEAST_BYTES = 1_000_000;
const BIG = someBytes(BIG_BYTES);
const SMALL = someBytes(1_000);
/** So slow that there are seconds in which the download is in its middle. */
const BIG_RATE = "6M";

Deno.test("processes: clients fail over from a killed content server, which is noticed, and revived by a restart", async () => {
  await using cluster = await ProcessCluster.create();
  await cluster.put(["CS1", "CS2"], "both", SMALL);
  await cluster.startAll(["CS1", "CS2"], "--timeout", "3");
  await cluster.holdOn("CS1");
  await cluster.process("CS1").kill();

  // Holders of equal load take turns, so one of two clients is sent to the dead one.
  const clients = ["first", "second"].map((name) =>
    cluster.client("get", "both", "--out", `${cluster.folder}/${name}`)
  );
  for (const client of clients) assertEquals((await client.end()).code, 0, client.tail);
  assertGreater(clients.flatMap((client) => client.seen("holder dropped")).length, 0);
  for (const name of ["first", "second"]) {
    assertEquals(shaOf(await Deno.readFile(`${cluster.folder}/${name}`)), shaOf(SMALL));
  }

  await cluster.process("index").see("server marked dead", { id: "CS1" });
  assertEquals(await cluster.lives("monitor"), { CS1: "dead", CS2: "alive" });
  assertEquals(await cluster.holders("both"), ["CS2"]);
  await cluster.process("monitor").see("death reported", { id: "CS1" });

  await cluster.startContent("CS1");
  await cluster.eventually("CS1 lives again", async () => (await cluster.lives("monitor")).CS1 === "alive");
  assertEquals(await cluster.holders("both"), ["CS1", "CS2"]);
  await cluster.process("index").see("server revived", { id: "CS1" });
});

Deno.test("processes: a download goes on at another holder when its content server is killed in the middle", async () => {
  await using cluster = await ProcessCluster.create();
  const { client, victim, other } = await downloadInMiddle(cluster);
  await victim.kill();
  assertEquals((await client.end()).code, 0, client.tail);
  assertEquals(shaOf(await Deno.readFile(`${cluster.folder}/big`)), shaOf(BIG));
  assertContinued(client, other);
});

Deno.test("processes: a download goes on at another holder when its content server is suspended in the middle", async () => {
  await using cluster = await ProcessCluster.create();
  const { client, victim, other } = await downloadInMiddle(cluster, "--idle-timeout", "1");
  victim.signal("SIGSTOP");
  assertEquals((await client.end()).code, 0, client.tail);
  assertEquals(shaOf(await Deno.readFile(`${cluster.folder}/big`)), shaOf(BIG));
  assertContinued(client, other);
});

Deno.test("processes: a suspended content server is dead, and lives again without a restart", async () => {
  await using cluster = await ProcessCluster.create();
  await cluster.put(["CS1", "CS2"], "both", SMALL);
  // One that registers again revives itself; here only its heartbeats may.
  await cluster.startAll(["CS2"]);
  const suspended = await cluster.startContent("CS1", "--register-interval", "600");
  await cluster.eventually("both are known", async () => (await cluster.holders("both")).length === 2);
  await cluster.process("monitor").see("server alive", { id: "CS1" });

  suspended.signal("SIGSTOP");
  await cluster.process("index").see("server marked dead", { id: "CS1" });
  assertEquals(await cluster.holders("both"), ["CS2"]);

  suspended.signal("SIGCONT");
  await cluster.process("monitor").see("server alive again", { id: "CS1" });
  await cluster.process("index").see("server revived", { id: "CS1", reason: "the monitor hears it again" });
  assertEquals(await cluster.holders("both"), ["CS1", "CS2"]);
  const direct = cluster.client("get", "both", "--out", "-", "--direct-port", `${cluster.address("CS1").port}`);
  assertEquals((await direct.end()).code, 0, direct.tail);
  assertEquals(suspended.seen("registered").length, 1);
});

interface Downloading {
  readonly client: ProgramProcess;
  /** The content server that sends. */
  readonly victim: ProgramProcess;
  /** The one that has the file too. */
  readonly other: ProgramProcess;
}

/** Starts two content servers, and a client that has part of a file from one of them. */
async function downloadInMiddle(cluster: ProcessCluster, ...flags: readonly string[]): Promise<Downloading> {
  await cluster.put(["CS1", "CS2"], "big", BIG);
  await cluster.startAll(["CS1", "CS2"]);
  const out = `${cluster.folder}/big`;
  const client = cluster.client("get", "big", "--out", out, "--limit-rate", BIG_RATE, ...flags);
  await cluster.inMiddle(client, out, LEAST_BYTES);
  const servers = ["CS1", "CS2"].map((id) => cluster.process(id));
  const [victim, ...rest] = servers.filter((server) => server.seen("sending").length > 0);
  assertEquals(rest, []);
  return { client, victim: victim!, other: servers.find((server) => server !== victim)! };
}

/** Checks that a download left a holder, and that another one was asked for the rest of it and nothing twice. */
function assertContinued(client: ProgramProcess, other: ProgramProcess): void {
  assertGreater(client.seen("holder dropped").length, 0, client.tail);
  const [part] = other.seen("sending");
  const [offset, bytes] = [Number(part?.offset), Number(part?.bytes)];
  assertGreater(offset, LEAST_BYTES);
  assertEquals(offset + bytes, BIG_BYTES);
}
