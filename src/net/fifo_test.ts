import { assertEquals } from "@std/assert";
import { randomInt, seededRandom } from "../base/random.ts";
import { Fifo } from "./fifo.ts";

Deno.test("Fifo gives items in the order in which they came, whatever is pushed and taken between", () => {
  const random = seededRandom(1);
  const fifo = new Fifo<number>();
  const twin: number[] = [];
  for (let i = 0; i < 20_000; i++) {
    if (randomInt(random, 100) < (i < 10_000 ? 60 : 40)) {
      fifo.push(i);
      twin.push(i);
    } else {
      assertEquals(fifo.shift(), twin.shift());
    }
    assertEquals([fifo.length, fifo.first], [twin.length, twin[0]]);
  }
  assertEquals([...fifo], twin);
  assertEquals(fifo.drain(), twin);
  assertEquals([fifo.length, fifo.first, fifo.shift(), [...fifo]], [0, undefined, undefined, []]);
});

Deno.test("Fifo.clear() forgets all items, and goes on", () => {
  const fifo = new Fifo<string>();
  fifo.push("a");
  fifo.push("b");
  fifo.shift();
  fifo.clear();
  assertEquals([fifo.length, fifo.shift()], [0, undefined]);
  fifo.push("c");
  assertEquals(fifo.drain(), ["c"]);
});
