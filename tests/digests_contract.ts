/**
 * What digests beside other work promise on every runtime, as a list of cases that needs no test runner.
 *
 * @module
 */

import { assertEquals } from "@std/assert";
import { sha256 } from "../src/base/digest.ts";
import { type BufferDigest, DigestError, type Digests } from "../src/env/digests.ts";

/** One promise of {@link Digests}. */
export interface DigestCase {
  /** What holds. */
  readonly name: string;
  /** Checks it. */
  run(digests: Digests): Promise<void>;
}

/** Small enough for a digest where it is asked for, large enough for one on a thread. */
const SIZES = [1_000, 1_000_000_000];
const BUFFER_BYTES = 1_000;

async function withDigest(digest: BufferDigest, run: () => Promise<void>): Promise<void> {
  try {
    await run();
  } finally {
    digest.close();
  }
}

/** What digests promise. */
export const DIGEST_CASES: readonly DigestCase[] = [
  {
    name: "begin() gives the digest of all bytes in order, and gives buffers back",
    async run(digests): Promise<void> {
      for (const sizeBytes of SIZES) {
        const digest = digests.begin(sizeBytes);
        await withDigest(digest, async () => {
          const expected = sha256();
          assertEquals(await digest.hex(), expected.copy().hex());
          let buffer = new Uint8Array(BUFFER_BYTES);
          for (const count of [BUFFER_BYTES, 1, 999, BUFFER_BYTES]) {
            buffer.fill(count % 251);
            expected.update(buffer.subarray(0, count));
            buffer = await digest.update(buffer, count);
            assertEquals(buffer.length, BUFFER_BYTES);
            assertEquals(await digest.hex(), expected.copy().hex(), `${count} bytes more of ${sizeBytes}`);
          }
        });
      }
    },
  },
  {
    name: "begin() keeps digests apart",
    async run(digests): Promise<void> {
      for (const sizeBytes of SIZES) {
        const [a, b] = [digests.begin(sizeBytes), digests.begin(sizeBytes)];
        await withDigest(a, () =>
          withDigest(b, async () => {
            await Promise.all([a.update(Uint8Array.of(1), 1), b.update(Uint8Array.of(2), 1)]);
            const expected = [1, 2].map((byte) => {
              const digest = sha256();
              digest.update(Uint8Array.of(byte));
              return digest.hex();
            });
            assertEquals(await Promise.all([a.hex(), b.hex()]), expected);
          }));
      }
    },
  },
  {
    name: "BufferDigest.close() ends what is under way, before its start and after",
    async run(digests): Promise<void> {
      for (const isStarted of [false, true]) {
        const digest = digests.begin(SIZES.at(-1)!);
        if (isStarted) await digest.hex();
        const hex = digest.hex();
        digest.close();
        digest.close();
        await hex.catch((error) => {
          if (!(error instanceof DigestError)) throw error;
        });
      }
    },
  },
];
