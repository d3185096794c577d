/**
 * The contract of every layer of an edge node's cache.
 *
 * @module
 */

import { assert, assertEquals, assertRejects } from "@std/assert";
import fc from "fast-check";
import type { EdgeObject } from "../src/core/edge_object.ts";
import { seededRandom } from "../src/base/random.ts";
import type { CacheLayer, CopyDraft } from "../src/storage/cache_layer.ts";
import { StorageError } from "../src/storage/storage_error.ts";
import { shaOf } from "./download_lab.ts";
import { until } from "./until.ts";

/** What a layer is tried with. */
export interface CacheLayerBench {
  /** A layer of at most so many bytes, the same again for the same place if it outlives its process. */
  open(maxBytes: number): Promise<CacheLayer>;
  /** Whether copies are there again when it is opened again. */
  readonly outlives: boolean;
  /** Ends what was started for it. */
  close(): Promise<void>;
}

/** Registers a test for each promise. */
export type CacheLayerTest = (name: string, run: (bench: CacheLayerBench) => Promise<void>) => void;

/** More than any case needs; a quarter of it is more than any object of a case. */
const ROOM_BYTES = 16_000_000;
/** What no layer takes for keeping a copy of a few bytes. */
const MAX_COST_BYTES = 8_192;

/** Bytes that differ from each other by seed. */
export function bytesOf(seed: number, sizeBytes: number): Uint8Array<ArrayBuffer> {
  const random = seededRandom(seed);
  return Uint8Array.from({ length: sizeBytes }, () => Math.floor(random.next() * 256));
}

/** An object of these bytes. */
export function objectOf(bytes: Uint8Array<ArrayBuffer>, generation = 1): EdgeObject {
  const sha256 = shaOf(bytes);
  const version = { hash: sha256, timestamp: `2026-01-31 ${generation}` };
  return { ...version, sha256, generation, sizeBytes: bytes.length, modifiedMs: 1_700_000_000_000 + generation };
}

/** Keeps a copy; says whether it is kept. */
export async function keep(
  layer: CacheLayer,
  name: string,
  bytes: Uint8Array<ArrayBuffer>,
  generation = 1,
): Promise<boolean> {
  const draft = await layer.begin(name, { sizeBytes: bytes.length });
  if (draft === undefined) return false;
  try {
    await writeAll(draft, bytes);
    return await draft.commit(objectOf(bytes, generation));
  } finally {
    await draft.close();
  }
}

/** Reads a copy; `undefined` if there is none. */
export async function lookUp(layer: CacheLayer, name: string): Promise<Uint8Array | undefined> {
  const copy = await layer.open(name);
  if (copy === undefined) return undefined;
  try {
    const bytes = await collect(copy.read());
    assertEquals(shaOf(bytes), copy.object.sha256, `${name} has the bytes of its object`);
    return bytes;
  } finally {
    await copy.close();
  }
}

/** Puts pieces together. */
export async function collect(pieces: AsyncIterable<Uint8Array>): Promise<Uint8Array<ArrayBuffer>> {
  const parts: number[][] = [];
  for await (const piece of pieces) parts.push([...piece]);
  return Uint8Array.from(parts.flat());
}

/** Registers the contract. */
export function cacheLayerContract(layerName: string, test: CacheLayerTest): void {
  const named = (name: string, run: (bench: CacheLayerBench) => Promise<void>): void => {
    test(`${layerName} layer: ${name}`, run);
  };
  copies(named);
  removals(named);
  limits(named);
  named("any history leaves what a map would have, or nothing", anyHistory);
}

