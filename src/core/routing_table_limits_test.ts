import { assertEquals, assertLessOrEqual, assertThrows } from "@std/assert";
import fc from "fast-check";
import { ProtocolError } from "../protocol/protocol_error.ts";
import type { FileEntry } from "../protocol/cdn.ts";
import type { CatalogChange, CatalogServer } from "./catalog.ts";
import { type Draft, RoutingTable } from "./routing_table.ts";

const LIMITS = { maxFiles: 100, maxServers: 3, graceMs: 8_000 };

function server(id: string): CatalogServer {
  return { id, host: "10.0.0.1", tcpPort: 7001, udpPort: 7002 };
}

/** Adds files `<prefix>0`, `<prefix>1`, ... to a draft. */
function stage(table: RoutingTable, draft: Draft, count: number, prefix = "f"): void {
  for (let at = 0; at < count; at++) table.stage(draft, { name: `${prefix}${at}`, sizeBytes: at });
}

/** Registers a server with so many files, at once. */
function register(table: RoutingTable, id: string, count: number, nowMs = 0): CatalogChange {
  const draft = table.draft(server(id));
  stage(table, draft, count);
  return table.commit(draft, nowMs);
}

function assertRefused(code: string, run: () => unknown): void {
  assertEquals(assertThrows(run, ProtocolError).code, code);
}

Deno.test("RoutingTable lets a dead server make room for a new one, when that one counts", () => {
  const table = new RoutingTable(LIMITS);
  for (const id of ["CS1", "CS2", "CS3"]) register(table, id, 1);
  assertRefused("TOO_MANY_SERVERS", () => table.draft(server("CS4")));
  table.draft(server("CS3"));
  table.bury("CS2", 1);
  const draft = table.draft(server("CS4"));
  assertEquals(table.isAlive("CS2"), false, "nothing is lost before the commit");
  table.commit(draft, 2);
  assertEquals(table.listServers().map(({ id }) => id), ["CS1", "CS3", "CS4"]);
  assertEquals(table.isAlive("CS2"), undefined);
});

Deno.test("RoutingTable keeps to the number of servers when many register at once", () => {
  const table = new RoutingTable(LIMITS);
  const drafts = ["CS1", "CS2", "CS3", "CS4"].map((id) => table.draft(server(id)));
  for (const draft of drafts.slice(0, 3)) table.commit(draft, 0);
  assertRefused("TOO_MANY_SERVERS", () => table.commit(drafts[3]!, 0));
  assertEquals(table.count().servers, 3);
});

Deno.test("RoutingTable does not drop a dead server that is just registering again", () => {
  const table = new RoutingTable(LIMITS);
  for (const id of ["CS1", "CS2", "CS3"]) register(table, id, 1);
  table.bury("CS2", 1);
  const returning = table.draft(server("CS2"));
  assertRefused("TOO_MANY_SERVERS", () => table.draft(server("CS4")));
  table.discard(returning);
  table.draft(server("CS4"));
});

Deno.test("RoutingTable.stage() refuses files past the limit, those of other registrations included", () => {
  const table = new RoutingTable(LIMITS);
  register(table, "CS1", 60);
  const first = table.draft(server("CS2"));
  const second = table.draft(server("CS3"));
  stage(table, first, 30);
  stage(table, second, 10);
  for (const draft of [first, second]) assertRefused("TOO_MANY_FILES", () => stage(table, draft, 1, "more"));
  table.discard(first);
  stage(table, second, 40);
  assertRefused("TOO_MANY_FILES", () => stage(table, second, 1, "more"));
  assertEquals(table.commit(second, 0).files, 40);
});

Deno.test("RoutingTable refuses names that are too long together, as it refuses too many files", () => {
  const table = new RoutingTable({ ...LIMITS, maxNameBytes: 100 });
  const long = (length: number): FileEntry => ({ name: "x".repeat(length), sizeBytes: 1 });
  const first = table.draft(server("CS1"));
  table.stage(first, long(60));
  table.stage(first, long(60));
  const second = table.draft(server("CS2"));
  assertRefused("TOO_MANY_FILES", () => table.stage(second, long(41)));
  table.stage(second, long(40));
  table.commit(first, 0);
  assertRefused("TOO_MANY_FILES", () => table.stage(second, long(1)));
  const again = table.draft(server("CS1"));
  table.stage(again, long(59));
  table.commit(again, 1);
  table.stage(second, long(1));
  table.commit(second, 2);
  const third = table.draft(server("CS3"));
  assertRefused("TOO_MANY_FILES", () => table.stage(third, long(1)));
});

Deno.test("RoutingTable lets a server register again when the table is full, and grow by what room there is", () => {
  const table = new RoutingTable({ ...LIMITS, maxFiles: 10 });
  register(table, "CS1", 5);
  register(table, "CS2", 4);
  const draft = table.draft(server("CS1"));
  stage(table, draft, 6);
  assertRefused("TOO_MANY_FILES", () => stage(table, draft, 1, "more"));
  const other = table.draft(server("CS2"));
  stage(table, other, 4);
  assertRefused("TOO_MANY_FILES", () => stage(table, other, 1, "more"));
  assertEquals(table.commit(draft, 1).added, 1);
  assertEquals(table.commit(other, 1).added, 0);
  register(table, "CS1", 2);
  register(table, "CS2", 8);
  assertEquals([...table.listFiles()].length, 8);
});

