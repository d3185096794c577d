/**
 * A network whose roles run on different runtimes.
 */

import { assertEquals } from "@std/assert";
import { assertConforms } from "./conformance/launched_stage.ts";
import { shaOf, someBytes } from "./download_lab.ts";
import { build, CDN_ROLES, fromBundle, fromSource, type Launcher, type Role } from "./launchers.ts";
import { testWith } from "./missing_programs.ts";
import { ProcessCluster } from "./process_cluster.ts";

/** What each role runs on: each role on each runtime once, and none beside its like. */
const MIXES: ReadonlyArray<Readonly<Record<Role, string>>> = [
  { index: "node", content: "bun", monitor: "deno", client: "node" },
  { index: "bun", content: "deno", monitor: "node", client: "bun" },
  { index: "deno", content: "node", monitor: "bun", client: "deno" },
];

const BIG = someBytes(8_000_000);

/** Starts each role on its own runtime. */
function mixed(mix: Readonly<Record<Role, string>>, folder: string): Launcher {
  return (role) => mix[role] === "deno" ? fromSource(role) : fromBundle(mix[role], folder)(role);
}

function describe(mix: Readonly<Record<Role, string>>): string {
  return CDN_ROLES.map((role) => `${role} on ${mix[role]}`).join(", ");
}

for (const mix of MIXES) {
  testWith(["node", "bun"], `conformance: every transcript with a network holds with ${describe(mix)}`, async () => {
    await using built = await build("bundle");
    await assertConforms({ launch: mixed(mix, built.folder), withStarts: false });
  });

  testWith(["node", "bun"], `processes: a network survives a death with ${describe(mix)}`, async () => {
    await using built = await build("bundle");
    await using cluster = await ProcessCluster.create({ launch: mixed(mix, built.folder) });
    await cluster.put(["CS1", "CS2"], "big", BIG);
    await cluster.startAll(["CS1", "CS2"]);
    for (const [at, holders] of [["CS1", "CS2"], ["CS2"]].entries()) {
      await cluster.eventually(`${holders} have it`, async () => `${await cluster.holders("big")}` === `${holders}`);
      const path = `${cluster.folder}/big${at}`;
      const get = cluster.client("get", "big", "--out", path, "--parallel", "2");
      assertEquals((await get.end()).code, 0, get.tail);
      assertEquals(shaOf(await Deno.readFile(path)), shaOf(BIG));
      if (at === 0) await cluster.process("CS1").kill();
    }
    for (const name of ["CS2", "index", "monitor"]) {
      const role = cluster.process(name);
      role.signal("SIGTERM");
      assertEquals((await role.end()).code, 0, role.tail);
    }
  });
}
