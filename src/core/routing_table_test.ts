import { assertEquals, assertThrows } from "@std/assert";
import type { ServerStatus } from "../protocol/cdn.ts";
import { ProtocolError } from "../protocol/protocol_error.ts";
import type { CatalogChange, CatalogServer } from "./catalog.ts";
import { ListDigest } from "./list_digest.ts";
import { type Draft, idInUse, RoutingTable } from "./routing_table.ts";

const LIMITS = { maxFiles: 100, maxServers: 3, graceMs: 8_000 };

function server(id: string, change: Partial<CatalogServer> = {}): CatalogServer {
  return { id, host: "10.0.0.1", tcpPort: 7001, udpPort: 7002, ...change };
}

function status(id: string, alive: boolean, change: Partial<ServerStatus> = {}): ServerStatus {
  return { id, host: "10.0.0.1", tcpPort: 7001, load: 0, alive, ...change };
}

/** Adds files `<prefix>0`, `<prefix>1`, ... to a draft. */
function stage(table: RoutingTable, draft: Draft, count: number, prefix = "f"): void {
  for (let at = 0; at < count; at++) table.stage(draft, { name: `${prefix}${at}`, sizeBytes: at });
}

/** Registers a server with so many files, at once. */
function register(table: RoutingTable, id: string, count: number, nowMs = 0): CatalogChange {
  const draft = table.draft(server(id));
  stage(table, draft, count);
  const change = table.commit(draft, nowMs);
  table.discard(draft);
  return change;
}

function assertRefused(code: string, run: () => unknown): void {
  assertEquals(assertThrows(run, ProtocolError).code, code);
}

Deno.test("RoutingTable.commit() makes a registration count all at once", () => {
  const table = new RoutingTable(LIMITS);
  const draft = table.draft(server("CS1"));
  stage(table, draft, 2);
  assertEquals([table.route("f0"), table.isAlive("CS1"), table.listServers()], [undefined, undefined, []]);
  assertEquals(table.commit(draft, 5), { files: 2, added: 2, withdrawn: 0 });
  assertEquals(table.route("f1"), { id: "CS1", host: "10.0.0.1", tcpPort: 7001, sizeBytes: 1 });
  assertEquals(table.count(), { servers: 1, alive: 1, files: 2 });
  assertEquals([...table.listFiles()], [{ name: "f0", sizeBytes: 0 }, { name: "f1", sizeBytes: 1 }]);
});

Deno.test("RoutingTable keeps the old list until the new one is committed, and for ever if it is discarded", () => {
  const table = new RoutingTable(LIMITS);
  register(table, "CS1", 2);
  const draft = table.draft(server("CS1"));
  stage(table, draft, 1, "new");
  assertEquals([table.locate("f1").length, table.locate("new0").length], [1, 0]);
  table.discard(draft);
  assertEquals([table.locate("f1").length, table.locate("new0").length], [1, 0]);
  const again = table.draft(server("CS1"));
  stage(table, again, 1, "new");
  table.commit(again, 1);
  assertEquals([table.locate("f1").length, table.locate("new0").length], [0, 1]);
});

Deno.test("RoutingTable.stage() counts a name that comes twice once, with the last length", () => {
  const table = new RoutingTable({ ...LIMITS, maxFiles: 1 });
  const draft = table.draft(server("CS1"));
  table.stage(draft, { name: "a", sizeBytes: 1 });
  table.stage(draft, { name: "a", sizeBytes: 2 });
  assertRefused("TOO_MANY_FILES", () => table.stage(draft, { name: "b", sizeBytes: 1 }));
  assertEquals(table.commit(draft, 0).files, 1);
  assertEquals(table.route("a")?.sizeBytes, 2);
});

Deno.test("RoutingTable.stage() and commit() refuse a draft that has ended: a bug of ours", () => {
  const table = new RoutingTable(LIMITS);
  const draft = table.draft(server("CS1"));
  table.commit(draft, 0);
  assertThrows(() => stage(table, draft, 1), Error, "Broken invariant");
  assertThrows(() => table.commit(draft, 0), Error, "Broken invariant");
});

Deno.test("RoutingTable.route() sends clients to the least loaded holder, in turns", () => {
  const table = new RoutingTable(LIMITS);
  for (const id of ["CS1", "CS2", "CS3"]) register(table, id, 1);
  const routed = Array.from({ length: 6 }, () => table.route("f0")!.id);
  assertEquals(routed, ["CS1", "CS2", "CS3", "CS1", "CS2", "CS3"]);
  table.hear([status("CS1", true, { load: 5 }), status("CS2", true, { load: 1 }), status("CS3", true, { load: 9 })], 1);
  assertEquals(table.locate("f0").map(({ id }) => id), ["CS2", "CS1", "CS3"]);
  assertEquals(table.listServers().map(({ id, load }) => `${id} ${load}`), ["CS1 5", "CS2 1", "CS3 9"]);
});

Deno.test("RoutingTable.hear() takes no load of another server of the same id", () => {
  const table = new RoutingTable(LIMITS);
  register(table, "CS1", 1);
  table.hear([status("CS1", true, { load: 5, tcpPort: 7101 }), status("CS9", true, { load: 5 })], 1);
  assertEquals(table.listServers(), [status("CS1", true)]);
});