function copies(test: CacheLayerTest): void {
  test("a copy is read as it was written, in pieces and ranges, whatever its name", async (bench) => {
    const layer = await bench.open(ROOM_BYTES);
    const names = ["a", "photos/Größe 1/50%?#*[x]", "\u{1f600}".repeat(256), "a:b\r\n"];
    const sizes = [0, 1, 262_144, 700_001];
    for (const [at, name] of names.entries()) {
      assertEquals(await layer.open(name), undefined);
      assertEquals(layer.peek(name), undefined);
      const bytes = bytesOf(at, sizes[at]!);
      assert(await keep(layer, name, bytes), `${name} is kept`);
      assertEquals(layer.peek(name), objectOf(bytes));
      assertEquals(await lookUp(layer, name), bytes);
    }
    assertEquals(new Map(layer.list()), new Map(names.map((name, at) => [name, objectOf(bytesOf(at, sizes[at]!))])));
    const copy = (await layer.open("a:b\r\n"))!;
    const whole = bytesOf(3, 700_001);
    assertEquals(copy.object, objectOf(whole));
    for (const [start, end] of [[0, 0], [0, 1], [262_143, 262_145], [5, 600_000], [700_000, 700_001]] as const) {
      assertEquals(await collect(copy.read({ start, end })), whole.slice(start, end));
    }
    await copy.close();
    await copy.close();
    await assertRejects(() => collect(copy.read({ start: 0, end: 1 })), StorageError);
    await layer.close();
  });

  test("a draft is read while it is written, and after it was committed, until it is closed", async (bench) => {
    const layer = await bench.open(ROOM_BYTES);
    const bytes = bytesOf(1, 700_001);
    const draft = (await layer.begin("a", { sizeBytes: bytes.length }))!;
    for (const [from, to] of [[0, 1], [1, 300_000], [300_000, 700_001]] as const) {
      await draft.write(bytes.subarray(from, to));
      assertEquals(await collect(draft.read({ start: from, end: to })), bytes.slice(from, to));
      assertEquals(await collect(draft.read({ start: 0, end: to })), bytes.slice(0, to));
      assertEquals(await layer.open("a"), undefined);
    }
    assert(await draft.commit(objectOf(bytes)));
    await layer.remove("a");
    assertEquals(await collect(draft.read({ start: 10, end: 600_000 })), bytes.slice(10, 600_000));
    await draft.close();
    await draft.close();
    await assertRejects(() => collect(draft.read({ start: 0, end: 1 })), StorageError);
    await layer.close();
  });

  test("a draft that is not whole, or given up, is not kept", async (bench) => {
    const layer = await bench.open(ROOM_BYTES);
    const bytes = bytesOf(1, 1_000);
    const short = (await layer.begin("a", { sizeBytes: 1_000 }))!;
    await short.write(bytes.subarray(0, 999));
    assertEquals(await short.commit(objectOf(bytes)), false);
    await short.close();
    const long = (await layer.begin("a", { sizeBytes: 999 }))!;
    assertEquals((await assertRejects(() => long.write(bytes), StorageError)).code, "full");
    await long.close();
    assertEquals(await long.commit(objectOf(bytes.slice(0, 999))), false);
    assertEquals(await layer.open("a"), undefined);
    assertEquals(layer.list(), []);
    assertEquals(layer.sizeBytes, 0);
    await layer.close();
  });

  test("a newer copy takes the place of an older one, whose readers read on; an older one does not", async (bench) => {
    const layer = await bench.open(ROOM_BYTES);
    const [one, two, three] = [bytesOf(1, 600_000), bytesOf(2, 300_000), bytesOf(3, 10)];
    await keep(layer, "a", one, 1);
    const copy = (await layer.open("a"))!;
    const pieces = copy.read()[Symbol.asyncIterator]();
    const first = [...(await pieces.next()).value as Uint8Array];
    assert(await keep(layer, "a", two, 2));
    assertEquals(await keep(layer, "a", three, 1), false);
    assertEquals(await lookUp(layer, "a"), two);
    const rest = await collect({ [Symbol.asyncIterator]: () => pieces });
    assertEquals(Uint8Array.from([...first, ...rest]), one);
    await copy.close();
    await layer.close();
  });

  test("copies are there again when the layer is, if it outlives its process", async (bench) => {
    const first = await bench.open(ROOM_BYTES);
    const bytes = bytesOf(1, 600_000);
    await keep(first, "a", bytes, 1);
    await keep(first, "gone", bytes, 1);
    await keep(first, "empty", bytesOf(1, 0), 1);
    await first.remove("gone");
    const half = (await first.begin("half", { sizeBytes: bytes.length }))!;
    await half.write(bytes.subarray(0, 300_000));
    await first.close();
    await half.close();

    const again = await bench.open(ROOM_BYTES);
    assertEquals(await lookUp(again, "a"), bench.outlives ? bytes : undefined);
    assertEquals(again.list().map(([name]) => name).sort(), bench.outlives ? ["a", "empty"] : []);
    assertEquals(await again.open("half"), undefined);
    if (bench.outlives) {
      const copy = (await again.open("a"))!;
      assertEquals(await collect(copy.read({ start: 300_000, end: 300_010 })), bytes.slice(300_000, 300_010));
      await copy.close();
    }
    await again.close();
  });
}

