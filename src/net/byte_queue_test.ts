import { assertEquals, assertStrictEquals } from "@std/assert";
import { randomInt, seededRandom } from "../base/random.ts";
import { ByteQueue } from "./byte_queue.ts";

Deno.test("ByteQueue gives the bytes in order, however they are cut", () => {
  const random = seededRandom(2);
  const queue = new ByteQueue();
  const got: number[] = [];
  let pushed = 0;
  while (pushed < 10_000) {
    const chunk = Uint8Array.from({ length: randomInt(random, 50) }, () => pushed++ % 251);
    queue.push(chunk);
    if (randomInt(random, 2) === 0) {
      const into = new Uint8Array(randomInt(random, 80));
      got.push(...into.subarray(0, queue.read(into)));
    } else {
      got.push(...queue.take(randomInt(random, 40)));
    }
    assertEquals(got.length + queue.sizeBytes, pushed);
  }
  const rest = new Uint8Array(queue.sizeBytes + 10);
  got.push(...rest.subarray(0, queue.read(rest)));
  assertEquals(queue.sizeBytes, 0);
  assertEquals(got, Array.from({ length: pushed }, (_, i) => i % 251));
});

Deno.test("ByteQueue.take() copies nothing, and ends where a chunk ends", () => {
  const queue = new ByteQueue();
  const chunk = Uint8Array.of(1, 2, 3);
  queue.push(chunk);
  queue.push(new Uint8Array());
  queue.push(Uint8Array.of(4));
  const first = queue.take(2), second = queue.take(10);
  assertStrictEquals(first.buffer, chunk.buffer);
  assertEquals([first, second], [Uint8Array.of(1, 2), Uint8Array.of(3)]);
  assertEquals([queue.take(0), queue.take(-1), queue.take(1), queue.take(1)].map((bytes) => bytes.length), [
    0,
    0,
    1,
    0,
  ]);
});

Deno.test("ByteQueue.clear() forgets all bytes, and goes on", () => {
  const queue = new ByteQueue();
  queue.push(Uint8Array.of(1, 2, 3));
  queue.take(1);
  queue.clear();
  assertEquals([queue.sizeBytes, queue.read(new Uint8Array(3))], [0, 0]);
  queue.push(Uint8Array.of(9));
  assertEquals(queue.take(3), Uint8Array.of(9));
});
