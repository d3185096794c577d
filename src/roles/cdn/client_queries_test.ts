import { assert, assertEquals } from "@std/assert";
import { assertFails, DownloadLab, INDEX, peerAddress, shaOf, someBytes } from "../../../tests/download_lab.ts";
import { type FileStat, listFiles, listServers, statFile } from "./client.ts";

const CONTENT = someBytes(100_000);
const OTHER = someBytes(100_000, 2);

function stat(lab: DownloadLab, name = "file"): Promise<FileStat> {
  return lab.clock.until(statFile(lab.env, { name, index: INDEX }));
}

Deno.test("listFiles() returns what the index lists", async () => {
  for (const [answer, expected] of [["", ""], ["FILE a 1\nFILE b%20c 2\r\n", "a 1, b%20c 2"]] as const) {
    await using lab = new DownloadLab();
    await lab.scriptedIndex(() => `${answer}END\n`);
    const files = await lab.clock.until(listFiles(lab.env, { index: INDEX }));
    assertEquals(files.map(({ name, sizeBytes }) => `${name} ${sizeBytes}`).join(", "), expected);
    assertEquals(lab.asked, ["LIST_FILES"]);
  }
});

Deno.test("listServers() returns what the index lists", async () => {
  await using lab = new DownloadLab();
  await lab.scriptedIndex(() => "SERVER CS1 10.0.1.1 7001 3 alive\nSERVER CS2 10.0.1.2 7001 0 DEAD\nEND\n");
  const servers = await lab.clock.until(listServers(lab.env, { index: INDEX }));
  assertEquals(servers.map(({ id, load, alive }) => [id, load, alive]), [["CS1", 3, true], ["CS2", 0, false]]);
});

Deno.test("listFiles() and listServers() say that an old index does not know them", async () => {
  for (const answer of ["ERROR UNKNOWN_FIRST_COMMAND\n", ""]) {
    await using lab = new DownloadLab();
    await lab.scriptedIndex(() => answer);
    const words = "the index at 10.0.0.1:5050 does not know LIST_";
    await assertFails(
      lab.clock.until(listFiles(lab.env, { index: INDEX })),
      "unsupported",
      `Cannot list files: ${words}FILES`,
    );
    await assertFails(lab.clock.until(listServers(lab.env, { index: INDEX })), "unsupported", `${words}SERVERS`);
  }
});

Deno.test("listFiles() and listServers() do not call a silent index an old one", async () => {
  await using lab = new DownloadLab();
  await lab.scriptedIndex(() => undefined);
  const words = (what: string, verb: string): string =>
    `Cannot list ${what}: the index at 10.0.0.1:5050 did not answer ${verb} within 1 s`;
  await assertFails(lab.clock.until(listFiles(lab.env, { index: INDEX })), "network", words("files", "LIST_FILES"));
  const servers = lab.clock.until(listServers(lab.env, { index: INDEX }));
  await assertFails(servers, "network", words("servers", "LIST_SERVERS"));
  assert(lab.clock.now() < 2_100);
});

Deno.test("listFiles() does not take half a list, or nonsense, for a list", async () => {
  const table = [["FILE a 1\n", "reset"], ["FILE a 1\nSERVER\nEND\n", "nonsense"], [`${"x".repeat(9_000)}\n`, "8192"]];
  for (const [answer, words] of table) {
    await using lab = new DownloadLab();
    await lab.scriptedIndex(() => answer);
    const list = lab.clock.until(listFiles(lab.env, { index: INDEX }));
    await assertFails(list, "network", "Cannot list files: the index at 10.0.0.1:5050: ", words!);
  }
});

Deno.test("listFiles() fails where nobody listens, past the deadline, and when it is called off", async () => {
  await using lab = new DownloadLab();
  lab.network.host(INDEX.host);
  await assertFails(lab.clock.until(listFiles(lab.env, { index: INDEX })), "network", "connection refused");
  await lab.scriptedIndex((line) => line === "LIST_FILES" ? "WELCOME\n" : undefined);
  await assertFails(lab.clock.until(listFiles(lab.env, { index: INDEX, deadlineMs: 3_000 })), "network", "nonsense");
  const signal = AbortSignal.abort(new Error("Ctrl-C"));
  await assertFails(listFiles(lab.env, { index: INDEX, signal }), "aborted", "Cannot list files: called off");
});

