import { assertEquals, assertLess } from "@std/assert";
import { Readable } from "node:stream";
import { byteStream } from "./byte_stream.ts";

/** A source of 10 MB in pieces of 10 kB, and how many of them were asked for. */
function newSource(): { source: Readable; asked: () => number } {
  let asked = 0;
  const source = new Readable({
    highWaterMark: 10_000,
    read(): void {
      this.push(asked++ < 1_000 ? new Uint8Array(10_000).fill(asked) : null);
    },
  });
  return { source, asked: () => asked };
}

/** Lets a stream do what it can without a reader. */
async function settle(): Promise<void> {
  for (let turn = 0; turn < 100; turn++) await new Promise((resolve) => setImmediate(resolve));
}

Deno.test("byteStream() reads ahead a little, and on as it is read", async () => {
  const { source, asked } = newSource();
  const { bytes } = byteStream(source);
  await settle();
  assertLess(asked(), 12);
  let count = 0;
  for await (const chunk of bytes) count += chunk.length;
  assertEquals(count, 10_000_000);
  assertEquals(source.destroyed, true);
});

Deno.test("byteStream().drain() reads up to 2 MiB on without a reader", async () => {
  const { source, asked } = newSource();
  const { bytes, drain } = byteStream(source);
  drain();
  await settle();
  assertEquals(asked() > 200 && asked() < 230, true, `${asked()}`);
  await bytes.cancel();
  assertEquals(source.destroyed, true);
});

Deno.test("byteStream() ends when the source breaks off", async () => {
  const source = new Readable({ read(): void {} });
  const { bytes } = byteStream(source);
  source.push(new Uint8Array(3));
  await settle();
  source.destroy(new Error("gone"));
  const chunks = await Array.fromAsync(bytes);
  assertEquals(chunks, [new Uint8Array(3)]);
});
