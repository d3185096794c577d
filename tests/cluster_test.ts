import { assert, assertEquals, assertLess, assertMatch, assertStringIncludes } from "@std/assert";
import { systemClock } from "../src/base/clock.ts";
import { denoNet } from "../src/net/deno.ts";
import { askList } from "../src/services/ask.ts";
import { controlPath } from "../tasks/cluster/control_file.ts";
import { indexPort, monitorPort } from "../tasks/cluster/cdn_plan.ts";
import { originPort } from "../tasks/cluster/edge_plan.ts";
import { EDGE_CLUSTER } from "../tasks/cluster/families.ts";
import { LOOPBACK, OFFSET_STEP } from "../tasks/cluster/plan.ts";
import { ClusterPlace, TaskProcess } from "./cluster_process.ts";
import { until } from "./until.ts";

const ALL_ALIVE = /^status: monitor up, index up, CS1 alive, CS2 alive$/;

Deno.test("cluster starts all roles, refuses a second one, and ends when stop says so", async () => {
  await using place = await ClusterPlace.find();
  await using cluster = place.start();
  await cluster.see(ALL_ALIVE);
  assertEquals(await listServers(monitorPort(place.offset)), ["CS1 alive", "CS2 alive"]);

  await using client = new TaskProcess("src/cli/main.ts", "client", [
    ...["get", "hello.txt", "--out", "-", "--index-port", `${indexPort(place.offset)}`],
  ]);
  assertEquals((await client.ended).code, 0);
  assertEquals(`${client.lines.join("\n")}\n`, await Deno.readTextFile("content/cs1/hello.txt"));

  await using second = place.start();
  assertEquals((await second.ended).code, 3);
  assertEquals(second.errors, [`A cluster runs already (pid ${cluster.pid}): deno task stop --data ${place.data}`]);

  await using elsewhere = await ClusterPlace.find();
  await using blocked = place.start("--data", elsewhere.data);
  assertEquals((await blocked.ended).code, 3);
  assertEquals(blocked.errors.length, 11);
  const advice = `try others: deno task cluster --port-offset ${place.offset + OFFSET_STEP}`;
  const index = indexPort(place.offset);
  assertStringIncludes(blocked.errors.join("\n"), `index: TCP port ${index} (lookups) is in use; ${advice}`);

  await using stop = place.stop();
  assertEquals((await stop.ended).code, 0);
  assertEquals(stop.errors, []);
  assertMatch(stop.lines[0]!, new RegExp(`^Stopping the cluster \\(pid ${cluster.pid}, since `));
  assertEquals(stop.lines.slice(1, 3).sort(), ["  CS1 stopped", "  CS2 stopped"]);
  assertEquals(stop.lines.slice(3), ["  index stopped", "  monitor stopped", "The cluster has ended"]);
  assertEquals((await cluster.ended).code, 0);
  assert(await place.isFree());

  await using idle = place.stop();
  assertEquals((await idle.ended).code, 0);
  assertEquals(idle.lines, ["No cluster runs"]);
});

Deno.test("cluster takes the two signals of one Ctrl-C as one request to stop, and stops in order", async () => {
  await using place = await ClusterPlace.find();
  await using cluster = place.start();
  await cluster.see(ALL_ALIVE);
  cluster.signal("SIGINT");
  cluster.signal("SIGINT");
  assertEquals(await cluster.ended, { success: true, code: 0, signal: null });
  const order = cluster.lines.filter((line) => /^\w+ stopped$/.test(line));
  assertEquals(order.slice(0, 2).sort(), ["CS1 stopped", "CS2 stopped"]);
  assertEquals(order.slice(2), ["index stopped", "monitor stopped"]);
  assertEquals(cluster.errors, []);
  assert(await place.isFree());
});

Deno.test("cluster stops also while it still starts", async () => {
  await using place = await ClusterPlace.find();
  await using cluster = place.start();
  await cluster.see(/monitor\s+process \d+/);
  cluster.signal("SIGTERM");
  assertEquals((await cluster.ended).code, 0);
  assert(await place.isFree());
});

Deno.test("cluster leaves nobody behind when it is killed, and stop clears its file away", async () => {
  await using place = await ClusterPlace.find();
  await using cluster = place.start();
  await cluster.see(ALL_ALIVE);
  cluster.signal("SIGKILL");
  await cluster.ended;
  await until(() => place.isFree());
  await Deno.stat(controlPath(place.data));
  await using stop = place.stop();
  assertEquals((await stop.ended).code, 0);
  assertEquals(stop.lines, ["No cluster runs; what a dead one left is cleared away"]);
  await using next = place.start();
  await next.see(ALL_ALIVE);
  next.signal("SIGINT");
  assertEquals((await next.ended).code, 0);
});