Deno.test("statFile() asks each holder for its digest", async () => {
  await using lab = new DownloadLab();
  await lab.index(() => [1, 2]);
  await lab.peer(1, { content: CONTENT });
  await lab.peer(2, { content: CONTENT });
  const version = { sizeBytes: 100_000, sha256: shaOf(CONTENT) };
  assertEquals(await stat(lab), {
    name: "file",
    ...version,
    isConsistent: true,
    holders: [
      { holder: { id: "CS1", address: peerAddress(1) }, ...version },
      { holder: { id: "CS2", address: peerAddress(2) }, ...version },
    ],
  });
});

Deno.test("statFile() tells apart holders that are old, gone, or of another version", async () => {
  await using lab = new DownloadLab();
  await lab.index(() => [1, 2, 3, 4, 5]);
  await lab.peer(1, { content: CONTENT, old: "close" });
  lab.network.host(peerAddress(2).host);
  await lab.peer(3, { content: CONTENT });
  await lab.peer(4, { content: OTHER });
  await lab.peer(5, { content: CONTENT, old: "silent" });
  const { sizeBytes, sha256, isConsistent, holders } = await stat(lab);
  assertEquals([sizeBytes, sha256, isConsistent], [100_000, shaOf(CONTENT), false]);
  const said = holders.map((holder) => [holder.sizeBytes, holder.sha256, holder.reason]);
  assertEquals(said, [
    [7, undefined, undefined],
    [7, undefined, "connection refused"],
    [100_000, shaOf(CONTENT), undefined],
    [100_000, shaOf(OTHER), undefined],
    [7, undefined, "it did not tell its SHA-256 in time"],
  ]);
});

Deno.test("statFile() waits for a holder that is slow to begin, and asks one that is busy again", async () => {
  for (const slow of [{ hashFirstMs: 4_000 }, { hash: "ERROR BUSY" }]) {
    await using lab = new DownloadLab();
    await lab.index(() => [1]);
    const peer = await lab.peer(1, { content: CONTENT, ...slow });
    lab.clock.schedule(1_500, () => peer.hash = undefined);
    assertEquals((await stat(lab)).sha256, shaOf(CONTENT));
  }
});

Deno.test("statFile() says of a holder that stays busy that it is", async () => {
  await using lab = new DownloadLab();
  await lab.index(() => [1]);
  await lab.peer(1, { content: CONTENT, hash: "ERROR BUSY" });
  assertEquals((await stat(lab)).holders[0]?.reason, "it is too busy to tell its SHA-256");
  assert(lab.clock.now() < 6_000);
});

Deno.test("statFile() makes do with what an old index says", async () => {
  await using lab = new DownloadLab();
  await lab.index(() => [1], { old: true });
  await lab.peer(1, { content: CONTENT, old: "error" });
  const { sizeBytes, sha256, holders } = await stat(lab);
  assertEquals([sizeBytes, sha256, holders.length], [7, undefined, 1]);
  assertEquals(lab.asked, ["LOCATE file", "HELLO", "GET file"]);
});

Deno.test("statFile() asks by the encoded name", async () => {
  await using lab = new DownloadLab();
  await lab.index(() => [1]);
  const peer = await lab.peer(1, { content: CONTENT });
  await stat(lab, "a b");
  assertEquals([lab.asked, peer.lines], [["LOCATE a%20b"], ["HASH a%20b"]]);
});

Deno.test("statFile() fails if nobody has the file", async () => {
  for (const old of [false, true]) {
    await using lab = new DownloadLab();
    await lab.index(() => [], { old });
    await assertFails(stat(lab), "not-found", "Cannot look up file: no server has it");
  }
});
