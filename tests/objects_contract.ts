/**
 * The contract of every store of objects, as a list of cases that needs no test runner.
 *
 * @module
 */

import { assert, assertEquals, assertRejects, assertStrictEquals } from "@std/assert";
import {
  assertSameBytes,
  assertStorageError,
  bytesOf,
  collect,
  names,
  type ObjectsCase,
  pieces,
  put,
  read,
  readText,
  sha256Of,
  textBytes,
  withObjects,
} from "./objects_bench.ts";

/** Names that some file system or store would not tell apart, or not have. */
export const ODD_NAMES: readonly string[] = [
  "a",
  "a/b",
  "a/b/c",
  "A",
  "hello.txt",
  "HELLO.TXT",
  "what?#%&+.txt",
  "100%25.txt",
  "two words",
  " leading and trailing ",
  "line\nbreak\r\n\ttab",
  "back\\slash",
  "...",
  ".hidden",
  "trailing.",
  "CON",
  'quotes "and" <angles>|*:',
  "Gr\u00f6\u00dfe",
  "Gro\u0308\u00dfe",
  "\u6587\u4ef6/\u{1f600}",
  "\uffee",
  "\u{10000}",
  "\ufeffbom",
  "~user/$HOME;`id`",
  "__proto__",
  "x".repeat(1_024),
  "\u0001".repeat(1_024),
  "\u00e4".repeat(512),
  `${"d/".repeat(500)}end`,
];

const TEXTS: readonly (readonly [what: string, bytes: Uint8Array])[] = [
  ["nothing", new Uint8Array(0)],
  ["a byte", new Uint8Array([0])],
  ["every byte", Uint8Array.from({ length: 256 }, (_, at) => at)],
  ["CRLF", textBytes("one\r\ntwo\rthree\n\n")],
  ["a byte order mark", textBytes("\ufeffhello")],
  ["what looks like a head", textBytes(`microcdn-object 1 000512 ${"0".repeat(64)}\n{}`)],
];

/** Looks at what is stored when a part of the bytes has been given, and again when all have. */
async function* watched(
  bytes: Uint8Array,
  partBytes: number,
  look: () => Promise<void>,
): AsyncGenerator<Uint8Array, void, void> {
  yield* pieces(bytes.subarray(0, partBytes));
  await look();
  yield* pieces(bytes.subarray(partBytes));
  await look();
}

async function* breaking(sizeBytes: number, error: Error): AsyncGenerator<Uint8Array, void, void> {
  yield* pieces(bytesOf(sizeBytes));
  throw error;
}

const READING: readonly ObjectsCase[] = [
  {
    name: "put() stores what stat(), open() and list() then find",
    run: (bench) =>
      withObjects(bench, async (objects) => {
        const object = await put(objects, "hello.txt", "hello", { version: { hash: "h1", timestamp: "t1" } });
        assertEquals([object.hash, object.timestamp, object.sizeBytes], ["h1", "t1", 5]);
        assertEquals(object.sha256, sha256Of(textBytes("hello")));
        assert(Number.isSafeInteger(object.generation) && Number.isInteger(object.modifiedMs));
        assertEquals(await objects.stat("hello.txt"), object);
        assertEquals(await readText(objects, "hello.txt"), "hello");
        assertEquals(await names(objects), ["hello.txt"]);
      }),
  },
  {
    name: "stat(), open() and remove() of what is not there say so",
    run: (bench) =>
      withObjects(bench, async (objects) => {
        await put(objects, "a", "1");
        assertEquals(await objects.stat("b"), undefined);
        assertEquals(await objects.open("a/b"), undefined);
        assertEquals(await objects.remove("A"), false);
        assertEquals(await names(objects), ["a"]);
      }),
  },
  {
    name: "put() keeps every byte",
    run: (bench) =>
      withObjects(bench, async (objects) => {
        for (const [what, bytes] of TEXTS) await put(objects, what, bytes);
        for (const [what, bytes] of TEXTS) assertSameBytes(await read(objects, what), bytes);
      }),
  },
  {
    name: "put() keeps objects of every length around a threshold",
    run: (bench) =>
      withObjects(bench, async (objects) => {
        for (const threshold of bench.thresholds) {
          for (const sizeBytes of [threshold - 1, threshold, threshold + 1]) {
            const bytes = bytesOf(sizeBytes, sizeBytes);
            await put(objects, "sized", bytes);
            assertSameBytes(await read(objects, "sized"), bytes);
          }
        }
      }),
  },
  {
    name: "put() keeps names apart, whatever they look like",
    run: async (bench) => {
      await withObjects(bench, async (objects) => {
        for (const name of ODD_NAMES) await put(objects, name, `bytes of ${name}`);
      });
      await withObjects(bench, async (objects) => {
        for (const name of ODD_NAMES) assertEquals(await readText(objects, name), `bytes of ${name}`);
        assertEquals(await names(objects), ODD_NAMES.toSorted((a, b) => a < b ? -1 : 1));
      });
    },
  },
  {
    name: "open() gives any range",
    run: (bench) =>
      withObjects(bench, async (objects) => {
        for (const sizeBytes of [10, ...bench.thresholds.map((threshold) => threshold + 7)]) {
          const bytes = bytesOf(sizeBytes);
          await put(objects, "ranged", bytes);
          const middle = Math.floor(sizeBytes / 2);
          for (const [start, end] of [[0, 1], [0, sizeBytes], [sizeBytes - 1, sizeBytes], [middle - 3, middle + 4]]) {
            assertSameBytes(await read(objects, "ranged", { start: start!, end: end! }), bytes.slice(start, end));
          }
        }
      }),
  },
  {
    name: "open() need not be read, nor to the end",
    run: (bench) =>
      withObjects(bench, async (objects) => {
        await put(objects, "long", bytesOf(3_000_000));
        const unread = await objects.open("long");
        await unread!.close();
        await unread!.close();
        const begun = await objects.open("long");
        for await (const piece of begun!.read()) {
          assert(piece.length > 0);
          break;
        }
        await begun!.close();
        assertEquals((await read(objects, "long"))?.length, 3_000_000);
      }),
  },
];

