import { assertEquals } from "@std/assert";
import { seededRandom } from "../base/random.ts";
import { Catalog, type CatalogChange, type CatalogServer } from "./catalog.ts";

function server(id: string, change: Partial<CatalogServer> = {}): CatalogServer {
  return { id, host: "10.0.0.1", tcpPort: 7001, udpPort: 7002, ...change };
}

function files(...names: string[]): Map<string, number> {
  return new Map(names.map((name) => [name, name.length]));
}

/** Registers a server with such files. */
function register(
  catalog: Catalog,
  who: CatalogServer,
  list: ReadonlyMap<string, number>,
  nowMs: number,
): CatalogChange {
  return catalog.register(who, { files: list, sha256: "" }, nowMs);
}

/** Ids of the live holders of a file. */
function holders(catalog: Catalog, name: string): string[] {
  return catalog.locate(name).map(({ id }) => id).sort();
}

Deno.test("Catalog.register() takes a server in, alive, with its files", () => {
  const catalog = new Catalog();
  assertEquals(register(catalog, server("CS1"), files("a", "bb"), 5), { files: 2, added: 2, withdrawn: 0 });
  assertEquals(catalog.locate("bb"), [{ id: "CS1", host: "10.0.0.1", tcpPort: 7001, sizeBytes: 2 }]);
  assertEquals(catalog.locate("c"), []);
  assertEquals(catalog.server("CS1"), server("CS1"));
  assertEquals(catalog.lifeOf("CS1"), { id: "CS1", host: "10.0.0.1", tcpPort: 7001, alive: true, decidedMs: 5 });
  assertEquals([catalog.servers, catalog.files, catalog.entries, catalog.fileCount("CS1")], [1, 2, 2, 2]);
});

Deno.test("Catalog.register() replaces a server's list and says what that changed", () => {
  const catalog = new Catalog();
  register(catalog, server("CS1"), files("a", "b", "c"), 0);
  const moved = server("CS1", { host: "10.0.0.2", tcpPort: 7101 });
  assertEquals(register(catalog, moved, new Map([["b", 10], ["d", 4]]), 9), { files: 2, added: 1, withdrawn: 2 });
  assertEquals(catalog.locate("b"), [{ id: "CS1", host: "10.0.0.2", tcpPort: 7101, sizeBytes: 10 }]);
  assertEquals([holders(catalog, "a"), holders(catalog, "c"), holders(catalog, "d")], [[], [], ["CS1"]]);
  assertEquals([catalog.servers, catalog.files, catalog.entries, catalog.fileCount("CS1")], [1, 2, 2, 2]);
  assertEquals(register(catalog, moved, files("b", "d"), 9), { files: 2, added: 0, withdrawn: 0 });
  assertEquals(register(catalog, moved, files(), 9), { files: 0, added: 0, withdrawn: 2 });
  assertEquals([catalog.servers, catalog.files, catalog.entries, catalog.fileCount("CS1")], [1, 0, 0, 0]);
});

Deno.test("Catalog.locate() keeps up with holders that come and go, from none to three and back", () => {
  const catalog = new Catalog();
  const steps: [id: string, holds: boolean, expected: string[]][] = [
    ["CS1", true, ["CS1"]],
    ["CS2", true, ["CS1", "CS2"]],
    ["CS3", true, ["CS1", "CS2", "CS3"]],
    ["CS2", false, ["CS1", "CS3"]],
    ["CS1", false, ["CS3"]],
    ["CS1", true, ["CS1", "CS3"]],
    ["CS3", false, ["CS1"]],
    ["CS1", false, []],
    ["CS2", true, ["CS2"]],
  ];
  for (const [at, [id, holds, expected]] of steps.entries()) {
    register(catalog, server(id), files(...(holds ? ["x"] : [])), at);
    assertEquals(holders(catalog, "x"), expected, `step ${at}`);
    assertEquals([catalog.entries, catalog.files], [expected.length, expected.length > 0 ? 1 : 0], `step ${at}`);
  }
});