Deno.test("cluster reports roles that die, and ends with 1 when none is left", async () => {
  await using place = await ClusterPlace.find();
  await using cluster = place.start("--timeout", "4");
  await cluster.see(ALL_ALIVE);
  Deno.kill(await pidOf(cluster, "CS1"), "SIGKILL");
  await cluster.see(/^CS1 was killed by SIGKILL; the others go on$/);
  await cluster.see(/^To start it again: deno task microcdn content --server-id CS1 /);
  await cluster.see(/^status: monitor up, index up, CS1 gone \(SIGKILL\), not noticed yet, CS2 alive$/);
  await cluster.see(/^status: monitor up, index up, CS1 dead \(SIGKILL\), CS2 alive$/);
  assertEquals(await listServers(monitorPort(place.offset)), ["CS1 dead", "CS2 alive"]);
  for (const label of ["monitor", "index", "CS2"]) Deno.kill(await pidOf(cluster, label), "SIGKILL");
  assertEquals((await cluster.ended).code, 1);
  assertEquals(cluster.lines.at(-1), "Every role has ended");
});

Deno.test("cluster shows heartbeats when asked to", async () => {
  await using place = await ClusterPlace.find();
  await using cluster = place.start("-v");
  await cluster.see(/ monitor heartbeat id=CS2 /);
  cluster.signal("SIGINT");
  assertEquals((await cluster.ended).code, 0);
});

Deno.test("cluster ends when nobody reads its output any more", async () => {
  await using place = await ClusterPlace.find();
  const { stdout } = await new Deno.Command("bash", {
    args: [
      ...["-c", `"$0" run -q --no-prompt -P=cluster tasks/cluster.ts "$@" | head -n 12; echo "\${PIPESTATUS[0]}"`],
      ...[Deno.execPath(), "--port-offset", `${place.offset}`, "--data", place.data],
    ],
    stdin: "null",
  }).output();
  assertEquals(new TextDecoder().decode(stdout).trimEnd().split("\n").at(-1), "141");
  assert(await place.isFree());
});

Deno.test("cluster, stop and demo refuse what they do not know, and explain themselves", async () => {
  for (const [task, permissions] of [["cluster", "cluster"], ["stop", "client"], ["demo", "demo"]] as const) {
    await using wrong = new TaskProcess(`tasks/${task}.ts`, permissions, ["--hepl"]);
    assertEquals((await wrong.ended).code, 2);
    assertEquals(wrong.errors, [`Unknown flag --hepl; did you mean --help? (try deno task ${task} --help)`]);
    await using help = new TaskProcess(`tasks/${task}.ts`, permissions, ["--help"]);
    assertEquals((await help.ended).code, 0);
    assertStringIncludes(help.lines.join("\n"), `deno task ${task} [FLAGS]`);
    assertLess(Math.max(...help.lines.map((line) => line.length)), 121);
  }
});

Deno.test("cluster edge runs another family beside the first, and finds its files again the next time", async () => {
  await using place = await ClusterPlace.find(EDGE_CLUSTER);
  const ready = /^status: meta up, store up, origin up, SF alive, NY alive$/;
  const origin = `127.0.0.1:${originPort(place.offset)}`;
  for (const round of ["first", "second"]) {
    await using cluster = place.start();
    await cluster.see(ready);
    if (round === "first") {
      await using sync = new TaskProcess("src/cli/main.ts", "microcdn", [
        ...["edge", "sync", "content/cs1", "--origin", origin],
      ]);
      assertEquals((await sync.ended).code, 0, sync.errors.join("\n"));
    }
    await using get = new TaskProcess("src/cli/main.ts", "microcdn", [
      ...["edge", "get", "hello.txt", "--out", "-", "--origin", origin],
    ]);
    assertEquals((await get.ended).code, 0, get.errors.join("\n"));
    assertEquals(`${get.lines.join("\n")}\n`, await Deno.readTextFile("content/cs1/hello.txt"));
    await using stop = place.stop();
    assertEquals((await stop.ended).code, 0);
    const order = stop.lines.slice(1).map((line) => line.trim().replace(/ stopped$/, ""));
    assertEquals([order.slice(0, 2).sort(), order.slice(2)], [["NY", "SF"], [
      ...["origin", "store", "meta", "The cluster has ended"],
    ]]);
    assertEquals((await cluster.ended).code, 0);
  }
});

Deno.test("cluster and stop know their families", async () => {
  for (const [task, permissions] of [["cluster", "cluster"], ["stop", "client"], ["demo", "demo"]] as const) {
    await using wrong = new TaskProcess(`tasks/${task}.ts`, permissions, ["egde"]);
    assertEquals((await wrong.ended).code, 2);
    assertEquals(wrong.errors, [
      `${task} knows cdn and edge, got "egde"; did you mean edge? (try deno task ${task} --help)`,
    ]);
  }
});

async function pidOf(cluster: TaskProcess, label: string): Promise<number> {
  const [, pid] = await cluster.see(new RegExp(`${label}\\s+process (\\d+)`));
  return Number(pid);
}

async function listServers(port: number): Promise<string[]> {
  const lines: string[] = [];
  await askList({ net: denoNet(), clock: systemClock() }, { host: LOOPBACK, port }, "LIST_SERVERS", {
    deadlineMs: 5_000,
    take: (line) => void lines.push(line),
  });
  return lines.map((line) => line.replace(/^SERVER (\S+) .* (\S+)$/, "$1 $2"));
}