Deno.test("RoutingTable.discard() gives back what a draft counted for, once, and nothing after a commit", () => {
  const table = new RoutingTable({ ...LIMITS, maxFiles: 10 });
  for (let round = 0; round < 5; round++) {
    const draft = table.draft(server("CS1"));
    stage(table, draft, 10);
    if (round % 2 === 0) table.commit(draft, round);
    table.discard(draft);
    table.discard(draft);
    assertRefused("TOO_MANY_FILES", () => stage(table, table.draft(server("CS2")), 1));
  }
  register(table, "CS1", 0);
  register(table, "CS2", 10);
});

Deno.test("RoutingTable counts the files of a server that registers twice at once in full", () => {
  const table = new RoutingTable({ ...LIMITS, maxFiles: 10 });
  register(table, "CS1", 8);
  const first = table.draft(server("CS1"));
  stage(table, first, 8);
  const second = table.draft(server("CS1"));
  stage(table, second, 2);
  assertRefused("TOO_MANY_FILES", () => stage(table, second, 1, "more"));
  table.discard(first);
  const third = table.draft(server("CS1"));
  stage(table, third, 8);
});

Deno.test("RoutingTable.commit() keeps to the number of files when others took what was to be replaced", () => {
  const table = new RoutingTable({ ...LIMITS, maxFiles: 10 });
  register(table, "CS1", 10);
  const slow = table.draft(server("CS1"));
  stage(table, slow, 10);
  table.commit(table.draft(server("CS1")), 1);
  register(table, "CS2", 5);
  assertRefused("TOO_MANY_FILES", () => table.commit(slow, 2));
  assertEquals(table.locate("f4").map(({ id }) => id), ["CS2"]);
});

Deno.test("RoutingTable.commit() leaves the room of drafts that took what was to be replaced", () => {
  const table = new RoutingTable({ ...LIMITS, maxFiles: 10 });
  register(table, "CS1", 10);
  const slow = table.draft(server("CS1"));
  stage(table, slow, 10);
  register(table, "CS1", 0);
  const other = table.draft(server("CS2"));
  stage(table, other, 5);
  assertRefused("TOO_MANY_FILES", () => table.commit(slow, 2));
  assertEquals(table.commit(other, 3).files, 5);
});

/** A thing that may happen to a table. `pick` is one of the drafts. */
type Step =
  | { readonly kind: "draft"; readonly id: string }
  | { readonly kind: "bury"; readonly id: string }
  | { readonly kind: "stage"; readonly pick: number; readonly count: number }
  | { readonly kind: "commit"; readonly pick: number }
  | { readonly kind: "discard"; readonly pick: number };

const id = fc.constantFrom("CS1", "CS2", "CS3", "CS4", "CS5");
const pick = fc.nat({ max: 5 });
const step: fc.Arbitrary<Step> = fc.oneof(
  fc.record({ kind: fc.constant("draft" as const), id }),
  fc.record({ kind: fc.constant("bury" as const), id }),
  fc.record({ kind: fc.constant("stage" as const), pick, count: fc.nat({ max: 8 }) }),
  fc.record({ kind: fc.constant("commit" as const), pick }),
  fc.record({ kind: fc.constant("discard" as const), pick }),
);

/** Drives a table, and knows how many files each server has. */
class Driver {
  readonly table: RoutingTable;
  readonly drafts: Draft[] = [];
  readonly #files = new Map<string, number>();
  #nowMs = 0;

  constructor(table: RoutingTable) {
    this.table = table;
  }

  /** Files of all servers that the table knows. */
  get entries(): number {
    return this.table.listServers().reduce((sum, { id }) => sum + this.#files.get(id)!, 0);
  }

  /** Takes a step. It may be refused. */
  take(step: Step): void {
    try {
      this.#take(step);
    } catch (error) {
      if (!(error instanceof ProtocolError)) throw error;
    }
  }

  #take(step: Step): void {
    const { table, drafts } = this;
    if (step.kind === "draft") drafts.push(table.draft(server(step.id)));
    else if (step.kind === "bury") table.bury(step.id, this.#nowMs++);
    else if (drafts.length > 0) {
      const at = step.pick % drafts.length;
      const draft = drafts[at]!;
      if (step.kind === "stage") return stage(table, draft, step.count);
      drafts.splice(at, 1);
      try {
        if (step.kind === "commit") this.#files.set(draft.server.id, table.commit(draft, this.#nowMs++).files);
      } finally {
        table.discard(draft);
      }
    }
  }
}

Deno.test("RoutingTable never holds more than its limits, and in the end has all its room again", () => {
  const limits = { maxFiles: 12, maxServers: 3, graceMs: 0 };
  const run = (steps: Step[]): void => {
    const driver = new Driver(new RoutingTable(limits));
    const { table, drafts } = driver;
    for (const each of steps) {
      driver.take(each);
      assertLessOrEqual(table.count().servers, limits.maxServers);
      assertLessOrEqual(driver.entries, limits.maxFiles);
    }
    for (const draft of drafts) table.discard(draft);
    for (const { id } of table.listServers()) {
      register(table, id, 0);
      table.bury(id, 1);
    }
    assertEquals(register(table, "last", limits.maxFiles).files, limits.maxFiles);
  };
  fc.assert(fc.property(fc.array(step, { maxLength: 60 }), run), { numRuns: 300 });
});
