/**
 * Any sequence of changes, done to a store of objects and to a map beside it.
 *
 * @module
 */

import { assertEquals } from "@std/assert";
import fc from "fast-check";
import { checkEdgeName, MAX_EDGE_NAME_BYTES } from "../src/protocol/edge_name.ts";
import { assertSameBytes, names, type ObjectsBench, put, read, withObjects } from "./objects_bench.ts";

const part = fc.oneof(
  fc.string({ unit: "binary", minLength: 1, maxLength: 20 }),
  fc.string({ unit: "grapheme", minLength: 1, maxLength: 20 }),
  fc.constantFrom("a", "A", "b", "%", "?", "#", " ", "\u00e9", "e\u0301", ".a", "..."),
).filter((text) => !text.includes("/"));

const name = fc.array(part, { minLength: 1, maxLength: 4 }).map((parts) => parts.join("/")).filter((text) => {
  try {
    return new TextEncoder().encode(checkEdgeName(text)).length <= MAX_EDGE_NAME_BYTES;
  } catch {
    return false;
  }
});

/** Names from a small set as well, so that some are stored twice. */
const anyName = fc.oneof(fc.constantFrom("a", "A", "a/b", "\u00e9", "e\u0301"), name);

const change = fc.oneof(
  { weight: 3, arbitrary: fc.record({ name: anyName, bytes: fc.uint8Array({ maxLength: 3_000 }) }) },
  { weight: 1, arbitrary: fc.record({ name: anyName, bytes: fc.constant(undefined) }) },
);

/** Does some sequences of changes, and compares what is there after each, and after the place was opened again. */
export async function checkAgainstMap(newBench: () => Promise<ObjectsBench>, numRuns: number): Promise<void> {
  await fc.assert(
    fc.asyncProperty(fc.array(change, { maxLength: 12 }), async (changes) => {
      const bench = await newBench();
      const expected = new Map<string, Uint8Array>();
      const check = (): Promise<void> =>
        withObjects(bench, async (objects) => {
          assertEquals(await names(objects), [...expected.keys()].sort((a, b) => a < b ? -1 : 1));
          for (const [name, bytes] of expected) assertSameBytes(await read(objects, name), bytes);
        });
      await withObjects(bench, async (objects) => {
        for (const { name, bytes } of changes) {
          if (bytes === undefined) assertEquals(await objects.remove(name), expected.delete(name));
          else {
            await put(objects, name, bytes);
            expected.set(name, bytes);
          }
          assertEquals(await read(objects, name), expected.get(name));
        }
      });
      await check();
    }),
    { numRuns },
  );
}