function removals(test: CacheLayerTest): void {
  test("remove() drops a copy, whose readers read on, and says whether there was one", async (bench) => {
    const layer = await bench.open(ROOM_BYTES);
    const bytes = bytesOf(1, 600_000);
    assertEquals(await layer.remove("a"), false);
    await keep(layer, "a", bytes);
    const copy = (await layer.open("a"))!;
    assertEquals(await layer.remove("a"), true);
    assertEquals(await layer.open("a"), undefined);
    assertEquals(await layer.remove("a"), false);
    assertEquals(await collect(copy.read()), bytes);
    await copy.close();
    assertEquals(layer.sizeBytes, 0);
    await layer.close();
  });

  test("remove() wins over a draft that was begun before it, at whatever moment it comes", async (bench) => {
    const layer = await bench.open(ROOM_BYTES);
    const bytes = bytesOf(1, 300_000);
    const moments: ((draft: CopyDraft) => Promise<void>)[] = [
      async (draft) => {
        await layer.remove("a");
        await writeAll(draft, bytes);
        assertEquals(await draft.commit(objectOf(bytes)), false);
      },
      async (draft) => {
        await writeAll(draft, bytes);
        await layer.remove("a");
        assertEquals(await draft.commit(objectOf(bytes)), false);
      },
      async (draft) => {
        await writeAll(draft, bytes);
        await Promise.all([draft.commit(objectOf(bytes)), layer.remove("a")]);
      },
      async (draft) => {
        await writeAll(draft, bytes);
        const commit = draft.commit(objectOf(bytes));
        await Promise.resolve();
        await Promise.all([layer.remove("a"), commit]);
      },
    ];
    for (const moment of moments) {
      const draft = (await layer.begin("a", { sizeBytes: bytes.length }))!;
      await moment(draft);
      assertEquals(await collect(draft.read({ start: 0, end: bytes.length })), bytes, "it is read on");
      await draft.close();
      assertEquals(await layer.open("a"), undefined);
    }
    const begun = layer.begin("a", { sizeBytes: 0 });
    await layer.remove("a");
    const draft = (await begun)!;
    assertEquals(await draft.commit(objectOf(bytesOf(0, 0))), false);
    await draft.close();
    assert(await keep(layer, "a", bytes), "one that is begun afterwards is kept");
    await layer.close();
  });

  test("remove() below a generation leaves what is of a later one", async (bench) => {
    const layer = await bench.open(ROOM_BYTES);
    const bytes = bytesOf(1, 10);
    await keep(layer, "a", bytes, 5);
    assertEquals(await layer.remove("a", { below: 5 }), false);
    assertEquals(await lookUp(layer, "a"), bytes);
    const known = (await layer.begin("a", { sizeBytes: 10, generation: 7 }))!;
    const unknown = (await layer.begin("a", { sizeBytes: 10 }))!;
    assertEquals(await layer.remove("a", { below: 6 }), true);
    assertEquals(await layer.open("a"), undefined);
    for (const draft of [known, unknown]) await draft.write(bytes);
    assertEquals(await unknown.commit(objectOf(bytes, 7)), false);
    assertEquals(await known.commit(objectOf(bytes, 7)), true);
    await Promise.all([known.close(), unknown.close()]);
    assertEquals(layer.peek("a")?.generation, 7);
    await layer.close();
  });
}

function limits(test: CacheLayerTest): void {
  test("it stays within its limit, and what is used stays longest", async (bench) => {
    const maxBytes = 32 * 10_000;
    const layer = await bench.open(maxBytes);
    await keep(layer, "used", bytesOf(0, 10_000));
    for (let at = 1; at <= 100; at++) {
      assert(await keep(layer, `n${at}`, bytesOf(at, 10_000)));
      const used = await layer.open("used");
      assert(used !== undefined, `used is there after ${at}`);
      await used.close();
    }
    assert(layer.list().length < 32 && layer.list().length > 10, `${layer.list().length} are kept`);
    for (const [name] of layer.list()) assert(await lookUp(layer, name) !== undefined);
    for (const [name] of layer.list()) await layer.remove(name);
    await layer.close();
  });

  test("an object that is too large is not kept, and nothing is given up for it", async (bench) => {
    const layer = await bench.open(400_000);
    await keep(layer, "a", bytesOf(1, 10_000));
    assertEquals(await layer.begin("b", { sizeBytes: 400_001 }), undefined);
    assertEquals(layer.list().length, 1);
    await layer.close();
  });

  test("drafts count, and when they leave no room nothing more is begun", async (bench) => {
    const layer = await bench.open(400_000);
    const drafts: CopyDraft[] = [];
    for (let at = 0; at < 100; at++) {
      const draft = await layer.begin(`n${at}`, { sizeBytes: 40_000 });
      if (draft !== undefined) drafts.push(draft);
    }
    assert(drafts.length < 20, `${drafts.length} drafts`);
    assert(layer.sizeBytes >= drafts.length * 40_000);
    for (const draft of drafts) await draft.close();
    assertEquals(layer.sizeBytes, 0);
    await layer.close();
  });

  test("many copies at once, many readers at once", async (bench) => {
    const layer = await bench.open(ROOM_BYTES);
    const names = Array.from({ length: 20 }, (_, at) => `n${at}`);
    await Promise.all(names.map((name, at) => keep(layer, name, bytesOf(at, 30_000))));
    const rounds = [...names, ...names, ...names];
    const got = await Promise.all(rounds.map((name) => lookUp(layer, name)));
    for (const [at, bytes] of got.entries()) assertEquals(bytes, bytesOf(at % 20, 30_000));
    assert(layer.sizeBytes <= 20 * (30_000 + MAX_COST_BYTES) * 2);
    await layer.close();
  });
}

