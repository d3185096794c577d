/**
 * The documented examples, and every other path of the family, with `curl` against roles as a user starts them.
 */

import { assertEquals, assertMatch, assertStringIncludes } from "@std/assert";
import { EdgeProcessCluster, type MemberName } from "./edge_process_cluster.ts";
import { testWith } from "./missing_programs.ts";

/** The documented ports. */
const DOCUMENTED: Readonly<Record<string, MemberName>> = { 8001: "origin", 8002: "meta", 4000: "SF", 5050: "store" };

/** Runs a command line of a shell, in which the documented ports stand for the cluster's. */
async function shell(cluster: EdgeProcessCluster, line: string): Promise<string> {
  const here = line.replaceAll(
    /localhost:(8001|8002|4000|5050)(?=\/)/g,
    (_, port: string) => cluster.address(DOCUMENTED[port]!),
  );
  const args = ["-c", here.replace(/^curl /, "curl --silent --show-error --max-time 30 ")];
  const { code, stdout, stderr } = await new Deno.Command("bash", { args, cwd: cluster.folder, stdin: "null" })
    .output();
  assertEquals([code, new TextDecoder().decode(stderr)], [0, ""], line);
  return new TextDecoder().decode(stdout);
}

testWith(["curl", "bash"], "curl: the documented examples give the documented answers", async () => {
  await using cluster = await EdgeProcessCluster.create();
  await cluster.start("meta");
  await Promise.all([cluster.start("store"), cluster.start("origin")]);
  const json = async (line: string): Promise<Record<string, unknown>> => JSON.parse(await shell(cluster, line));
  for (const port of [8001, 8002, 5050]) {
    assertEquals(await json(`curl http://localhost:${port}/health`), { status: "healthy" });
  }
  assertEquals(await json("curl http://localhost:8002/meta/cdns"), { cdns: [] });
  assertEquals(await json("curl http://localhost:8002/meta/files"), { files: [] });
  const register = `curl -X POST http://localhost:8002/meta/register \\
    -H "Content-Type: application/json" \\
    -d '{"Type": 0, "IP": "localhost:4000", "Lat": 37.7749, "Lng": -122.4194}'`;
  const { cdn_id: id } = await json(register);
  assertEquals(typeof id, "number");
  assertEquals(await json(register), { cdn_id: id });
  const post = `curl -X POST http://localhost:5050/post/test.txt \\
    -H "Content-Type: text/plain" \\
    -d "Hello, CDN!"`;
  assertEquals(await json(post), { status: "success", file: "test.txt" });
  assertEquals(await shell(cluster, "curl http://localhost:5050/get/test.txt"), "Hello, CDN!");
});

testWith(["curl", "bash"], "curl: a file goes through every path of the family", async () => {
  await using cluster = await EdgeProcessCluster.create();
  await cluster.startAll("SF");
  const json = async (line: string): Promise<Record<string, unknown>> => JSON.parse(await shell(cluster, line));
  const body = (value: unknown): string => `-H 'Content-Type: application/json' -d '${JSON.stringify(value)}'`;
  const { cdns: [node] } = await json("curl http://localhost:8002/meta/cdns") as {
    cdns: [{ id: number; address: string; lat: number; lng: number; created_at: string }];
  };
  assertEquals([node.address, node.lat, node.lng], [cluster.address("SF"), 37.7749, -122.4194]);

  // An unknown file goes to the store; a file that a node has, to that node.
  const list = { Type: 1, IP: "127.0.0.1", Lat: 37.7749, Lng: -122.4194 };
  const wanted = { ...list, FileList: [{ Name: "a b.txt", Hash: "", TimeStamp: "" }] };
  const explicit = `curl -X POST http://localhost:8001/origin/explicit ${body(wanted)}`;
  assertEquals(await json(explicit), { file_name: "a b.txt", cdn_id: -1, cdn_address: cluster.address("store") });
  const put = "curl -X PUT http://localhost:4000/cdn/cache/a%20b.txt --data-binary $'one\\r\\ntwo'";
  assertEquals(await json(put), { status: "success", file: "a b.txt" });
  const here = { file_name: "a b.txt", cdn_id: node.id, cdn_address: node.address };
  assertEquals(await json(explicit), here);
  assertEquals(await json(`curl -X POST http://localhost:8001/origin/sync ${body(wanted)}`), { files: [here] });
  const query = { file_name: "a b.txt", client_lat: 37.7749, client_lng: -122.4194 };
  const { file_name: _, ...found } = here;
  assertEquals(await json(`curl -X POST http://localhost:8002/meta/query ${body(query)}`), found);

  for (const path of ["4000/cdn/cache", "5050/get"]) {
    const url = `http://localhost:${path}/a%20b.txt`;
    assertEquals(await shell(cluster, `curl ${url}`), "one\r\ntwo");
    assertEquals(await shell(cluster, `curl -r 4-4 ${url}`), "\n");
    assertEquals(await shell(cluster, `curl -r 5- ${url}`), "two");
    assertMatch(await shell(cluster, `curl -I ${url}`), /^HTTP\/1\.1 200 .*\r\n(?:.*\r\n)*content-type: text\/plain/i);
    const status = "curl --output /dev/null --write-out '%{http_code}'";
    const tag = (await shell(cluster, `curl -I ${url}`)).match(/^etag: (.*)\r$/im)![1]!;
    assertEquals(await shell(cluster, `${status} -H 'If-None-Match: ${tag}' ${url}`), "304");
    assertEquals(await shell(cluster, `${status} http://localhost:${path}/none`), "404");
    assertEquals(await shell(cluster, `${status} --path-as-is http://localhost:${path}/../x`), "400");
  }
  assertEquals(await json("curl http://localhost:5050/list"), { files: ["a b.txt"] });
  const { files } = await json("curl http://localhost:8002/meta/files") as { files: { name: string }[] };
  assertEquals(files.map(({ name }) => name), ["a b.txt"]);

  const wrong = { ...list, Lat: 91, FileList: [] };
  const { detail } = await json(`curl -X POST http://localhost:8001/origin/sync ${body(wrong)}`) as {
    detail: { loc: unknown[] }[];
  };
  assertEquals(detail.map(({ loc }) => loc), [["body", "Lat"]]);
  const nothing = { ...list, FileList: [] };
  assertEquals(await json(`curl -X POST http://localhost:8001/origin/explicit ${body(nothing)}`), {
    detail: "No files specified",
  });

  assertEquals((await json("curl -X DELETE http://localhost:5050/delete/a%20b.txt"))["status"], "success");
  for (const path of ["4000/cdn/cache", "5050/get"]) {
    assertStringIncludes(await shell(cluster, `curl http://localhost:${path}/a%20b.txt`), '"detail"');
  }
  for (const port of [8001, 8002, 4000, 5050]) {
    const { openapi } = await json(`curl http://localhost:${port}/openapi.json`);
    assertMatch(String(openapi), /^3\./);
  }
});
