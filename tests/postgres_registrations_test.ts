/**
 * Books of registrations in a real PostgreSQL server, which is killed and started again, and indexes that share one.
 */

import { assertEquals, assertRejects } from "@std/assert";
import { systemClock } from "../src/base/clock.ts";
import { systemRandom } from "../src/base/random.ts";
import { createLog, type LogRecord } from "../src/env/log.ts";
import { openPostgresRegistrations } from "../src/storage/postgres_registrations.ts";
import type { RegistrationBook } from "../src/storage/registrations.ts";
import { StorageError } from "../src/storage/storage_error.ts";
import { shaOf, someBytes } from "./download_lab.ts";
import { testWith } from "./missing_programs.ts";
import { PrivatePostgres } from "./private_postgres.ts";
import { ProcessCluster } from "./process_cluster.ts";
import { BOOK_CASES, contentOf, registration } from "./registrations_contract.ts";
import { until } from "./until.ts";

const DEADLINE = { deadlineMs: 20_000 };

/** Books on one database. */
class Shelf implements AsyncDisposable {
  readonly records: LogRecord[] = [];
  readonly #url: string;
  readonly #books: RegistrationBook[] = [];

  constructor(url: string) {
    this.#url = url;
  }

  async open(openMs = 10_000): Promise<RegistrationBook> {
    const clock = systemClock();
    const log = createLog({ clock, level: "debug", sink: (record) => this.records.push(record) });
    const env = { clock, random: systemRandom(), log };
    const book = await openPostgresRegistrations(env, this.#url, { openMs, statementMs: 2_000, connectMs: 1_000 });
    this.#books.push(book);
    return book;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await Promise.all(this.#books.map((book) => book.close()));
    assertEquals(this.records.filter(({ level }) => level === "error"), []);
  }
}

testWith([], "registrations in PostgreSQL: the contract, and a server that is killed", async (t) => {
  await using postgres = await PrivatePostgres.start();
  for (const [name, run] of Object.entries(BOOK_CASES)) {
    await t.step(name, async () => {
      await using shelf = new Shelf(postgres.url(await postgres.createDatabase()));
      await run(await shelf.open(), await shelf.open());
    });
  }

  await t.step("they survive all who share them", async () => {
    const database = await postgres.createDatabase();
    const url = postgres.url(database);
    let before: string[];
    {
      await using shelf = new Shelf(url);
      const book = await shelf.open();
      await Promise.all(["CS1", "CS2", "CS3"].map((id, at) => book.put(registration(id, at + 1, ["a", id]))));
      before = contentOf(book);
    }
    await using shelf = new Shelf(url);
    const book = await shelf.open();
    assertEquals([before.length, contentOf(book)], [3, before]);
    book.forget("CS2");
    assertEquals(contentOf(book).length, 2);
    const count = "SELECT count(*), count(DISTINCT server_id) FROM content_files";
    await until(async () => await postgres.sql(count, database) === "2|2\n", DEADLINE);
  });

  await t.step("what is kept while the server is away is written when it is back", async () => {
    await using shelf = new Shelf(postgres.url(await postgres.createDatabase()));
    const [a, b] = [await shelf.open(), await shelf.open()];
    await a.put(registration("CS1", 1, ["a"]));
    await postgres.kill();
    await until(() => a.failure !== undefined && b.failure !== undefined, DEADLINE);
    assertEquals(await a.put(registration("CS2", 2, ["a"])), "later");
    assertEquals(await b.put(registration("CS1", 1, ["a", "b"])), "later");
    assertEquals(contentOf(a).length, 2);
    const late = await shelf.open(100);
    assertEquals(contentOf(late), []);
    await postgres.restart();
    await until(() => new Set([a, b, late].map((book) => contentOf(book).join())).size === 1, DEADLINE);
    assertEquals(contentOf(late), ["CS1 1 a+b a=0,b=1", "CS2 2 a a=0"]);
    await postgres.terminateBackends();
    await a.put(registration("CS3", 3, []));
    await until(() => contentOf(b).length === 3 && contentOf(late).length === 3, DEADLINE);
  });

  await t.step("a server that refuses us is no reason to wait", async () => {
    const url = postgres.url("postgres", { password: "wrong" });
    const error = await assertRejects(() => new Shelf(url).open(), StorageError);
    assertEquals([error.code, error.message.includes("wrong")], ["denied", false]);
  });
});

testWith([], "processes: one of two indexes on one PostgreSQL is killed in a storm of downloads", async () => {
  await using postgres = await PrivatePostgres.start();
  const url = postgres.url(await postgres.createDatabase());
  await using cluster = await ProcessCluster.create();
  const [first, second] = [cluster.address("index").port, cluster.address("second").port];
  const both = ["--index-host", `127.0.0.1:${first},127.0.0.1:${second}`];
  const bytes = someBytes(2_000_000);
  await cluster.put(["CS1", "CS2"], "both", bytes);
  const index = await cluster.startIndex("--catalogue", url);
  await cluster.startMonitor(...both);
  // This one knows the first index only: the second one has it from the catalogue.
  await cluster.startContent("CS1");
  await cluster.startContent("CS2", ...both);
  const other = cluster.index("-v", "--port", `${second}`, "--catalogue", url);
  await other.see("ready");
  await other.see("server registered elsewhere", { id: "CS1" });
  const ls = (...flags: string[]) => cluster.client("ls", ...flags);
  await cluster.eventually("the second index lists it", async () => {
    return await ls("--index-host", `127.0.0.1:${second}`).output === `${bytes.length}\tboth\n`;
  });

  const gets = Array.from({ length: 8 }, (_, at) => {
    const flags = ["--out", `${cluster.folder}/out${at}`, "--limit-rate", "1M", ...both];
    return { path: `${cluster.folder}/out${at}`, process: cluster.client("get", "both", ...flags) };
  });
  await cluster.inMiddle(gets[0]!.process, gets[0]!.path, 100_000);
  await index.kill();
  // Clients that come after, and those whose holder dies now that one index has.
  await cluster.process("CS1").kill();
  gets.push({
    path: `${cluster.folder}/late`,
    process: cluster.client("get", "both", "--out", `${cluster.folder}/late`, ...both),
  });
  for (const { path, process } of gets) {
    assertEquals((await process.end()).code, 0, process.tail);
    assertEquals(shaOf(await Deno.readFile(path)), shaOf(bytes));
  }

  // A registration that comes while the first is away is there when it is back, from the catalogue.
  await cluster.put(["CS3"], "new", bytes.subarray(0, 10));
  await cluster.startContent("CS3", ...both);
  await cluster.eventually("CS3 is stored", async () => {
    return await ls("--index-host", `127.0.0.1:${second}`).output === `${bytes.length}\tboth\n10\tnew\n`;
  });
  await cluster.process("CS3").kill();
  await other.kill();
  const again = await cluster.startIndex("--catalogue", url);
  const ids = again.seen("server registered elsewhere").map(({ id }) => id).sort();
  assertEquals(ids, ["CS1", "CS2", "CS3"], again.tail);
});