type Step =
  | { readonly kind: "keep"; readonly name: string; readonly seed: number; readonly sizeBytes: number }
  | { readonly kind: "begin"; readonly name: string; readonly seed: number; readonly sizeBytes: number }
  | { readonly kind: "commit" }
  | { readonly kind: "remove"; readonly name: string }
  | { readonly kind: "open"; readonly name: string };

const NAME = fc.constantFrom("a", "b", "c");
const SIZE = fc.constantFrom(0, 1, 5_000, 262_144, 262_145, 300_000);
const STEP: fc.Arbitrary<Step> = fc.oneof(
  fc.record({ kind: fc.constant("keep" as const), name: NAME, seed: fc.nat(99), sizeBytes: SIZE }),
  fc.record({ kind: fc.constant("begin" as const), name: NAME, seed: fc.nat(99), sizeBytes: SIZE }),
  fc.record({ kind: fc.constant("commit" as const) }),
  fc.record({ kind: fc.constant("remove" as const), name: NAME }),
  fc.record({ kind: fc.constant("open" as const), name: NAME }),
);

async function anyHistory(bench: CacheLayerBench): Promise<void> {
  const layer = await bench.open(2_500_000);
  await fc.assert(
    fc.asyncProperty(fc.array(STEP, { maxLength: 25 }), async (steps) => {
      const model = new Map<string, Uint8Array>();
      const drafts: { draft: CopyDraft; name: string; bytes: Uint8Array<ArrayBuffer>; isDead: boolean }[] = [];
      let generation = 0;
      for (const step of steps) {
        if (step.kind === "keep" || step.kind === "begin") {
          const bytes = bytesOf(step.seed, step.sizeBytes);
          const draft = await layer.begin(step.name, { sizeBytes: bytes.length });
          if (draft !== undefined) {
            await writeAll(draft, bytes);
            drafts.push({ draft, name: step.name, bytes, isDead: false });
          }
        }
        if (step.kind === "keep" || step.kind === "commit") {
          const last = drafts.pop();
          if (last !== undefined) {
            const isKept = await last.draft.commit(objectOf(last.bytes, ++generation));
            assertEquals(isKept, !last.isDead);
            if (isKept) model.set(last.name, last.bytes);
            await last.draft.close();
          }
        } else if (step.kind === "remove") {
          await layer.remove(step.name);
          model.delete(step.name);
          for (const one of drafts) if (one.name === step.name) one.isDead = true;
        } else if (step.kind === "open") {
          const bytes = await lookUp(layer, step.name);
          if (bytes !== undefined) assertEquals(bytes, model.get(step.name));
        }
        assert(layer.sizeBytes <= 5_000_000);
      }
      for (const { draft } of drafts) await draft.close();
      for (const name of ["a", "b", "c"]) {
        const bytes = await lookUp(layer, name);
        if (bytes !== undefined) assertEquals(bytes, model.get(name));
        await layer.remove(name);
      }
      // What was on its way from one layer to another takes a moment to notice.
      await until(() => layer.sizeBytes === 0, { deadlineMs: 10_000 });
    }),
    { numRuns: 30 },
  );
  await layer.close();
}

async function writeAll(draft: CopyDraft, bytes: Uint8Array): Promise<void> {
  for (let at = 0; at < bytes.length; at += 100_000) {
    const piece = bytes.slice(at, at + 100_000);
    await draft.write(piece);
    // They stay the caller's: what it does with them is no matter to the draft.
    piece.fill(0);
  }
}
