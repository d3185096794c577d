/**
 * Faults of the `cdn` family that were found and mended, each with the situation that showed it.
 */

import { assert, assertEquals, assertLess, assertStringIncludes } from "@std/assert";
import { FileError } from "../src/env/files.ts";
import { startScript } from "./scripted_server.ts";
import { CONTENT_PORT, contentHost, CONTROL, HEARTBEATS, INDEX, VirtualCluster } from "./virtual_cluster.ts";

const CS1 = { host: contentHost(1), port: CONTENT_PORT };

Deno.test("mended: an index that loses its power in the middle of a registration is made good for soon", async () => {
  await using cluster = new VirtualCluster();
  await cluster.startMonitor();
  const index = await startScript(cluster.network.host(INDEX.host), INDEX, (line) => (
    line.startsWith("REGISTER ") ? "OK REGISTERED\n" : line.startsWith("ADD_FILE ") ? "" : undefined
  ));
  cluster.put(1, "hello.txt", "hi");
  await cluster.startContent(1);
  await cluster.clock.advance(100);
  cluster.network.crash(INDEX.host, { silently: true });
  index.close();
  await cluster.startIndex();
  await cluster.clock.advance(12_000);
  assertEquals(await cluster.route("hello.txt"), "CS1");
});

Deno.test("mended: a long list registers over a slow line in the end", async () => {
  await using cluster = new VirtualCluster();
  await cluster.startMonitor();
  await cluster.startIndex();
  for (let at = 0; at < 3_000; at++) cluster.put(1, `file-with-a-name-${at}.txt`, "x");
  cluster.network.setLinkFaults(CS1.host, INDEX.host, { bytesPerSecond: 4_000 });
  await cluster.startContent(1);
  await cluster.clock.advance(300_000);
  assertEquals(await cluster.route("file-with-a-name-2999.txt"), "CS1");
});

Deno.test("mended: a server that listens elsewhere than it dials from is named where it listens", async () => {
  await using cluster = new VirtualCluster();
  await cluster.startMonitor();
  await cluster.startIndex({ listen: { host: "0.0.0.0", port: 5050 } });
  cluster.put(1, "hello.txt", "hi");
  await cluster.startContent(1, { listen: { host: "127.0.0.1", port: CONTENT_PORT } });
  await cluster.clock.advance(1_000);
  assertEquals(await cluster.say(INDEX, "GET hello.txt\n"), "SERVER 127.0.0.1 7001 CS1 2\n");
  assertEquals(cluster.events("only this machine can reach it", "CS1").length, 1);
});

Deno.test("mended: who asks for a digest is no load", async () => {
  await using cluster = new VirtualCluster();
  await cluster.startMonitor();
  await cluster.startIndex();
  cluster.put(1, "hello.txt", "hi");
  const content = await cluster.startContent(1);
  let atOnce = -1;
  const files = cluster.disk(CS1.host);
  const open = files.open.bind(files);
  files.open = (path) => {
    atOnce = content.load;
    return open(path);
  };
  assertStringIncludes(await cluster.say(CS1, "HASH hello.txt\n"), "OK 2 sha256:");
  assertEquals(atOnce, 0);
  await cluster.say(CS1, "GET hello.txt\n");
  assertEquals(atOnce, 1);
  assertEquals(content.load, 0);
});

Deno.test("mended: digests that nobody waits for do not keep others from being served", async () => {
  await using cluster = new VirtualCluster();
  await cluster.startMonitor();
  await cluster.startIndex();
  cluster.put(1, "hello.txt", "hi");
  await cluster.startContent(1);
  const files = cluster.disk(CS1.host);
  const open = files.open.bind(files);
  let isHeld = true;
  let release = (): void => {};
  const held = new Promise<void>((resolve) => release = resolve);
  files.open = async (path) => {
    if (isHeld) await held;
    return await open(path);
  };
  const net = cluster.network.host("10.0.2.1");
  for (let at = 0; at < 300; at++) {
    const conn = await cluster.clock.until(net.dial(CS1));
    await conn.write(new TextEncoder().encode("HASH hello.txt\n"));
    await cluster.clock.advance(5);
    conn.close();
  }
  assertEquals(await cluster.say(CS1, "HASH hello.txt\n"), "ERROR BUSY\n");
  isHeld = false;
  assertEquals(await cluster.say(CS1, "GET hello.txt\n"), "OK 2\nhi");
  release();
  await cluster.clock.advance(1_000);
  assertStringIncludes(await cluster.say(CS1, "HASH hello.txt\n"), "OK 2 sha256:");
});

