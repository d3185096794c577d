/**
 * The `cdn` family as real processes: the program from start to end, as a user meets it.
 */

import { assert, assertEquals, assertGreater, assertLess, assertMatch, assertStringIncludes } from "@std/assert";
import { shaOf, someBytes } from "./download_lab.ts";
import { UNSHARE, whyNoMounts } from "./private_mounts.ts";
import { ProcessCluster } from "./process_cluster.ts";
import { programCommand, type ProgramProcess } from "./program_process.ts";

const BIG = someBytes(8_000_000);
/** What is free on the full disk. A `ulimit` counts in blocks of 512 bytes. */
const ROOM_BYTES = 2_048_000;

Deno.test("processes: the documented network starts, serves clients, and needs no more than its permissions", async () => {
  await using cluster = await ProcessCluster.create();
  await cluster.put(["CS1", "CS2"], "both", BIG);
  await cluster.put(["CS2"], "dir name.bin", BIG.subarray(0, 10));
  await cluster.startAll(["CS1", "CS2"]);

  const out = `${cluster.folder}/out`;
  const get = cluster.client("get", "both", "dir name.bin", "--out", `${out}/`, "--parallel", "2");
  assertEquals((await get.end()).code, 0, get.tail);
  assertEquals(shaOf(await Deno.readFile(`${out}/both`)), shaOf(BIG));
  assertEquals(await Deno.readFile(`${out}/dir name.bin`), BIG.slice(0, 10));
  assertEquals(Array.from(Deno.readDirSync(out), ({ name }) => name).sort(), ["both", "dir name.bin"]);

  const list = cluster.client("ls");
  assertEquals(await list.output, `${BIG.length}\tboth\n10\tdir name.bin\n`, list.tail);
  const stat = cluster.client("stat", "both");
  assertStringIncludes(await stat.output, `sha256\t${shaOf(BIG)}\n`, stat.tail);
  const servers = cluster.client("servers");
  assertMatch(await servers.output, /^CS1\t\S+\t\d+\talive\nCS2\t\S+\t\d+\talive\n$/, servers.tail);
});

Deno.test("processes: roles find each other on ports that the system chose", async () => {
  await using cluster = await ProcessCluster.create();
  await cluster.put(["CS1"], "both", someBytes(10));
  await Promise.all([cluster.startMonitor(), cluster.startIndex()]);
  const { tcp, udp } = await (await cluster.startContent("CS1", "--tcp-port", "0", "--udp-port", "0")).see("ready");
  assert(tcp !== udp && !String(tcp).endsWith(":0") && !String(udp).endsWith(":0"));
  await cluster.eventually("CS1 is known", async () => (await cluster.holders("both")).length === 1);
  const get = cluster.client("get", "both", "--out", "-");
  assertEquals((await get.end()).code, 0, get.tail);
});

Deno.test("processes: a failed client says why in one line, and its exit code tells", async () => {
  await using cluster = await ProcessCluster.create();
  const index = cluster.address("index").port;
  const run = async (...args: string[]): Promise<ProgramProcess> => {
    const client = cluster.run({ name: `client ${args}`, command: programCommand("client", args) });
    await client.end();
    return client;
  };
  const away = await run("get", "x", "--index-port", `${index}`, "--out", `${cluster.folder}/x`, "--retry", "0");
  assertEquals([(await away.ended).code, away.errors.length], [3, 1], away.tail);
  assertStringIncludes(away.errors[0]!, `the index at 127.0.0.1:${index}: connection refused`);

  const wrong = await run("get", "x", "--retry", "often");
  assertEquals([(await wrong.ended).code, wrong.errors.length], [2, 1], wrong.tail);
  assertStringIncludes(wrong.errors[0]!, "--retry must be");

  await cluster.startIndex();
  const missing = await run("get", "x", "--index-port", `${index}`, "--out", `${cluster.folder}/x`);
  assertEquals((await missing.ended).code, 1);
  assertEquals(missing.errors, ["Cannot get x: no server has it"]);
  assertEquals(Array.from(Deno.readDirSync(cluster.folder)), []);
});

Deno.test("processes: a role whose port is taken ends with 3 and a line that names address and flag", async () => {
  await using cluster = await ProcessCluster.create();
  await cluster.startAll(["CS1"]);
  const taken = (name: string): string => `127.0.0.1:${cluster.address(name).port}`;
  const cases = [
    [cluster.index(), `Cannot listen at ${taken("index")}: the address is in use; choose another with --port`],
    [cluster.monitor(), `Cannot bind ${taken("heartbeats")}: the address is in use; choose another with --udp-port`],
    [
      cluster.monitor("--udp-port", "0"),
      `Cannot listen at ${taken("monitor")}: the address is in use; choose another with --tcp-port`,
    ],
    [
      await cluster.content("CS1"),
      `Cannot listen at ${taken("CS1")}: the address is in use; choose another with --tcp-port`,
    ],
    [
      await cluster.content("CS1", "--tcp-port", "0"),
      `Cannot bind ${taken("CS1 udp")}: the address is in use; choose another with --udp-port`,
    ],
    [
      await cluster.content("CS1", "--tcp-port", "0", "--udp-port", "0"),
      `Cannot serve HTTP at ${taken("CS1 admin")}: the address is in use; choose another with --admin`,
    ],
  ] as const;
  for (const [role, line] of cases) {
    assertEquals((await role.end()).code, 3, role.tail);
    assertEquals(role.errors, [line]);
    assertEquals(role.seen("ready"), []);
  }
});