Deno.test("RoutingTable.route() reads a name as encoded first, then as raw", () => {
  const table = new RoutingTable(LIMITS);
  const draft = table.draft(server("CS1"));
  for (const name of ["a%20b", "a%2520b", "50%2525"]) table.stage(draft, { name, sizeBytes: name.length });
  table.commit(draft, 0);
  for (const [asked, found] of [["a b", 5], ["a%20b", 5], ["a%2520b", 7], ["50%25", 7], ["50%", undefined]] as const) {
    assertEquals(table.route(asked)?.sizeBytes, found, asked);
  }
});

Deno.test("RoutingTable.bury() ends routing to a server, and a registration or the monitor revives it", () => {
  const table = new RoutingTable(LIMITS);
  register(table, "CS1", 1);
  assertEquals([table.bury("CS1", 10), table.bury("CS1", 11), table.bury("CS9", 11)], [true, false, false]);
  assertEquals([table.isAlive("CS1"), table.route("f0"), table.count().alive], [false, undefined, 0]);
  assertEquals(table.hear([status("CS1", true)], 11), [], "a list no younger than the report");
  assertEquals(table.hear([status("CS1", true)], 12), [{ kind: "revive", id: "CS1" }]);
  assertEquals([table.isAlive("CS1"), table.route("f0")?.id], [true, "CS1"]);
  table.bury("CS1", 20);
  register(table, "CS1", 1, 21);
  assertEquals(table.isAlive("CS1"), true);
});

Deno.test("RoutingTable.renew() takes what is registered, revives its server, and knows nothing else", () => {
  const table = new RoutingTable(LIMITS);
  const list = new ListDigest();
  list.add({ name: "f0", sizeBytes: 0 });
  const standing = { server: server("CS1"), sha256: list.hex() };
  assertEquals(table.renew(standing, 0), "unknown");
  register(table, "CS1", 1, 1_000);
  assertEquals(table.renew(standing, 2_000), "renewed");
  assertEquals(table.hear([status("CS1", false)], 10_000), [], "the grace period begins anew");
  table.bury("CS1", 11_000);
  assertEquals(table.renew({ ...standing, sha256: "" }, 12_000), "unknown");
  assertEquals([table.isAlive("CS1"), table.route("f0")], [false, undefined]);
  assertEquals(table.renew(standing, 13_000), "revived");
  assertEquals([table.isAlive("CS1"), table.route("f0")?.id], [true, "CS1"]);
  assertEquals(table.hear([status("CS1", false)], 21_001), [{ kind: "bury", id: "CS1" }]);
  register(table, "CS1", 2, 22_000);
  assertEquals(table.renew(standing, 23_000), "unknown");
});

Deno.test("RoutingTable.hear() buries a silent server after the grace period, and once", () => {
  const table = new RoutingTable(LIMITS);
  register(table, "CS1", 1, 1_000);
  assertEquals(table.hear([status("CS1", false)], 9_000), []);
  assertEquals(table.hear([status("CS1", false)], 9_001), [{ kind: "bury", id: "CS1" }]);
  assertEquals(table.hear([status("CS1", false)], 9_002), []);
  assertEquals(table.isAlive("CS1"), false);
});

Deno.test("RoutingTable.rivalOf() is the live server of the same id at another address", () => {
  const table = new RoutingTable(LIMITS);
  register(table, "CS1", 1);
  assertEquals(table.rivalOf(server("CS1")), undefined);
  assertEquals(table.rivalOf(server("CS1", { udpPort: 9 })), undefined);
  assertEquals(table.rivalOf(server("CS2", { host: "10.0.0.2" })), undefined);
  for (const elsewhere of [{ host: "10.0.0.2" }, { tcpPort: 7101 }]) {
    assertEquals(table.rivalOf(server("CS1", elsewhere)), server("CS1"));
  }
  table.bury("CS1", 1);
  assertEquals(table.rivalOf(server("CS1", { host: "10.0.0.2" })), undefined);
});

Deno.test("RoutingTable.commit() refuses an id that another live server took in the meantime", () => {
  const table = new RoutingTable(LIMITS);
  const late = table.draft(server("CS1", { host: "10.0.0.2" }));
  register(table, "CS1", 1);
  assertRefused("SERVER_ID_IN_USE", () => table.commit(late, 1));
  assertEquals(table.route("f0")?.host, "10.0.0.1");
  table.bury("CS1", 2);
  assertEquals(table.commit(late, 3), { files: 0, added: 0, withdrawn: 1 });
});

Deno.test("RoutingTable.commit() replaces the rival that was found gone, unless it has registered since", () => {
  const table = new RoutingTable(LIMITS);
  register(table, "CS1", 1);
  const moved = server("CS1", { host: "10.0.0.2" });
  const first = table.draft(moved, table.rivalOf(moved));
  table.commit(first, 1);
  assertEquals(table.listServers()[0]?.host, "10.0.0.2");
  const back = table.draft(server("CS1"), table.rivalOf(server("CS1")));
  table.commit(table.draft({ ...moved }), 2);
  assertRefused("SERVER_ID_IN_USE", () => table.commit(back, 3));
  assertEquals(
    idInUse(moved, server("CS1")).message,
    "Cannot register CS1 at 10.0.0.2: it is alive at 10.0.0.1 port 7001",
  );
});