const CHANGING: readonly ObjectsCase[] = [
  {
    name: "put() names a version without a hash after its bytes, and keeps any other text",
    run: async (bench) => {
      const versions = [
        { hash: "", timestamp: "" },
        { hash: 'opaque \u00e9\u{1f600}\r\n%\u0000\\"', timestamp: "2026-01-01T00:00:00.000+01:00" },
        { hash: "f".repeat(128), timestamp: " t ".repeat(20) },
      ];
      await withObjects(bench, async (objects) => {
        for (const [at, version] of versions.entries()) await put(objects, `v${at}`, "bytes", { version });
      });
      await withObjects(bench, async (objects) => {
        for (const [at, { hash, timestamp }] of versions.entries()) {
          const object = await objects.stat(`v${at}`);
          assertEquals(object?.hash, hash === "" ? sha256Of(textBytes("bytes")) : hash);
          assertEquals(object?.timestamp, timestamp);
        }
      });
    },
  },
  {
    name: "put() replaces an object by one of a greater generation",
    run: async (bench) => {
      let last = 0;
      await withObjects(bench, async (objects) => {
        for (let round = 0; round < 5; round++) {
          const { generation } = await put(objects, "a", `round ${round}`);
          assert(generation > last, `${generation} after ${last}`);
          last = generation;
        }
        assertEquals(await readText(objects, "a"), "round 4");
      });
      await withObjects(bench, async (objects) => {
        assertEquals((await objects.stat("a"))?.generation, last);
        assert((await put(objects, "a", "again")).generation > last);
      });
    },
  },
  {
    name: "open() goes on with the bytes it began with when they are replaced or removed",
    run: (bench) =>
      withObjects(bench, async (objects) => {
        for (const threshold of bench.thresholds) {
          const bytes = bytesOf(threshold + 1, 1);
          await put(objects, "a", bytes);
          const whole = await objects.open("a");
          const part = await objects.open("a");
          await put(objects, "a", bytesOf(threshold + 1, 2));
          assertSameBytes(await collect(whole!.read()), bytes);
          await whole!.close();
          assertEquals(await objects.remove("a"), true);
          assertSameBytes(await collect(part!.read({ start: 5, end: threshold })), bytes.slice(5, threshold));
          await part!.close();
          assertEquals(await objects.open("a"), undefined);
        }
      }),
  },
  {
    name: "put() shows nothing before all bytes are there",
    run: (bench) =>
      withObjects(bench, async (objects) => {
        await put(objects, "a", "old");
        for (const threshold of bench.thresholds) {
          const bytes = bytesOf(threshold * 2, 3);
          const look = async (): Promise<void> => assertEquals(await readText(objects, "a"), "old");
          await objects.put("a", watched(bytes, threshold + 1, look), {
            version: { hash: "", timestamp: "" },
            limitBytes: bytes.length,
          });
          assertSameBytes(await read(objects, "a"), bytes);
          await put(objects, "a", "old");
        }
      }),
  },
  {
    name: "put() stores nothing of a body that breaks off, and lets its error through",
    run: (bench) =>
      withObjects(bench, async (objects) => {
        await put(objects, "a", "old");
        for (const sizeBytes of [0, ...bench.thresholds.map((threshold) => threshold + 1)]) {
          const broken = new Error("the client has gone");
          const options = { version: { hash: "", timestamp: "" }, limitBytes: 1e9 };
          for (const name of ["a", "b"]) {
            assertStrictEquals(
              await assertRejects(() => objects.put(name, breaking(sizeBytes, broken), options)),
              broken,
            );
          }
        }
        assertEquals(await readText(objects, "a"), "old");
        assertEquals(await names(objects), ["a"]);
      }),
  },
  {
    name: "put() waits for the check, and stores nothing if it throws",
    run: (bench) =>
      withObjects(bench, async (objects) => {
        await put(objects, "a", "old");
        const no = new Error("no");
        for (const sizeBytes of [3, ...bench.thresholds.map((threshold) => threshold + 1)]) {
          const bytes = bytesOf(sizeBytes);
          const refusing = put(objects, "a", bytes, {
            check: async (whole) => {
              await Promise.resolve();
              assertEquals(whole, { hash: sha256Of(bytes), timestamp: "", sha256: sha256Of(bytes), sizeBytes });
              throw no;
            },
          });
          assertStrictEquals(await assertRejects(() => refusing), no);
          assertEquals(await readText(objects, "a"), "old");
        }
      }),
  },
  {
    name: "put() takes as many bytes as it may, and not one more",
    run: (bench) =>
      withObjects(bench, async (objects) => {
        for (const limitBytes of [0, 10, ...bench.thresholds.map((threshold) => threshold + 5)]) {
          const bytes = bytesOf(limitBytes);
          await put(objects, "a", bytes, { limitBytes });
          await assertStorageError(put(objects, "a", bytesOf(limitBytes + 1), { limitBytes }), "full");
          assertSameBytes(await read(objects, "a"), bytes);
        }
      }),
  },
  {
    name: "put() of several at once keeps the one with the greatest generation, whole",
    run: (bench) =>
      withObjects(bench, async (objects) => {
        const contents = Array.from({ length: 8 }, (_, at) => bytesOf(1_000 + at * 40_000, at + 1));
        const stored = await Promise.all(contents.map((bytes) => put(objects, "a", bytes)));
        const last = stored.toSorted((a, b) => a.generation - b.generation).at(-1)!;
        assertEquals(new Set(stored.map(({ generation }) => generation)).size, contents.length);
        assertEquals(await objects.stat("a"), last);
        assertSameBytes(await read(objects, "a"), contents[stored.indexOf(last)]!);
      }),
  },
  {
    name: "remove() forgets for good, and what comes later has a greater generation",
    run: async (bench) => {
      let last = 0;
      await withObjects(bench, async (objects) => {
        for (const threshold of bench.thresholds) {
          last = (await put(objects, "a", bytesOf(threshold + 1))).generation;
          assertEquals(await objects.remove("a"), true);
          assertEquals(await objects.remove("a"), false);
          assertEquals(await objects.stat("a"), undefined);
        }
        assertEquals(await names(objects), []);
      });
      await withObjects(bench, async (objects) => {
        assertEquals(await objects.stat("a"), undefined);
        assert((await put(objects, "a", "new")).generation > last);
      });
    },
  },
  {
    name: "close() is done once, and ends all use",
    run: async (bench) => {
      const objects = await bench.open();
      await put(objects, "a", "1");
      assertEquals(objects.failure, undefined);
      await objects.close();
      await objects.close();
      assert(objects.failure !== undefined);
      await assertStorageError(objects.stat("a"), "unavailable");
      await assertStorageError(put(objects, "a", "2"), "unavailable");
      await withObjects(bench, async (again) => assertEquals(await readText(again, "a"), "1"));
    },
  },
];

/** Everything that a store of objects promises. */
export const OBJECTS_CASES: readonly ObjectsCase[] = [...READING, ...CHANGING];
