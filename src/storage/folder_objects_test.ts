import { assert, assertEquals, assertRejects, assertStringIncludes } from "@std/assert";
import {
  assertStorageError,
  bytesOf,
  names,
  type ObjectsBench,
  put,
  read,
  readText,
  textBytes,
  withObjects,
} from "../../tests/objects_bench.ts";
import { OBJECTS_CASES, ODD_NAMES } from "../../tests/objects_contract.ts";
import { checkAgainstMap } from "../../tests/objects_model.ts";
import { seededRandom } from "../base/random.ts";
import { VirtualClock } from "../base/virtual_clock.ts";
import { type VirtualEnv, virtualEnv } from "../env/virtual.ts";
import type { Files, OpenFile } from "../env/files.ts";
import { MemoryFiles } from "../env/memory_files.ts";
import { MemoryNetwork } from "../net/memory.ts";
import { BLOCK_BYTES } from "./block_digests.ts";
import { openFolderObjects } from "./folder_objects.ts";
import type { Objects } from "./objects.ts";

interface Machine {
  readonly env: VirtualEnv;
  readonly clock: VirtualClock;
  open(pid?: number): Promise<Objects>;
}

function newMachine(capacityBytes = Infinity): Machine {
  const clock = new VirtualClock();
  const random = seededRandom(1);
  const files = new MemoryFiles({ clock, capacityBytes });
  const net = new MemoryNetwork({ clock, random }).host("10.0.0.1");
  const env = virtualEnv({ clock, random, net, files });
  const of = (pid: number): VirtualEnv => ({ ...env, host: { ...env.host, pid } });
  return { env, clock, open: (pid = 1) => clock.until(openFolderObjects(of(pid), "/data")) };
}

function benchOf({ open }: Machine): ObjectsBench {
  return { open, thresholds: [BLOCK_BYTES] };
}

/** Paths of the files of all objects. */
async function objectFiles({ env }: Machine): Promise<string[]> {
  const found: string[] = [];
  for (const { name: folder } of await env.files.list("/data/objects")) {
    for (const { name } of await env.files.list(`/data/objects/${folder}`)) {
      found.push(`/data/objects/${folder}/${name}`);
    }
  }
  return found;
}

for (const { name, run } of OBJECTS_CASES) {
  Deno.test(`FolderObjects in memory: ${name}`, async () => {
    const machine = newMachine();
    await run(benchOf(machine));
    assertEquals(machine.env.files.openFiles, 0);
    assertEquals(await machine.env.files.list("/data/drafts"), []);
  });
}

Deno.test("FolderObjects holds what a map would after any sequence of changes", async () => {
  await checkAgainstMap(() => Promise.resolve(benchOf(newMachine())), 50);
});

Deno.test("openFolderObjects() removes drafts that were left behind, and nothing else", async () => {
  const machine = newMachine();
  await withObjects(benchOf(machine), (objects) => put(objects, "a", "1").then(() => {}));
  machine.env.files.write("/data/drafts/7", "half of someth");
  machine.env.files.write("/data/notes.txt", "mine");
  await withObjects(benchOf(machine), async (objects) => assertEquals(await names(objects), ["a"]));
  assertEquals(await machine.env.files.list("/data/drafts"), []);
  assertEquals(new TextDecoder().decode(machine.env.files.read("/data/notes.txt")), "mine");
});

Deno.test("FolderObjects.put() on a full disk keeps the old object, and leaves no draft", async () => {
  const machine = newMachine(400_000);
  await withObjects(benchOf(machine), async (objects) => {
    await put(objects, "a", bytesOf(100_000));
    const usedBytes = machine.env.files.usedBytes;
    await assertStorageError(put(objects, "a", bytesOf(500_000)), "full");
    await assertStorageError(put(objects, "b", bytesOf(500_000)), "full");
    assertEquals(machine.env.files.usedBytes, usedBytes);
    assertEquals((await read(objects, "a"))?.length, 100_000);
    await put(objects, "b", bytesOf(100_000, 2));
    assertEquals(await names(objects), ["a", "b"]);
  });
});