Deno.test("processes: a client that was killed goes on where it was, and so does one that was stopped", async () => {
  await using cluster = await ProcessCluster.create();
  await cluster.put(["CS1"], "big", BIG);
  const server = await cluster.startContent("CS1");
  const out = `${cluster.folder}/big`;
  const flags = ["--out", out, "--direct-port", `${cluster.address("CS1").port}`];
  const downloadPart = async (leastBytes: number): Promise<ProgramProcess> => {
    const client = cluster.client("get", "big", ...flags, "--limit-rate", "1M");
    await cluster.inMiddle(client, out, leastBytes);
    return client;
  };

  await (await downloadPart(300_000)).kill();
  const killedAt = await cluster.partBytes(out);
  const stopped = await downloadPart(killedAt + 300_000);
  stopped.signal("SIGINT");
  assertEquals((await stopped.end()).code, 130, stopped.tail);
  assertEquals(stopped.errors[0], `Stopped by SIGINT; the same command goes on from ${out}.part`);
  const stoppedAt = await cluster.partBytes(out);
  const last = cluster.client("get", "big", ...flags);
  assertEquals((await last.end()).code, 0, last.tail);
  assertEquals(shaOf(await Deno.readFile(out)), shaOf(BIG));

  const sent = server.seen("sending").map(({ offset }) => offset);
  assertEquals(sent, [0, killedAt, stoppedAt]);
  assertGreater(stoppedAt, killedAt);
  assertLess(stoppedAt, BIG.length);
});

Deno.test("processes: a client that cannot write says so, spoils nothing, and goes on once there is room", async (t) => {
  await using cluster = await ProcessCluster.create();
  await cluster.put(["CS1"], "big", BIG);
  await cluster.startContent("CS1");
  // At this rate it is known which version it is, so that what arrived is kept, before there is no more room.
  const get = ["get", "big", "--direct-port", `${cluster.address("CS1").port}`, "--limit-rate", "4M"];
  const shell = (script: string, ...flags: string[]): ProgramProcess => {
    const command = ["sh", "-c", script, ...programCommand("client", [...get, ...flags])];
    return cluster.run({ name: `client in ${script}`, command });
  };
  const out = `${cluster.folder}/big`;

  await t.step("at the limit for a file", async () => {
    await Deno.writeTextFile(out, "old");
    const limited = shell(`trap '' XFSZ; ulimit -f ${ROOM_BYTES / 512}; exec "$0" "$@"`, "--out", out);
    assertEquals((await limited.end()).code, 5, limited.tail);
    assertEquals(limited.errors.length, 1, limited.tail);
    assertStringIncludes(limited.errors[0]!, `Cannot save big as ${out}: `);
    assertEquals(await Deno.readTextFile(out), "old");
    assertEquals((await Deno.stat(`${out}.part`)).size, ROOM_BYTES);
    const free = cluster.client("get", "big", "--out", out, "--direct-port", `${cluster.address("CS1").port}`);
    assertEquals((await free.end()).code, 0, free.tail);
    assertEquals(shaOf(await Deno.readFile(out)), shaOf(BIG));
    assertEquals(cluster.process("CS1").seen("sending", { offset: ROOM_BYTES }).length, 1);
  });

  await t.step("to a device", async () => {
    const device = shell(`exec "$0" "$@"`, "--out", "/dev/full");
    assertEquals((await device.end()).code, 5, device.tail);
    assertStringIncludes(device.errors.join("\n"), "Cannot save big as /dev/full: ");
    const piped = shell(`exec "$0" "$@" > /dev/full`, "--out", "-");
    assertEquals((await piped.end()).code, 5, piped.tail);
    assertEquals(piped.errors, ["Cannot save big as the output: no space left"]);
  });

  const missing = await whyNoMounts();
  await t.step({
    name: missing === undefined ? "on a full disk" : `SKIPPED on a full disk: ${missing}`,
    ignore: missing !== undefined,
    async fn(): Promise<void> {
      const disk = `${cluster.folder}/disk`;
      await Deno.mkdir(disk);
      const inside = `mount -t tmpfs -o size=${ROOM_BYTES} tmpfs ${disk} && echo old > ${disk}/big && "$0" "$@"`;
      const script = `${inside}; code=$?; cat ${disk}/big; ls ${disk}; exit $code`;
      const full = shell(`exec unshare ${UNSHARE} sh -c '${script}' "$0" "$@"`, "--out", `${disk}/big`);
      assertEquals((await full.end()).code, 5, full.tail);
      assertEquals(full.errors, [`Cannot save big as ${disk}/big: no space left`]);
      assertEquals(await full.output, "old\nbig\nbig.part\nbig.part.json\n");
    },
  });
});

Deno.test("processes: a client whose output is read no more ends quietly", async () => {
  await using cluster = await ProcessCluster.create();
  await cluster.put(["CS1"], "big", BIG);
  await cluster.startContent("CS1");
  const script = `{ "$0" "$@"; echo "exit code $?" >&2; } | head -c 10 | wc -c`;
  const get = ["get", "big", "--direct-port", `${cluster.address("CS1").port}`, "--out", "-"];
  const client = cluster.run({ name: "client", command: ["sh", "-c", script, ...programCommand("client", get)] });
  assertEquals((await client.end()).code, 0, client.tail);
  assertEquals((await client.output).trim(), "10");
  assertEquals(client.errors, ["exit code 141"]);
});