Deno.test("mended: without file descriptors nothing is forgotten, and nothing is called missing", async () => {
  await using cluster = new VirtualCluster();
  await cluster.startAll([{ "hello.txt": "hi" }]);
  const files = cluster.disk(CS1.host);
  files.failNext("info", "exhausted", 50);
  files.failNext("open", "exhausted", 1);
  assertEquals(await cluster.say(CS1, "GET hello.txt\n"), "ERROR BUSY\n");
  await cluster.clock.advance(15_000);
  assertEquals(await cluster.route("hello.txt"), "CS1");
  files.failNext("info", "exhausted", 0);
});

Deno.test("mended: a stop does not wait for a folder that does not answer", async () => {
  await using cluster = new VirtualCluster();
  await cluster.startAll([{ "hello.txt": "hi" }]);
  const files = cluster.disk(CS1.host);
  const list = files.list.bind(files);
  let release = (): void => {};
  files.list = (path) => new Promise((resolve, reject) => release = (): void => void list(path).then(resolve, reject));
  await cluster.clock.advance(12_000);
  const beganMs = cluster.clock.now();
  await cluster.stop(CS1.host);
  assertLess(cluster.clock.now() - beganMs, 5_000);
  release();
});

Deno.test("mended: a death is not reported once the server was heard while the index was dialled", async () => {
  await using cluster = new VirtualCluster({ faults: { latencyMs: 1 } });
  const index = await startScript(cluster.network.host(INDEX.host), INDEX, (line) => (
    line.startsWith("SERVER_DOWN") ? "OK SERVER_MARKED_DEAD\n" : "ERROR UNKNOWN_FIRST_COMMAND\n"
  ));
  const monitor = await cluster.startMonitor();
  const heartbeat = new TextEncoder().encode("HEARTBEAT CS9 10.0.1.9 7001 0 3");
  const socket = await cluster.network.host("10.0.1.9").bind({ host: "10.0.1.9", port: 7002 });
  await socket.send(heartbeat, HEARTBEATS);
  cluster.network.setLinkFaults(CONTROL.host, INDEX.host, { latencyMs: 500 });
  while (monitor.servers().at(0)?.alive !== false) await cluster.clock.advance(100);
  await socket.send(heartbeat, HEARTBEATS);
  const told = (): number => index.lines.filter((line) => line.startsWith("SERVER_DOWN")).length;
  await cluster.clock.advance(5_000);
  assertEquals(told(), 0);
  await cluster.clock.advance(15_000);
  assertEquals(told(), 1, "the death after that alone");
  socket.close();
  index.close();
});

Deno.test("mended: only an OK or a clean close acknowledges a death", async () => {
  await using cluster = new VirtualCluster();
  const index = await startScript(cluster.network.host(INDEX.host), INDEX, () => "HTTP/1.1 400 Bad Request\n");
  await cluster.startMonitor();
  const socket = await cluster.network.host("10.0.1.9").bind({ host: "10.0.1.9", port: 7002 });
  await socket.send(new TextEncoder().encode("HEARTBEAT CS9 10.0.1.9 7001 0 3"), HEARTBEATS);
  await cluster.clock.advance(25_000);
  assert(index.lines.filter((line) => line.startsWith("SERVER_DOWN CS9")).length > 3);
  socket.close();
  index.close();
});