Deno.test("FolderObjects.put() that fails at any step leaves the old object, now and later", async () => {
  for (const operation of ["create", "writeAt", "sync", "rename"] as const) {
    const machine = newMachine();
    await withObjects(benchOf(machine), async (objects) => {
      await put(objects, "a", "old");
      machine.env.files.failNext(operation, "other");
      await assertStorageError(put(objects, "a", "new"), "other");
      assertEquals(await readText(objects, "a"), "old");
      assertEquals(await machine.env.files.list("/data/drafts"), []);
    });
    await withObjects(benchOf(machine), async (objects) => assertEquals(await readText(objects, "a"), "old"));
    assertEquals(machine.env.files.openFiles, 0);
  }
});

Deno.test("FolderObjects never gives out damaged bytes, says which file it is, and leaves it there", async () => {
  const bytes = bytesOf(BLOCK_BYTES + 500);
  // In the first line, the JSON, the filling, each of the two blocks, and the digest of each.
  for (const at of [0, 30, 120, 500, 600, -100, -20, -1]) {
    const machine = newMachine();
    await withObjects(benchOf(machine), (objects) => put(objects, "a", bytes).then(() => {}));
    const [path] = await objectFiles(machine);
    const stored = machine.env.files.read(path!);
    const damaged = stored.slice();
    damaged[at < 0 ? damaged.length + at : at]! ^= 0x10;
    machine.env.files.write(path!, damaged);
    await withObjects(benchOf(machine), async (objects) => {
      await assertStorageError(read(objects, "a"), "corrupt");
      await assertStorageError(read(objects, "a"), "corrupt");
      const told = machine.env.records.filter(({ event }) => event === "damaged object");
      assertEquals(told.map(({ fields }) => fields.path), [path]);
      assertEquals(machine.env.files.read(path!), damaged);
      await put(objects, "a", "mended");
      assertEquals(await readText(objects, "a"), "mended");
    });
    assertEquals(machine.env.files.openFiles, 0);
  }
});

Deno.test("FolderObjects gives out the whole blocks before a damaged one, and no other", async () => {
  const machine = newMachine();
  const bytes = bytesOf(3 * BLOCK_BYTES);
  await withObjects(benchOf(machine), async (objects) => {
    await put(objects, "a", bytes);
    const [path] = await objectFiles(machine);
    const stored = machine.env.files.read(path!);
    stored[stored.length - BLOCK_BYTES]! ^= 1;
    machine.env.files.overwrite(path!, stored);
    const opened = await objects.open("a");
    let count = 0;
    const reading = async (): Promise<void> => {
      for await (const piece of opened!.read()) {
        assertEquals(piece, bytes.subarray(count, count + piece.length));
        count += piece.length;
      }
    };
    await assertStorageError(reading(), "corrupt");
    await opened!.close();
    assertEquals(count, 2 * BLOCK_BYTES);
    assertEquals(await read(objects, "a", { start: 5, end: 9 }), bytes.slice(5, 9));
  });
});

Deno.test("FolderObjects takes a file that is cut off, too long, empty or of another name for damaged", async () => {
  const changes: ((stored: Uint8Array) => Uint8Array)[] = [
    (stored) => stored.subarray(0, stored.length - 1),
    (stored) => stored.subarray(0, 300),
    () => new Uint8Array(0),
    (stored) => new Uint8Array([...stored, 0]),
    () => textBytes("something else altogether"),
  ];
  for (const change of changes) {
    const machine = newMachine();
    await withObjects(benchOf(machine), async (objects) => {
      await put(objects, "a", "1");
      await put(objects, "b", "2");
    });
    const [path] = await objectFiles(machine);
    machine.env.files.write(path!, change(machine.env.files.read(path!)));
    await withObjects(benchOf(machine), async (objects) => {
      const results = await Promise.allSettled(["a", "b"].map((name) => objects.stat(name)));
      assertEquals(results.filter(({ status }) => status === "rejected").length, 1);
      assertEquals((await names(objects)).length, 1);
      // Whoever removes the name means the damaged file, too.
      assertEquals([await objects.remove("a"), await objects.remove("b")], [true, true]);
    });
    assertEquals(await objectFiles(machine), []);
  }
});

Deno.test("FolderObjects takes a file that was copied to another name for damaged", async () => {
  const machine = newMachine();
  await withObjects(benchOf(machine), (objects) => put(objects, "a", "1").then(() => {}));
  const [path] = await objectFiles(machine);
  const other = path!.replace(/.$/, (last) => last === "0" ? "1" : "0");
  machine.env.files.write(other, machine.env.files.read(path!));
  await withObjects(benchOf(machine), async (objects) => {
    assertEquals(await names(objects), ["a"]);
    assertEquals(await readText(objects, "a"), "1");
    assert(machine.env.records.some(({ event, fields }) => event === "damaged object" && fields.path === other));
  });
});

