import { assertEquals, assertRejects } from "@std/assert";
import { compete } from "./contest.ts";

Deno.test("compete() measures everyone once a round, each round beginning with the next", async () => {
  const turns: string[] = [];
  const said: string[] = [];
  const contenders = ["a", "b", "c"].map((name) => ({
    name,
    measure: () => Promise.resolve({ turn: turns.push(name) }),
  }));
  const samples = await compete({ say: (text) => void said.push(text) }, contenders, 3);
  assertEquals(turns.join(""), "abcbcacab");
  assertEquals(samples, [
    { contender: "a", rounds: [{ turn: 1 }, { turn: 6 }, { turn: 8 }] },
    { contender: "b", rounds: [{ turn: 2 }, { turn: 4 }, { turn: 9 }] },
    { contender: "c", rounds: [{ turn: 3 }, { turn: 5 }, { turn: 7 }] },
  ]);
  assertEquals(said[3], "round 2 of 3, b");
});

Deno.test("compete() says who could not be measured", async () => {
  const contenders = [{ name: "nginx", measure: () => Promise.reject(new Error("it is gone")) }];
  await assertRejects(() => compete({ say: () => {} }, contenders, 1), Error, "nginx: it is gone");
});
