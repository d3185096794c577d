/**
 * `deno task conformance` as a real process.
 */

import { assertEquals, assertMatch, assertStringIncludes } from "@std/assert";
import { formatAddress } from "../src/base/address.ts";
import { denoNet } from "../src/net/deno.ts";
import { ROOT } from "../tasks/cluster/surroundings.ts";
import { TaskProcess } from "./cluster_process.ts";
import { startScript } from "./scripted_server.ts";
import { SocketCluster } from "./socket_cluster.ts";

const LOOKUPS = ["--section", "lookups"];
const PROGRAM = `${Deno.execPath()} run -q --no-prompt --config "${ROOT}/deno.json"`;
const START_CLIENT = `${PROGRAM} -P=client "${ROOT}/src/cli/main.ts" get {file} --out {out} --index-port {index_port}`;

async function run(...args: readonly string[]): Promise<{ code: number; output: string; errors: string }> {
  await using task = new TaskProcess("tasks/conformance.ts", "conformance", args);
  const { code } = await task.ended;
  return { code, output: task.lines.join("\n"), errors: task.errors.join("\n") };
}

Deno.test("conformance task: an index that holds is exit code 0 and a table", async () => {
  await using cluster = await SocketCluster.start({ index: { graceMs: 60_000 } });
  const { code, output, errors } = await run("--index", formatAddress(cluster.index.addresses.tcp!), ...LOOKUPS);
  assertEquals([code, errors], [0, ""], output);
  assertMatch(output, /^section +held +failed +not run\nIndex: lookups +7 +0 +0\nThe contract +7 +0 +0$/);
});

Deno.test("conformance task: an index that does not hold is exit code 1, with what was said", async () => {
  const answer = (line: string): string | undefined => line === "HELLO" ? undefined : "error file_not_found\n";
  const server = await startScript(denoNet(), { host: "127.0.0.1", port: 0 }, answer);
  const flags = ["--index", formatAddress(server.address), ...LOOKUPS];
  const { code, output } = await run(...flags, "--feed", "cuts");
  assertEquals(code, 1);
  assertStringIncludes(output, "FAILED Index: lookups: a file that nobody registered is not found, fed by cuts\n");
  assertStringIncludes(output, "    - < ERROR FILE_NOT_FOUND\n    + < error file_not_found\n    + ! close\n");
  server.close();
});

Deno.test("conformance task: starts a client for each case, looks at what it saves, and shows what it prints", async () => {
  const good = await run("--start-client", START_CLIENT, "--section", "ours_client");
  assertEquals(good.code, 0, good.output);
  assertMatch(good.output, /^Client, beyond the contract +4 +0 +0$/m);
  const lame = `${Deno.execPath()} eval "console.log('no idea what {file} is')"`;
  const bad = await run("--start-client", lame, "--section", "ours_client", "--deadline", "0.5", "-v");
  assertStringIncludes(bad.output, "    - @ accept index\n    ~ client prints: no idea what hello.txt is\n");
  // What is ours does not count.
  assertEquals(bad.code, 0, bad.output);
});

Deno.test("conformance task: wrong flags are exit code 2, nobody there is 3", async () => {
  assertEquals((await run()).code, 2);
  assertEquals((await run("--index", "127.0.0.1:1", "--section", "nothing")).code, 2);
  assertEquals((await run("--start-client", `a "b`)).code, 2);
  const { code, errors } = await run("--index", "127.0.0.1:1");
  assertEquals(code, 3);
  assertStringIncludes(errors, "Cannot dial 127.0.0.1:1");
});