Deno.test("FolderObjects names files safely: in hex, two levels, all as long", async () => {
  const machine = newMachine();
  await withObjects(benchOf(machine), async (objects) => {
    for (const name of ODD_NAMES) await put(objects, name, name);
  });
  for (const path of await objectFiles(machine)) {
    const [, folder, key] = /^\/data\/objects\/([0-9a-f]{2})\/([0-9a-f]{64})$/.exec(path) ?? [];
    assert(folder !== undefined && key!.startsWith(folder), path);
  }
});

Deno.test("FolderObjects.put() keeps generations rising when the clock is set back, also after a removal", async () => {
  const machine = newMachine();
  let last = 0;
  for (const name of ["a", "b", "a"]) {
    await withObjects(benchOf(machine), async (objects) => {
      const { generation } = await put(objects, name, "1");
      assert(generation > last);
      last = generation;
      await objects.remove(name);
    });
    machine.clock.jumpWall(-86_400_000);
  }
});

Deno.test("openFolderObjects() refuses a folder that another process uses, and names that", async () => {
  const machine = newMachine();
  const objects = await machine.open(4_711);
  const error = await assertRejects(() => machine.open(2));
  assertStringIncludes(`${error}`, "Cannot use the folder /data: process 4711 has it");
  await objects.close();
  await (await machine.open(2)).close();
  assertEquals(machine.env.files.openFiles, 0);
  assertEquals(machine.clock.pending, 0);
});

Deno.test("openFolderObjects() takes over the folder of a process that was killed, after some seconds", async () => {
  for (const text of ["microcdn 99 abc 000000000007\n", ""]) {
    const machine = newMachine();
    machine.env.files.write("/data/lock", text);
    const beganMs = machine.clock.now();
    await (await machine.open()).close();
    const tookMs = machine.clock.now() - beganMs;
    assert(tookMs >= 5_000 && tookMs < 6_000, `${tookMs}`);
    assertEquals((await machine.env.files.list("/data")).map(({ name }) => name).includes("lock"), false);
  }
});

Deno.test("FolderObjects stops its work when another process has taken its folder", async () => {
  const machine = newMachine();
  const objects = await machine.open();
  await put(objects, "a", "1");
  machine.env.files.write("/data/lock", "microcdn 99 abc 000000000007\n");
  await machine.clock.advance(1_500);
  assertStringIncludes(objects.failure!, "another process has taken /data");
  await assertStorageError(put(objects, "a", "2"), "unavailable");
  await objects.close();
  // Not ours to remove.
  assertEquals(new TextDecoder().decode(machine.env.files.read("/data/lock")), "microcdn 99 abc 000000000007\n");
});

/** Files that note in which order the steps were done on which a stored object's life after a power failure depends. */
function noted(files: Files, steps: string[]): Files {
  async function create(path: string): Promise<OpenFile> {
    const file = await files.create(path);
    const sync = (): Promise<void> => file.sync().finally(() => steps.push("file on disk"));
    return bound(file, { sync });
  }
  return bound(files, {
    create,
    rename: (from, to) => files.rename(from, to).finally(() => steps.push("renamed")),
    remove: (path) => files.remove(path).finally(() => steps.push("removed")),
    syncFolder: (folder) => files.syncFolder(folder).finally(() => steps.push(`names on disk: ${folder}`)),
  });
}

function bound<T extends object>(target: T, changes: Partial<T>): T {
  return new Proxy(target, {
    get(_, name): unknown {
      const value = Reflect.get(changes, name) ?? Reflect.get(target, name);
      return typeof value === "function" ? value.bind(target) : value;
    },
  });
}

Deno.test("FolderObjects waits for the disk before it shows an object, and after", async () => {
  const { env, clock } = newMachine();
  const steps: string[] = [];
  const objects = await clock.until(openFolderObjects({ ...env, files: noted(env.files, steps) }, "/data"));
  steps.length = 0;
  await put(objects, "a", "1");
  // The SHA-256 of "a" begins with ca.
  assertEquals(steps, ["file on disk", "renamed", "names on disk: /data/objects/ca"]);
  steps.length = 0;
  await objects.remove("a");
  assertEquals(steps.slice(-2), ["removed", "names on disk: /data/objects/ca"]);
  await objects.close();
});