Deno.test("Catalog.setAlive() hides a dead server's files and shows them again", () => {
  const catalog = new Catalog();
  register(catalog, server("CS1"), files("a", "shared"), 0);
  register(catalog, server("CS2"), files("shared"), 0);
  assertEquals(catalog.setAlive("CS1", false, 7), true);
  assertEquals(catalog.lifeOf("CS1")?.decidedMs, 7);
  assertEquals([holders(catalog, "a"), holders(catalog, "shared")], [[], ["CS2"]]);
  assertEquals([...catalog.listFiles()], [{ name: "shared", sizeBytes: 6 }]);
  assertEquals([catalog.files, catalog.entries], [2, 3], "its files are known all the while");
  assertEquals(catalog.setAlive("CS1", false, 8), false);
  assertEquals(catalog.lifeOf("CS1")?.decidedMs, 8);
  assertEquals(catalog.setAlive("CS1", true, 9), true);
  assertEquals([holders(catalog, "a"), holders(catalog, "shared")], [["CS1"], ["CS1", "CS2"]]);
  assertEquals(catalog.setAlive("CS9", true, 9), false);
  assertEquals(catalog.lifeOf("CS9"), undefined);
});

Deno.test("Catalog.register() revives a dead server", () => {
  const catalog = new Catalog();
  register(catalog, server("CS1"), files("a"), 0);
  catalog.setAlive("CS1", false, 1);
  register(catalog, server("CS1"), files("a"), 2);
  assertEquals([catalog.lifeOf("CS1")?.alive, catalog.lifeOf("CS1")?.decidedMs], [true, 2]);
  assertEquals(holders(catalog, "a"), ["CS1"]);
});

Deno.test("Catalog.forget() drops a server and its files, and no other's", () => {
  const catalog = new Catalog();
  register(catalog, server("CS1"), files("a", "shared"), 0);
  register(catalog, server("CS2"), files("b", "shared"), 0);
  catalog.forget("CS1");
  catalog.forget("CS9");
  assertEquals([catalog.servers, catalog.files, catalog.entries, catalog.fileCount("CS1")], [1, 2, 2, 0]);
  assertEquals([holders(catalog, "a"), holders(catalog, "shared")], [[], ["CS2"]]);
  assertEquals(register(catalog, server("CS1"), files("a"), 1).added, 1);
});

Deno.test("Catalog.listServers() is sorted by id, with the dead ones", () => {
  const catalog = new Catalog();
  for (const id of ["CS2", "CS10", "CS1"]) register(catalog, server(id), files("a"), 0);
  catalog.setAlive("CS10", false, 1);
  assertEquals([...catalog.listServers()].map(({ id, alive, files }) => `${id} ${alive} ${files}`), [
    "CS1 true 1",
    "CS10 false 1",
    "CS2 true 1",
  ]);
});

Deno.test("Catalog.listFiles() names each file once, in the order of registration, with its largest size", () => {
  const catalog = new Catalog();
  register(catalog, server("CS2"), new Map([["z", 1], ["a", 5]]), 0);
  register(catalog, server("CS1"), new Map([["a", 9], ["m", 0]]), 0);
  assertEquals([...catalog.listFiles()], [
    { name: "z", sizeBytes: 1 },
    { name: "a", sizeBytes: 9 },
    { name: "m", sizeBytes: 0 },
  ]);
});

Deno.test("Catalog.listFiles() may be read while servers come and go", () => {
  const catalog = new Catalog();
  register(catalog, server("CS1"), files("a", "b", "c"), 0);
  const seen: string[] = [];
  for (const { name } of catalog.listFiles()) {
    seen.push(name);
    if (name === "a") catalog.forget("CS1");
    if (name === "a") register(catalog, server("CS2"), files("c", "d"), 0);
  }
  assertEquals(seen, ["a", "c", "d"]);
});

Deno.test("Catalog agrees with a plain list of pairs after 100,000 files of 100 servers came, changed and went", () => {
  const catalog = new Catalog();
  const random = seededRandom(1);
  const expected = new Map<string, Map<string, number>>();
  for (let round = 0; round < 130; round++) {
    const id = `CS${round % 100}`;
    const list = new Map<string, number>();
    for (let at = 0; at < 1_000; at++) list.set(`file${Math.floor(random.next() * 60_000)}`, round * 1_000 + at);
    if (round % 13 === 12) catalog.forget(id);
    else register(catalog, server(id), list, round);
    if (round % 13 === 12) expected.delete(id);
    else expected.set(id, list);
  }
  const pairs = new Map<string, string[]>();
  let entries = 0;
  for (const [id, list] of expected) {
    entries += list.size;
    for (const [name, size] of list) pairs.set(name, [...pairs.get(name) ?? [], `${id} ${size}`]);
  }
  assertEquals([catalog.servers, catalog.entries, catalog.files], [expected.size, entries, pairs.size]);
  for (const [name, held] of pairs) {
    assertEquals(catalog.locate(name).map(({ id, sizeBytes }) => `${id} ${sizeBytes}`).sort(), held.sort(), name);
  }
});
