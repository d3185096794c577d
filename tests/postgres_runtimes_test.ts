/**
 * A catalogue in PostgreSQL on every runtime, with no more permissions than it needs, while the server is killed.
 */

import { assert, assertEquals } from "@std/assert";
import { bundle } from "../tasks/build/bundle.ts";
import { ROOT } from "../tasks/cluster/surroundings.ts";
import { testWith } from "./missing_programs.ts";
import { PrivatePostgres } from "./private_postgres.ts";
import { RUNTIMES } from "./real_runtime.ts";
import { withFolder } from "./temporary_folder.ts";
import { until } from "./until.ts";

const DEADLINE = { deadlineMs: 30_000 };
const ROUNDS = 6;

/** Has a program write while connections and the server end, and looks whether what it said was done is there. */
async function assertWrites(postgres: PrivatePostgres, [command, ...args]: [string, ...string[]]): Promise<void> {
  const database = await postgres.createDatabase();
  const program = new Deno.Command(command, {
    args: [...args, postgres.url(database)],
    cwd: ROOT,
    stdin: "piped",
    stdout: "piped",
    stderr: "piped",
  }).spawn();
  const errors = new Response(program.stderr).text();
  const lines: string[] = [];
  const reading = (async () => {
    for await (const text of program.stdout.pipeThrough(new TextDecoderStream())) {
      lines.push(...text.split("\n").filter((line) => line !== ""));
    }
  })();
  let isOver = false;
  const ended = program.status.finally(() => isOver = true);
  const more = async (): Promise<void> => {
    const end = lines.length + 10;
    await until(() => isOver || lines.length >= end, DEADLINE);
    if (isOver) throw new Error(await errors);
  };
  try {
    for (let round = 0; round < ROUNDS; round++) {
      await more();
      if (round % 3 < 2) await postgres.terminateBackends();
      else {
        await postgres.kill();
        await postgres.restart();
      }
    }
    await more();
  } finally {
    await program.stdin.close();
    await ended;
    await reading;
  }
  const { success } = await ended;
  assert(success, await errors);
  assertEquals(lines.pop(), "closed");
  const generation = Number(await postgres.sql("SELECT generation FROM files WHERE name = 'a'", database));
  assert(generation >= Number(lines.at(-1)), `${generation} after ${lines.at(-1)}`);
}

testWith(RUNTIMES, "a catalogue in PostgreSQL holds on Deno, Node and Bun while the server is killed", async () => {
  await using postgres = await PrivatePostgres.start();
  const permissions = ["--no-prompt", "--allow-net", "--allow-env=PG*"];
  const deno = [Deno.execPath(), "run", "--quiet", ...permissions] as const;
  await assertWrites(postgres, [...deno, "--config", `${ROOT}/deno.json`, "tests/catalogue_program/program.ts"]);
  await withFolder(async (folder) => {
    const to = `${folder}/program.mjs`;
    await bundle({ entry: "tests/catalogue_program/packed.ts", to, signal: new AbortController().signal });
    await assertWrites(postgres, [...deno, "--no-config", to]);
    for (const runtime of RUNTIMES) await assertWrites(postgres, [runtime, to]);
  });
});
