import { assert, assertEquals, assertStringIncludes } from "@std/assert";
import { TextLineStream } from "@std/streams";
import { seededRandom } from "../src/base/random.ts";
import { type Clock, systemClock } from "../src/base/clock.ts";
import { createLog, type LogRecord } from "../src/env/log.ts";
import { systemEnv } from "../src/env/runtime.ts";
import { BLOCK_BYTES } from "../src/storage/block_digests.ts";
import { type FolderObjectsEnv, openFolderObjects } from "../src/storage/folder_objects.ts";
import type { Objects } from "../src/storage/objects.ts";
import { assertSameBytes, names, type ObjectsBench, put, read, withObjects } from "./objects_bench.ts";
import { OBJECTS_CASES } from "./objects_contract.ts";
import { checkAgainstMap } from "./objects_model.ts";
import { NAMES, roundBytes, roundOf } from "./objects_rounds.ts";
import { UNSHARE, whyNoMounts } from "./private_mounts.ts";
import { withFolder } from "./temporary_folder.ts";

/** How many times as fast a clock goes for which nobody wants to wait. */
const SPEED = 50;

function quietEnv(records: LogRecord[] = []): FolderObjectsEnv {
  return systemEnv({ log: createLog({ clock: systemClock(), sink: (record) => records.push(record) }) });
}

function benchOf(folder: string): ObjectsBench {
  return { open: () => openFolderObjects(quietEnv(), folder), thresholds: [BLOCK_BYTES] };
}

for (const { name, run } of OBJECTS_CASES) {
  Deno.test(`FolderObjects on disk: ${name}`, () => withFolder((folder) => run(benchOf(`${folder}/below/data`))));
}

Deno.test("FolderObjects on disk holds what a map would after any sequence of changes", async () => {
  let count = 0;
  await withFolder((folder) => checkAgainstMap(() => Promise.resolve(benchOf(`${folder}/${count++}`)), 5));
});

/** Opens a folder whose holder was killed, on a clock that goes fast: the lock becomes stale in a moment. */
async function openSoon(folder: string): Promise<Objects> {
  const real = systemClock();
  const clock: Clock = {
    now: () => real.now() * SPEED,
    unixMs: () => real.unixMs(),
    schedule: (delayMs, run) => real.schedule(delayMs / SPEED, run),
  };
  return await openFolderObjects({ ...quietEnv(), clock }, folder);
}

interface Killed {
  /** By name: the last round that was said to be done; negative for a removal. */
  readonly done: Map<string, number>;
  /** By name: the last round that was begun. */
  readonly begun: Map<string, number>;
}

/** Lets a program store objects, and kills it when it has said so many lines. */
async function killAfter(lines: number, args: readonly string[]): Promise<Killed> {
  const child = new Deno.Command(Deno.execPath(), {
    args: ["run", "-q", "--no-prompt", "-A", new URL("objects_writer.ts", import.meta.url).pathname, ...args],
    stdin: "null",
    stdout: "piped",
    stderr: "inherit",
  }).spawn();
  const told: Killed = { done: new Map(), begun: new Map() };
  let count = 0;
  for await (const line of child.stdout.pipeThrough(new TextDecoderStream()).pipeThrough(new TextLineStream())) {
    // The last line may be half of one.
    const [, verb, name, round] = /^(BEGIN|DONE) (\S+) (-?\d+)$/.exec(line) ?? [];
    if (name !== undefined) (verb === "DONE" ? told.done : told.begun).set(name, Number(round));
    if (++count === lines) child.kill("SIGKILL");
  }
  await child.status;
  return told;
}

Deno.test("FolderObjects on disk has every object that was acknowledged after kill -9 at any moment", async () => {
  const random = seededRandom(6);
  await withFolder(async (folder) => {
    let first = 0;
    for (let kill = 0; kill < 8; kill++) {
      const lines = 1 + Math.floor(random.next() * 60);
      const { done, begun } = await killAfter(lines, [folder, `${kill}`, `${first}`]);
      const objects = await openSoon(folder);
      try {
        assertEquals([...Deno.readDirSync(`${folder}/drafts`)], []);
        for (const name of NAMES) {
          const bytes = await read(objects, name);
          const round = bytes === undefined ? undefined : roundOf(bytes);
          if (bytes !== undefined) assertSameBytes(bytes, roundBytes(round!));
          const last = done.get(name);
          // What was begun last may have been done, too, without having been said.
          const possible = [last, begun.get(name)].map((one) => one !== undefined && one < 0 ? undefined : one);
          const isKnown = possible.includes(round) || (last === undefined && (round ?? 0) < first);
          assert(isKnown, `kill ${kill}: "${name}" has round ${round}, possible are ${possible}`);
        }
      } finally {
        await objects.close();
      }
      first += 3_000;
    }
  });
});

Deno.test("openFolderObjects() on disk refuses a second process with a clear line", async () => {
  await withFolder(async (folder) => {
    await withObjects(benchOf(folder), async (objects) => {
      await put(objects, "a", "1");
      const { success, stderr } = await new Deno.Command(Deno.execPath(), {
        args: ["run", "-q", "-A", new URL("objects_writer.ts", import.meta.url).pathname, folder, "1", "0"],
      }).output();
      assertEquals(success, false);
      const line = new TextDecoder().decode(stderr);
      assertStringIncludes(line, `Cannot use the folder ${folder}: process ${Deno.pid} has it`);
      assertEquals(await names(objects), ["a"]);
    });
  });
});

Deno.test("FolderObjects on a full disk says so, keeps the old object, and leaves no draft", async (t) => {
  const missing = await whyNoMounts();
  if (missing !== undefined) {
    await t.step({ name: `SKIPPED: nothing can be mounted: ${missing}`, ignore: true, fn: () => {} });
    return;
  }
  await withFolder(async (folder) => {
    const program = new URL("objects_on_full_disk.ts", import.meta.url).pathname;
    const script = `mount -t tmpfs -o size=4m tmpfs "$1" && exec "$2" run -q --no-prompt -A "$3" "$1"`;
    const args = [UNSHARE, "sh", "-c", script, "sh", folder, Deno.execPath(), program];
    const { success, stderr } = await new Deno.Command("unshare", { args, stdin: "null" }).output();
    assert(success, new TextDecoder().decode(stderr));
  });
});
