import { assertEquals, assertRejects } from "@std/assert";
import {
  CATALOGUE_CASES,
  contentOf,
  DURABLE_CASES,
  SHA_A,
  storedVersion,
} from "../../tests/meta_catalogue_contract.ts";
import { MAX_VERSIONS_KEPT, openSqliteCatalogue } from "./sqlite_catalogue.ts";
import { openSqlite } from "./sqlite_engine.ts";
import { StorageError } from "./storage_error.ts";

async function withFolder(run: (folder: string) => Promise<void>): Promise<void> {
  const folder = await Deno.makeTempDir({ prefix: "microcdn-catalogue-" });
  try {
    await run(folder);
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
}

for (const { name, run } of CATALOGUE_CASES) {
  Deno.test(`SqliteCatalogue in memory: ${name}`, async () => {
    const catalogue = await openSqliteCatalogue(":memory:");
    try {
      await run(catalogue);
    } finally {
      await catalogue.close();
    }
  });
}

for (const { name, run } of DURABLE_CASES) {
  Deno.test(`SqliteCatalogue in a file: ${name}`, async () => {
    await withFolder((folder) => run(() => openSqliteCatalogue(`${folder}/meta.db`)));
  });
}

Deno.test("openSqliteCatalogue() lets nobody else have the file meanwhile", async () => {
  await withFolder(async (folder) => {
    const path = `${folder}/meta.db`;
    const first = await openSqliteCatalogue(path);
    const error = await assertRejects(() => openSqliteCatalogue(path, { busyMs: 50 }), StorageError);
    assertEquals(error.code, "unavailable");
    await first.close();
    await (await openSqliteCatalogue(path)).close();
  });
});

Deno.test("openSqliteCatalogue() refuses what it cannot read", async () => {
  await withFolder(async (folder) => {
    const code = async (path: string): Promise<string> =>
      (await assertRejects(() => openSqliteCatalogue(path), StorageError)).code;
    assertEquals(await code(`${folder}/missing/meta.db`), "unavailable");
    await Deno.writeTextFile(`${folder}/text.db`, "no database ".repeat(1_000));
    assertEquals(await code(`${folder}/text.db`), "corrupt");
    const database = await openSqlite(`${folder}/later.db`);
    database.exec("PRAGMA user_version = 1000");
    database.close();
    assertEquals(await code(`${folder}/later.db`), "unsupported");
  });
});

Deno.test("SqliteCatalogue keeps the last versions of a file in file_timestamps", async () => {
  await withFolder(async (folder) => {
    const path = `${folder}/meta.db`;
    const catalogue = await openSqliteCatalogue(path);
    for (let generation = 1; generation <= MAX_VERSIONS_KEPT + 20; generation++) {
      await catalogue.publish([{ name: "a", ...storedVersion(SHA_A, generation) }], 0);
    }
    await catalogue.publish([{ name: "b", ...storedVersion(SHA_A, 1) }], 0);
    await catalogue.close();
    const database = await openSqlite(path);
    const rows = database.prepare(
      "SELECT file_name AS name, count(*) AS count, max(generation) AS last FROM file_timestamps GROUP BY file_name ORDER BY 1",
    ).all();
    assertEquals(rows.map((row) => ({ ...row })), [
      { name: "a", count: MAX_VERSIONS_KEPT, last: MAX_VERSIONS_KEPT + 20 },
      { name: "b", count: 1, last: 1 },
    ]);
    database.close();
  });
});

Deno.test("SqliteCatalogue loses nothing that it said was done when it is killed", async () => {
  await withFolder(async (folder) => {
    const path = `${folder}/meta.db`;
    const script = new URL("../../tests/catalogue_program/sqlite_writer.ts", import.meta.url).pathname;
    const writer = new Deno.Command(Deno.execPath(), {
      args: ["run", "-q", "--no-prompt", "--allow-read", "--allow-write", script, path],
      stdout: "piped",
      stdin: "null",
    }).spawn();
    // Each line that it wrote is a version that was acknowledged.
    let text = "";
    for await (const chunk of writer.stdout.pipeThrough(new TextDecoderStream())) {
      text += chunk;
      if (text.split("\n").length > 300) {
        try {
          writer.kill("SIGKILL");
        } catch {
          // It is dead already.
        }
      }
    }
    await writer.status;
    const acknowledged = text.split("\n").slice(0, -1).map(Number);
    const catalogue = await openSqliteCatalogue(path);
    assertEquals(acknowledged.filter((i) => catalogue.file(`file ${i}`)?.sha256 !== SHA_A), []);
    const before = contentOf(catalogue);
    await catalogue.close();
    const again = await openSqliteCatalogue(path);
    assertEquals(contentOf(again), before);
    await again.close();
  });
});
