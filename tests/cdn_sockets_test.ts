/**
 * The `cdn` family over real sockets and real files: what the memory network cannot vouch for.
 */

import { assert, assertEquals, assertLess, assertStringIncludes } from "@std/assert";
import { denoNet } from "../src/net/deno.ts";
import type { Conn } from "../src/net/net.ts";
import { say, SocketCluster } from "./socket_cluster.ts";
import { takeTurn } from "./turn.ts";
import { until } from "./until.ts";

async function drain(conn: Conn): Promise<number> {
  const buffer = new Uint8Array(1_048_576);
  let total = 0;
  for (let count = await conn.read(buffer); count !== null; count = await conn.read(buffer)) total += count;
  return total;
}

Deno.test("sockets: start, download, death, re-routing, revival", async () => {
  await using cluster = await SocketCluster.start();
  for (const id of ["CS1", "CS2"]) await Deno.writeTextFile(`${await cluster.files(id)}/both.txt`, "both\n");
  const index = cluster.index.addresses.tcp!;
  const first = await cluster.startContent("CS1");
  const second = await cluster.startContent("CS2");
  const alive = (id: string) => (): boolean => cluster.index.servers().some((one) => one.id === id && one.alive);
  await until(() => first.state === "ACTIVE" && second.state === "ACTIVE");
  assertEquals(await say(first.addresses.tcp!, "GET both.txt\n"), "OK 5\nboth\n");
  assertStringIncludes(await say(index, "HELLO\nGET both.txt\n"), "WELCOME MICRO-CDN\nSERVER 127.0.0.1 ");
  await until(() => cluster.monitor.servers().length === 2);
  const port = first.addresses.tcp!.port;
  await first.stop();
  await until(() => !alive("CS1")());
  assertStringIncludes(await say(index, "GET both.txt\n"), " CS2 5\n");
  const again = await cluster.startContent("CS1", { listen: { host: "127.0.0.1", port } });
  await until(() => again.state === "ACTIVE" && alive("CS1")());
  const named = [await say(index, "GET both.txt\n"), await say(index, "GET both.txt\n")].join("");
  assertStringIncludes(named, " CS1 5\n");
});

Deno.test("sockets: no name leads outside a real folder", async () => {
  await using cluster = await SocketCluster.start();
  const folder = await cluster.files("CS1");
  await Deno.writeTextFile(`${cluster.folder}/secret.txt`, "secret");
  await Deno.writeTextFile(`${folder}/hello.txt`, "hello\n");
  await Deno.mkdir(`${folder}/sub`);
  await Deno.symlink(`${cluster.folder}/secret.txt`, `${folder}/link.txt`);
  await Deno.symlink("/etc", `${folder}/etc`);
  const { addresses } = await cluster.startContent("CS1");
  const names = [
    "../secret.txt",
    "sub/../../secret.txt",
    "/etc/passwd",
    "%2e%2e%2fsecret.txt",
    "link.txt",
    "etc/passwd",
  ];
  for (const name of names) assertEquals(await say(addresses.tcp!, `GET ${name}\n`), "ERROR FILE_NOT_FOUND\n", name);
  await Deno.remove(`${folder}/hello.txt`);
  await Deno.symlink(`${cluster.folder}/secret.txt`, `${folder}/hello.txt`);
  assertEquals(await say(addresses.tcp!, "GET hello.txt\n"), "ERROR FILE_NOT_FOUND\n");
});

Deno.test("sockets: a folder that is swapped for a link after the scan is not followed", async () => {
  await using cluster = await SocketCluster.start();
  const folder = await cluster.files("CS1");
  await Deno.mkdir(`${folder}/sub`);
  await Deno.writeTextFile(`${folder}/sub/name.txt`, "inside");
  await Deno.mkdir(`${cluster.folder}/outside`);
  await Deno.writeTextFile(`${cluster.folder}/outside/name.txt`, "secret");
  const { addresses } = await cluster.startContent("CS1");
  await Deno.rename(`${folder}/sub`, `${cluster.folder}/moved`);
  await Deno.symlink(`${cluster.folder}/outside`, `${folder}/sub`);
  assertEquals(await say(addresses.tcp!, "GET sub/name.txt\n"), "ERROR FILE_NOT_FOUND\n");
});

Deno.test("sockets: names of any kind are served from a real folder", async () => {
  await using cluster = await SocketCluster.start();
  const folder = await cluster.files("CS1");
  const names = ["caf\u00e9", "cafe\u0301", "a b", "a%20b", "100%", "new\nline", "\u202etxt.exe", "#?&+", "'\"\\"];
  for (const [at, name] of names.entries()) await Deno.writeTextFile(`${folder}/${name}`, String(at));
  const { addresses } = await cluster.startContent("CS1");
  for (const [at, name] of names.entries()) {
    const encoded = encodeURIComponent(name);
    assertEquals(await say(addresses.tcp!, `GET ${encoded}\n`), `OK 1\n${at}`, name);
  }
});

