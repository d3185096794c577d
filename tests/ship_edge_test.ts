/**
 * `deno task ship` with the roles of the `edge` family, over ssh.
 */

import { assertEquals } from "@std/assert";
import { isAlive } from "./machine_home.ts";
import { testWith } from "./missing_programs.ts";
import { ShipLab } from "./ship_lab.ts";
import { findSshd } from "./ssh_machine.ts";
import { until } from "./until.ts";

const PROGRAMS = [await findSshd() ?? "sshd", "ssh", "ssh-keygen"];
const TEXT = "brought by ship\r\n";

/** What is said of the roles, in whichever order they were done. */
function saidOf(lines: readonly string[]): readonly string[] {
  return lines.flatMap((line) => line.split("  ")[1]!.split(", ")).toSorted();
}

/** What is to be said when one thing is so of all roles. */
function all(what: string): readonly string[] {
  return ["edge-meta", "edge-node", "edge-origin", "edge-store"].map((role) => `${role} ${what}`);
}

testWith(PROGRAMS, "ship brings the edge family to two machines, which serve what they were given", async () => {
  await using lab = await ShipLab.start();
  await lab.compile("edge", ["edge-meta", "edge-origin", "edge-store", "edge-node"]);
  const port = (role: string): number => lab.ports.port(`edge ${role}`);
  const at = (role: string): string => `http://127.0.0.1:${port(role)}`;
  const [meta, store] = [at("meta"), at("store")];
  await lab.inventory(
    lab.entry(
      "one",
      { role: "edge-meta", flags: { port: port("meta"), store, catalogue: "sqlite:catalogue.sqlite" } },
      { role: "edge-store", flags: { port: port("store"), meta, objects: "file:objects" } },
    ),
    lab.entry(
      "two",
      { role: "edge-origin", flags: { port: port("origin"), meta, store } },
      {
        role: "edge-node",
        flags: { port: port("node"), lat: 34, lng: -118.4, meta, store, cache: "disk:copies" },
      },
    ),
  );

  const first = await lab.ship("");
  assertEquals([first.code, first.errors], [0, []], first.lines.join("\n"));
  const pids = [...first.lines.join().matchAll(/\(pid (\d+)\)/g)].map(([, pid]) => Number(pid));
  assertEquals(pids.length, 4, first.lines.join("\n"));

  const put = await fetch(`${store}/post/a%20b.txt`, { method: "POST", body: TEXT });
  assertEquals([put.status, put.headers.get("x-published")], [200, "yes"]);
  await put.body?.cancel();
  await until(async () => {
    const answer = await fetch(`${at("node")}/cdn/cache/a%20b.txt`);
    const text = await answer.text();
    return answer.status === 200 && text === TEXT && answer.headers.get("x-cache")!.startsWith("HIT ");
  });
  const body = JSON.stringify({ Lat: 34, Lng: -118.4, FileList: [{ Name: "a b.txt" }] });
  const headers = { "content-type": "application/json" };
  const place = await fetch(`${at("origin")}/origin/explicit`, { method: "POST", headers, body });
  assertEquals((await place.json()).cdn_address, `127.0.0.1:${port("node")}`);

  const again = await lab.ship("up");
  assertEquals([again.code, saidOf(again.lines)], [0, all("unchanged")]);
  const stopped = await lab.ship("stop");
  assertEquals([stopped.code, saidOf(stopped.lines)], [0, all("stopped")]);
  for (const pid of pids) assertEquals(await isAlive(pid), false);
});
