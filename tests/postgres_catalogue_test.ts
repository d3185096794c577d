/**
 * Catalogues in a real PostgreSQL server, which is killed and started again.
 */

import { assert, assertEquals, assertRejects } from "@std/assert";
import pg from "pg";
import { systemClock } from "../src/base/clock.ts";
import { systemRandom } from "../src/base/random.ts";
import { createLog, type LogRecord } from "../src/env/log.ts";
import type { MetaCatalogue } from "../src/storage/meta_catalogue.ts";
import { openPostgresCatalogue, type PostgresCatalogueOptions } from "../src/storage/postgres_catalogue.ts";
import { StorageError } from "../src/storage/storage_error.ts";
import { CATALOGUE_CASES, contentOf, DURABLE_CASES, SHA_A, SHA_B, storedVersion } from "./meta_catalogue_contract.ts";
import { testWith } from "./missing_programs.ts";
import { PrivatePostgres } from "./private_postgres.ts";
import { TcpRelay } from "./tcp_relay.ts";
import { until } from "./until.ts";

const clock = systemClock();
const QUICK = { openMs: 10_000, changeMs: 2_000, connectMs: 1_000 };
const DEADLINE = { deadlineMs: 20_000 };

/** A database of a test's own, and the catalogues that it opens. */
class Lab implements AsyncDisposable {
  readonly records: LogRecord[] = [];
  readonly server: PrivatePostgres;
  readonly database: string;
  readonly #open: MetaCatalogue[] = [];

  private constructor(server: PrivatePostgres, database: string) {
    this.server = server;
    this.database = database;
  }

  static async begin(server: PrivatePostgres): Promise<Lab> {
    return new Lab(server, await server.createDatabase());
  }

  async open(port?: number, options: PostgresCatalogueOptions = QUICK): Promise<MetaCatalogue> {
    const url = this.server.url(this.database, port === undefined ? {} : { port });
    const catalogue = await this.openAt(url, options);
    this.#open.push(catalogue);
    return catalogue;
  }

  openAt(url: string, options: PostgresCatalogueOptions = QUICK): Promise<MetaCatalogue> {
    const log = createLog({ clock, level: "debug", sink: (record) => this.records.push(record) });
    return openPostgresCatalogue({ clock, random: systemRandom(), log }, url, options);
  }

  sql(statement: string): Promise<string> {
    return this.server.sql(statement, this.database);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await Promise.all(this.#open.map((catalogue) => catalogue.close()));
    const said = JSON.stringify(this.records);
    assert(!said.includes(this.server.password) && !said.includes(encodeURIComponent(this.server.password)), said);
  }
}

/** Publishes files one after the other, and keeps what was said to be done. */
class Load {
  readonly acknowledged = new Map<string, number>();
  readonly failures: StorageError[] = [];
  #isOver = false;
  readonly #workers: Promise<void>[];

  constructor(catalogues: readonly MetaCatalogue[], workers = 3) {
    this.#workers = catalogues.flatMap((catalogue, c) =>
      Array.from({ length: workers }, (_, w) => this.#work(catalogue, `${c}.${w}`))
    );
  }

  /** Waits until so many more are done. */
  async more(count: number): Promise<void> {
    const end = this.acknowledged.size + count;
    await until(() => this.acknowledged.size >= end, DEADLINE);
  }

