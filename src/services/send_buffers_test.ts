import { assertEquals, assertLessOrEqual } from "@std/assert";
import { SendBudget, type SendBuffers, sendBuffersFor } from "./send_buffers.ts";

const KIB = 1_024;
const MIB = 1_048_576;

Deno.test("sendBuffersFor() is what remains, twice 1 MiB for much of it, and less when much is held", () => {
  const table: [remainingBytes: number, heldBytes: number, chunkBytes: number, count: SendBuffers["count"]][] = [
    [0, 0, 1, 1],
    [1, 0, 1, 1],
    [1_000, 0, 1_000, 1],
    [MIB, 0, MIB, 1],
    [MIB + 1, 0, MIB, 2],
    [2 ** 53 - 1, 0, MIB, 2],
    [10 * MIB, 96 * MIB, MIB, 2],
    [10 * MIB, 112 * MIB, 512 * KIB, 2],
    [10 * MIB, 120 * MIB, 256 * KIB, 2],
    [512 * KIB, 120 * MIB, 512 * KIB, 1],
    [512 * KIB + 1, 120 * MIB, 256 * KIB, 2],
    [10 * MIB, 124 * MIB, 256 * KIB, 1],
    [10 * MIB, 127 * MIB, 64 * KIB, 1],
    [10 * MIB, 128 * MIB, 64 * KIB, 1],
    [10 * MIB, 900 * MIB, 64 * KIB, 1],
    [100, 900 * MIB, 100, 1],
  ];
  for (const [remainingBytes, heldBytes, chunkBytes, count] of table) {
    assertEquals(sendBuffersFor(remainingBytes, heldBytes), { chunkBytes, count }, `${remainingBytes}, ${heldBytes}`);
  }
});

Deno.test("SendBudget keeps the buffers of readers who never read within 128 MiB and 64 KiB a reader", () => {
  const budget = new SendBudget();
  const taken: SendBuffers[] = [];
  for (let sends = 1; sends <= 10_000; sends++) {
    taken.push(budget.take(10 * MIB));
    assertLessOrEqual(budget.heldBytes, 128 * MIB + sends * 64 * KIB, `${sends}`);
  }
  for (const buffers of taken) budget.give(buffers);
  assertEquals(budget.heldBytes, 0);
  assertEquals(budget.take(10 * MIB), { chunkBytes: MIB, count: 2 });
});