Deno.test("sockets: a sparse file of 4 GiB arrives with every byte, and any part of it", async () => {
  using _turn = await takeTurn();
  await using cluster = await SocketCluster.start();
  const path = `${await cluster.files("CS1")}/sparse`;
  const sizeBytes = 4_294_967_296 + 7;
  await Deno.writeTextFile(path, "");
  await Deno.truncate(path, sizeBytes);
  using file = await Deno.open(path, { write: true });
  await file.seek(sizeBytes - 3, Deno.SeekMode.Start);
  await file.write(new TextEncoder().encode("end"));
  const { addresses } = await cluster.startContent("CS1");
  const at = addresses.tcp!;
  assertEquals(await say(at, `RANGE ${sizeBytes - 3} 100 sparse\n`), "OK 3\nend");
  assertEquals(await say(at, `RANGE ${sizeBytes} 1 sparse\n`), "OK 0\n");
  assertEquals(await say(at, `RANGE ${sizeBytes + 1} 1 sparse\n`), "ERROR INVALID_RANGE\n");
  const conn = await denoNet().dial(at);
  await conn.write(new TextEncoder().encode("GET sparse\n"));
  assertEquals(await drain(conn), sizeBytes + `OK ${sizeBytes}\n`.length);
  conn.close();
});

Deno.test("sockets: 2,000 connections at once, and a slow reader among them, are all served", async () => {
  using _turn = await takeTurn();
  await using cluster = await SocketCluster.start();
  const folder = await cluster.files("CS1");
  await Deno.writeTextFile(`${folder}/hello.txt`, "hello\n");
  await Deno.writeFile(`${folder}/big`, new Uint8Array(30_000_000));
  const content = await cluster.startContent("CS1");
  await until(() => content.state === "ACTIVE");
  const slow = await denoNet().dial(content.addresses.tcp!);
  await slow.write(new TextEncoder().encode("GET big\n"));
  for (
    const [at, line] of [[content.addresses.tcp!, "GET hello.txt\n"], [
      cluster.index.addresses.tcp!,
      "GET hello.txt\n",
    ]] as const
  ) {
    const conns = await Promise.all(Array.from({ length: 2_000 }, () => denoNet().dial(at)));
    assertEquals(await slow.read(new Uint8Array(1)), 1);
    const sizes = await Promise.all(conns.map(async (conn) => {
      await conn.write(new TextEncoder().encode(line));
      return await drain(conn);
    }));
    for (const size of sizes) assert(size >= "OK 6\nhello\n".length, `${size} bytes`);
    for (const conn of conns) conn.close();
  }
  slow.close();
  await until(() => content.load === 0);
});

Deno.test("sockets: a silent connection is closed after the idle time", async () => {
  await using cluster = await SocketCluster.start({ index: { idleMs: 200 }, monitor: { idleMs: 200 } });
  const content = await cluster.startContent("CS1", { idleMs: 200 });
  const ports = [cluster.index.addresses.tcp!, cluster.monitor.addresses.tcp!, content.addresses.tcp!];
  for (const at of ports) {
    const conn = await denoNet().dial(at);
    const beganMs = performance.now();
    await drain(conn).catch(() => {});
    assertLess(performance.now() - beganMs, 10_000);
    conn.close();
  }
});

Deno.test("sockets: a changed folder is known at the index without waiting for the next registration", async () => {
  await using cluster = await SocketCluster.start();
  const folder = await cluster.files("CS1");
  const content = await cluster.startContent("CS1", { registerMs: 600_000 });
  await until(() => content.state === "ACTIVE");
  const known = (name: string) => async (): Promise<boolean> =>
    (await say(cluster.index.addresses.tcp!, `GET ${name}\n`)).startsWith("SERVER");
  await Deno.mkdir(`${folder}/sub`);
  await Deno.writeTextFile(`${folder}/sub/new.txt`, "new");
  await until(known("sub/new.txt"));
  await Deno.remove(`${folder}/sub/new.txt`);
  await until(async () => !await known("sub/new.txt")());
});

Deno.test("sockets: the management port shows health, metrics and state", async () => {
  await using cluster = await SocketCluster.start();
  const admin = { host: "127.0.0.1", port: 0 };
  const content = await cluster.startContent("CS1", { admin });
  const base = `http://127.0.0.1:${content.addresses.admin!.port}`;
  await until(() => content.state === "ACTIVE");
  assertEquals(await (await fetch(`${base}/health`)).json(), { status: "healthy" });
  assertStringIncludes(await (await fetch(`${base}/metrics`)).text(), "microcdn_load 0\n");
  const state = await (await fetch(`${base}/state`)).json();
  assertEquals([state.role, state.state, state.serverId], ["content", "ACTIVE", "CS1"]);
});