  async end(): Promise<void> {
    this.#isOver = true;
    await Promise.all(this.#workers);
  }

  /** What was said to be done, and is not there. */
  lostAt(catalogue: MetaCatalogue): string[] {
    return [...this.acknowledged].filter(([name, generation]) => (catalogue.file(name)?.generation ?? 0) < generation)
      .map(([name]) => name);
  }

  async #work(catalogue: MetaCatalogue, worker: string): Promise<void> {
    for (let i = 1; !this.#isOver; i++) {
      const name = `load/${worker}/${i >> 1}`;
      try {
        await catalogue.publish([{ name, ...storedVersion(i % 2 === 0 ? SHA_A : SHA_B, i) }], i);
        this.acknowledged.set(name, i);
      } catch (error) {
        if (!(error instanceof StorageError) || !["unavailable", "timeout"].includes(error.code)) throw error;
        this.failures.push(error);
        await new Promise((resolve) => clock.schedule(5, () => resolve(undefined)));
      }
    }
  }
}

async function same(...catalogues: MetaCatalogue[]): Promise<void> {
  const isSame = (): boolean => new Set(catalogues.map((one) => JSON.stringify(contentOf(one)))).size === 1;
  await until(isSame, DEADLINE);
}

const version = (sha256: string, generation: number, name = "a") => ({ name, ...storedVersion(sha256, generation) });

async function startTogether(lab: Lab): Promise<void> {
  const catalogues = await Promise.all(Array.from({ length: 6 }, () => lab.open()));
  assertEquals(await lab.sql("SELECT count(*), max(version) FROM microcdn_migrations"), "2|2\n");
  const nodes = await Promise.all(catalogues.map((one) => one.register({ address: "n:1", lat: 1, lng: 2 }, 5)));
  assertEquals(new Set(nodes.map(({ id }) => id)).size, 1);
  assertEquals(
    await lab.sql(
      `SELECT count(*) FROM pg_tables WHERE tablename IN ('cdn_nodes', 'files', 'cdn_file_mappings', 'file_timestamps')`,
    ),
    "4\n",
  );
}

async function seeEachOther(lab: Lab): Promise<void> {
  const [a, b] = [await lab.open(), await lab.open()];
  const { id } = await a.register({ address: "n:1", lat: 1, lng: 2 }, 5);
  await until(() => b.node(id) !== undefined, DEADLINE);
  await b.publish([{ ...version(SHA_A, 1), holder: id }], 6);
  await until(() => a.file("a")?.holders.get(id) === `1|${SHA_A}`, DEADLINE);
  // What both change at once comes out as one order.
  const results = await Promise.all(
    Array.from({ length: 40 }, (_, i) => (i % 2 === 0 ? a : b).publish([version(SHA_B, i + 2)], i)),
  );
  assertEquals(results.flat().filter(({ kind }) => kind === "changed").length, 1);
  await same(a, b);
  assertEquals([a.file("a")!.generation, [...a.staleAt(id, 9)]], [41, ["a"]]);
  await b.remove("a");
  await until(() => a.file("a")?.isRemoved === true, DEADLINE);
  await a.release([{ name: "a", nodeId: id, bytes: undefined }]);
  await until(() => b.file("a") === undefined, DEADLINE);
  await same(a, b, await lab.open());
}

async function orderBeats(lab: Lab): Promise<void> {
  const [a, b] = [await lab.open(), await lab.open()];
  const { id } = await a.register({ address: "n:1", lat: 1, lng: 2 }, 5);
  await until(() => b.node(id) !== undefined, DEADLINE);
  let [heardByB, isKnownToA] = [0, false];
  b.listen({ onBeat: () => void heardByB++ });
  for (let round = 1; round <= 50; round++) {
    // Either the beat is older than the change, and b has heard it; or newer, and a knows of the change.
    const beat = a.beat(id).then(() => isKnownToA = a.file("a")?.generation === round);
    const change = b.publish([version(SHA_A, round)], 0).then(() => heardByB);
    const [, heard] = await Promise.all([beat, change]);
    assert(isKnownToA || heard === round, `round ${round}: the beat passed the change unseen`);
    await until(() => heardByB === round, DEADLINE);
  }
}

async function surviveTermination(lab: Lab): Promise<void> {
  const [a, b] = [await lab.open(), await lab.open()];
  const load = new Load([a, b]);
  for (let round = 0; round < 15; round++) {
    await load.more(20);
    await lab.server.terminateBackends();
  }
  await load.more(20);
  await load.end();
  await same(a, b);
  assertEquals(load.lostAt(a), []);
}

async function surviveDrops(lab: Lab): Promise<void> {
  await using relay = new TcpRelay(lab.server.port);
  const [a, b] = [await lab.open(relay.port), await lab.open()];
  const load = new Load([a, b]);
  for (let round = 0; round < 15; round++) {
    await load.more(20);
    relay.drop();
  }
  await load.more(20);
  await load.end();
  await same(a, b);
  assertEquals(load.lostAt(b), []);
}

async function surviveKill(lab: Lab): Promise<void> {
  const [a, b] = [await lab.open(), await lab.open()];
  const { id } = await a.register({ address: "n:1", lat: 1, lng: 2 }, 5);
  const load = new Load([a, b]);
  for (let round = 0; round < 3; round++) {
    await load.more(30);
    await lab.server.kill();
    const startMs = clock.now();
    const error = await assertRejects(async () => {
      // One that was under way may have been committed.
      for (;;) await a.publish([version(SHA_A, round + 1)], 0);
    }, StorageError);
    assert(["unavailable", "timeout"].includes(error.code) && clock.now() - startMs < 6_000, error.message);
    assertEquals((await assertRejects(() => a.publish([version(SHA_A, 1)], 0), StorageError)).code, "unavailable");
    await assertRejects(() => a.beat(id), StorageError);
    assert(a.failure !== undefined);
    assert(a.files().length > 0 && a.node(id) !== undefined);
    await lab.server.restart();
    await until(() => a.failure === undefined && b.failure === undefined, DEADLINE);
  }
  await load.more(30);
  await load.end();
  await same(a, b, await lab.open());
  assertEquals(load.lostAt(a), []);
  await a.beat(id);
}

async function catchUp(lab: Lab): Promise<void> {
  await using relay = new TcpRelay(lab.server.port);
  const [a, b] = [await lab.open(relay.port), await lab.open()];
  const { id } = await b.register({ address: "n:1", lat: 1, lng: 2 }, 5);
  await b.publish([{ ...version(SHA_A, 1, "gone") }, { ...version(SHA_A, 1, "held"), holder: id }], 0);
  await same(a, b);
  let gaps = 0;
  a.listen({ onGap: () => void gaps++ });
  for (const isLong of [false, true]) {
    relay.mode = "closed";
    relay.drop();
    await until(() => a.failure !== undefined, DEADLINE);
    assertEquals(a.file("held")?.sha256, isLong ? SHA_B : SHA_A);
    await b.publish(Array.from({ length: 2_500 }, (_, i) => version(SHA_A, 1, `many/${isLong}/${i}`)), 0);
    await b.publish([version(SHA_B, 2, "held"), version(SHA_A, 9, "gone too")], 0);
    await b.remove(isLong ? "gone too" : "gone");
    await b.register({ address: "n:1", lat: isLong ? 50 : 40, lng: 2 }, 5);
    if (isLong) {
      // So long that files which are gone are forgotten.
      await lab.sql("UPDATE files SET changed_at = now() - interval '25 hours' WHERE is_removed");
      const last = await lab.open();
      await last.publish([version(SHA_A, 1, "last")], 0);
      assertEquals(await lab.sql("SELECT count(*) FROM files WHERE is_removed"), "0\n");
    }
    relay.mode = "open";
    await same(a, b);
    assertEquals([a.node(id)!.lat, a.file(isLong ? "gone too" : "gone")], [isLong ? 50 : 40, undefined]);
  }
  assertEquals(gaps, 2);
}

async function loseCommitAnswer(lab: Lab): Promise<void> {
  await using relay = new TcpRelay(lab.server.port);
  const a = await lab.open(relay.port);
  await a.publish([version(SHA_A, 1)], 0);
  relay.onRequest = (bytes) => new TextDecoder().decode(bytes).includes("COMMIT");
  const error = await assertRejects(() => a.publish([version(SHA_B, 2)], 0), StorageError);
  assertEquals(error.code, "timeout");
  relay.onRequest = () => false;
  // It was committed, is read, and may be repeated.
  await until(() => a.file("a")?.sha256 === SHA_B, DEADLINE);
  assertEquals((await a.publish([version(SHA_B, 2)], 0))[0]!.kind, "same");
}

async function meetSilence(lab: Lab): Promise<void> {
  await using relay = new TcpRelay(lab.server.port);
  const a = await lab.open(relay.port);
  const { id } = await a.register({ address: "n:1", lat: 1, lng: 2 }, 5);
  relay.mode = "silent";
  const startMs = clock.now();
  const [change, beat] = await Promise.allSettled([a.publish([version(SHA_A, 1)], 0), a.beat(id)]);
  assert(change.status === "rejected" && beat.status === "rejected");
  assertEquals([change.reason.code, beat.reason.code], ["unavailable", "unavailable"]);
  assert(clock.now() - startMs < 8_000);
  relay.mode = "open";
  relay.drop();
  await until(() => a.failure === undefined, DEADLINE);
  await a.publish([version(SHA_A, 1)], 0);
}

async function passStuckOne(lab: Lab): Promise<void> {
  const a = await lab.open(undefined, { ...QUICK, changeMs: 6_000 });
  const server = new URL(lab.server.url(lab.database));
  const client = new pg.Client({
    host: server.hostname,
    port: Number(server.port),
    user: "postgres",
    password: lab.server.password,
    database: lab.database,
    ssl: false,
    idle_in_transaction_session_timeout: 2_000,
  });
  client.on("error", () => {});
  await client.connect();
  // As a meta server that is stopped in the middle of a change.
  await client.query("BEGIN");
  await client.query("UPDATE microcdn_state SET revision = revision + 1");
  await a.publish([version(SHA_A, 1)], 0);
  await client.end().catch(() => {});
}

async function refuse(lab: Lab): Promise<void> {
  const open = (url: string) => assertRejects(() => lab.openAt(url, { ...QUICK, openMs: 300 }), StorageError);
  const { server, database } = lab;
  const wrong = await open(server.url(database, { password: "not the secret" }));
  assertEquals(wrong.code, "denied");
  assert(!wrong.message.includes("not the secret"));
  const nobody = await open(server.url(database, { port: 9 }));
  assertEquals(nobody.code, "unavailable");
  assert(!nobody.message.includes(encodeURIComponent(server.password)));
  const reason = new Error("stopped");
  const stopped = lab.openAt(server.url(database, { port: 9 }), { ...QUICK, signal: AbortSignal.abort(reason) });
  assertEquals(await assertRejects(() => stopped), reason);
  assertEquals((await open(`postgres://user:secret@127.0.0.1:${server.port}/%`)).code, "unsupported");
  await lab.open();
  await lab.sql("INSERT INTO microcdn_migrations (version) VALUES (1000)");
  assertEquals((await open(server.url(database))).code, "unsupported");
}

async function keepVersions(lab: Lab): Promise<void> {
  const a = await lab.open();
  for (let generation = 1; generation <= 120; generation++) await a.publish([version(SHA_A, generation)], 0);
  assertEquals(
    await lab.sql("SELECT file_name, count(*), max(generation) FROM file_timestamps GROUP BY 1"),
    "a|100|120\n",
  );
}

async function waitForServer(lab: Lab): Promise<void> {
  await lab.server.kill();
  const opening = lab.open();
  await until(() => lab.records.some(({ event }) => event === "waiting for the catalogue"), DEADLINE);
  await lab.server.restart();
  await (await opening).publish([version(SHA_A, 1)], 0);
}

testWith([], "PostgresCatalogue keeps what every catalogue promises, whatever becomes of the server", async (t) => {
  await using server = await PrivatePostgres.start();
  const step = async (name: string, run: (lab: Lab) => Promise<void>): Promise<void> => {
    await t.step(name, async () => {
      await using lab = await Lab.begin(server);
      await run(lab);
    });
  };
  for (const { name, run } of CATALOGUE_CASES) await step(name, async (lab) => await run(await lab.open()));
  for (const { name, run } of DURABLE_CASES) await step(name, (lab) => run(() => lab.open()));
  await step("several that start together bring the tables up to date once", startTogether);
  await step("two on one database see each other's changes", seeEachOther);
  await step("a beat is heard before a change, or knows of it", orderBeats);
  await step("it refuses what it cannot open, and says no password", refuse);
  await step("file_timestamps keeps the last versions of a file", keepVersions);
  await step("one that hangs in the middle of a change does not hold up the others", passStuckOne);
  await step("a commit whose answer is lost is a timeout, and safe to repeat", loseCommitAnswer);
  await step("a server that says nothing is found out in time", meetSilence);
  await step("what changed while it was away is caught up with", catchUp);
  await step("connections that the server ends cost nothing", surviveTermination);
  await step("connections that break cost nothing", surviveDrops);
  await step("a server that is killed comes back with all that was said to be done", surviveKill);
  await step("it waits for a server that is not there yet", waitForServer);
});