Deno.test("mended: the id of a machine that is off goes to a newcomer, also without a monitor", async () => {
  await using cluster = new VirtualCluster();
  await cluster.startAll([{ "hello.txt": "hi" }]);
  await cluster.kill(CONTROL.host);
  await cluster.kill(CS1.host);
  cluster.network.crash(CS1.host, { silently: true });
  const rival = "REGISTER CS1 7001 7002\nDONE_FILES\n";
  assertEquals(await cluster.say(INDEX, rival, "10.0.1.77"), "OK REGISTERED\nOK FILES_ADDED\n");
});

Deno.test("mended: an error of the socket does not make the monitor deaf", async () => {
  await using cluster = new VirtualCluster();
  const env = cluster.env(CONTROL.host, "monitor");
  const { startMonitor } = await import("../src/roles/cdn/monitor.ts");
  const { NetError } = await import("../src/net/net_error.ts");
  let isBroken = true;
  const net = {
    ...env.net,
    dial: env.net.dial.bind(env.net),
    listen: env.net.listen.bind(env.net),
    bind: async (at: { host: string; port: number }) => {
      const socket = await env.net.bind(at);
      return {
        address: socket.address,
        send: socket.send.bind(socket),
        close: () => socket.close(),
        [Symbol.asyncIterator]: () => {
          if (!isBroken) return socket[Symbol.asyncIterator]();
          isBroken = false;
          return { next: () => Promise.reject(new NetError("exhausted", "receive")) };
        },
      };
    },
  };
  const monitor = await startMonitor({ ...env, net }, { packets: HEARTBEATS, control: CONTROL, index: INDEX });
  await cluster.clock.advance(2_000);
  const socket = await cluster.network.host("10.0.1.9").bind({ host: "10.0.1.9", port: 7002 });
  await socket.send(new TextEncoder().encode("HEARTBEAT CS9 10.0.1.9 7001 0 3"), HEARTBEATS);
  await cluster.clock.advance(100);
  assertEquals(monitor.servers().map(({ id }) => id), ["CS9"]);
  socket.close();
  await cluster.clock.until(monitor.stop());
});

Deno.test("mended: a file as young as its time stamp is coarse is read only once it is older", async () => {
  await using cluster = new VirtualCluster();
  await cluster.startMonitor();
  await cluster.startIndex();
  await cluster.startContent(1).catch((error) => assert(error instanceof FileError));
  cluster.put(1, "hello.txt", "old");
  await cluster.startContent(1);
  const conn = await cluster.clock.until(cluster.network.host("10.0.2.1").dial(CS1));
  const writtenMs = cluster.clock.now();
  cluster.disk(CS1.host).overwrite("files/hello.txt", "new");
  await conn.write(new TextEncoder().encode("GET hello.txt\n"));
  const buffer = new Uint8Array(100);
  const count = await cluster.clock.until(conn.read(buffer));
  assertEquals(new TextDecoder().decode(buffer.subarray(0, count ?? 0)), "OK 3\nnew");
  assert(cluster.clock.now() - writtenMs >= 20);
  conn.close();
});

Deno.test("mended: a stop in the middle of a digest ends in order", async () => {
  await using cluster = new VirtualCluster();
  await cluster.startAll([{ "hello.txt": "hi" }]);
  const files = cluster.disk(CS1.host);
  const open = files.open.bind(files);
  let release = (): void => {};
  const held = new Promise<void>((resolve) => release = resolve);
  files.open = async (path) => {
    const file = await open(path);
    const readAt = file.readAt.bind(file);
    file.readAt = async (into, offsetBytes) => {
      await held;
      return await readAt(into, offsetBytes);
    };
    return file;
  };
  const conn = await cluster.clock.until(cluster.network.host("10.0.2.1").dial(CS1));
  await conn.write(new TextEncoder().encode("HASH hello.txt\n"));
  await cluster.clock.advance(100);
  const stopped = cluster.stop(CS1.host);
  await cluster.clock.advance(2_000);
  release();
  await stopped;
  conn.close();
});
