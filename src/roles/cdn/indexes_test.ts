import { assertEquals, assertRejects, assertThrows } from "@std/assert";
import type { Address } from "../../base/address.ts";
import { NetError } from "../../net/net_error.ts";
import { Indexes, IndexFailure } from "./indexes.ts";

const A = { host: "a", port: 1 };
const B = { host: "b", port: 2 };
const C = { host: "c", port: 3 };

/** Answers as a table says: a number, or a failure. Notes who was asked. */
function answering(
  answers: Record<string, number | undefined>,
  asked: string[] = [],
): (index: Address) => Promise<number> {
  return (index) => {
    asked.push(index.host);
    const answer = answers[index.host];
    if (answer === undefined) return Promise.reject(new NetError("refused", "dial it"));
    return Promise.resolve(answer);
  };
}
const isTelling = (answer: number): boolean => answer > 0;

Deno.test("Indexes.ask() takes the first telling answer, and asks its author first from then on", async () => {
  const indexes = new Indexes([A, B, C, A]);
  const asked: string[] = [];
  assertEquals(await indexes.ask(answering({ b: 0, c: 7 }, asked), { isTelling }), 7);
  assertEquals(await indexes.ask(answering({ a: 1, c: 8 }, asked), { isTelling }), 8);
  assertEquals(await indexes.ask(answering({ a: 1, c: 0 }, asked), { isTelling }), 1);
  assertEquals(asked.join(""), "abc" + "c" + "ca");
});

Deno.test("Indexes.ask() believes that there is nothing only if no other can be reached that knows better", async () => {
  assertEquals(await new Indexes([A, B]).ask(answering({ a: 0, b: 0 }), { isTelling }), 0);
  assertEquals(await new Indexes([A, B]).ask(answering({ b: 0 }), { isTelling }), 0);
  assertEquals(await new Indexes([A, B]).ask(answering({ a: 0 })), 0);
});

Deno.test("Indexes.ask() names each index and its reason if none answers", async () => {
  const error = await assertRejects(() => new Indexes([A, B]).ask(answering({})), IndexFailure);
  assertEquals(error.message.split("; ").map((part) => part.split(": ")[0]), ["the index at a:1", "the index at b:2"]);
  await assertRejects(() => new Indexes(A).ask(() => Promise.reject(new TypeError("ours"))), TypeError);
  const signal = AbortSignal.abort(new Error("called off"));
  await assertRejects(() => new Indexes([A, B]).ask(answering({}), { signal }), Error, "called off");
  assertThrows(() => new Indexes([]), RangeError);
});
