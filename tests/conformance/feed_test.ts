import { assertEquals, assertThrows } from "@std/assert";
import { seededRandom } from "../../src/base/random.ts";
import { cutBytes, type TakeOptions, takeSends } from "./feed.ts";
import { parseTranscript, type Step } from "./transcript.ts";

const VARIABLES = new Map([["name", "a.txt"]]);

function stepsOf(...lines: string[]): readonly Step[] {
  return parseTranscript("a.txt", ["= T", "== c (s)", "@ index", ...lines].join("\n")).cases[0]!.steps.slice(1);
}

function take(steps: readonly Step[], options: Partial<TakeOptions> = {}): [string, readonly string[], string[]] {
  const all = { isTogether: false, hasLineEnds: true, variables: VARIABLES, ...options };
  const { bytes, shown, left } = takeSends(steps, all);
  return [new TextDecoder().decode(bytes), shown, left.map(({ written }) => written)];
}

Deno.test("takeSends() takes one step, or all that depend on no answer", () => {
  const steps = stepsOf(
    "> HELLO",
    "<? WELCOME",
    ">| GET {name}\\n",
    "< SERVER <ip:ip>",
    "> GET {ip}",
    "! close",
    "> A",
  );
  const rest = steps.slice(1).map(({ written }) => written);
  assertEquals(take(steps), ["HELLO\n", ["> HELLO"], rest]);
  assertEquals(take(steps, { isTogether: true }), [
    "HELLO\nGET a.txt\n",
    ["> HELLO", ">| GET a.txt\\n"],
    ["<? WELCOME", "< SERVER <ip:ip>", "> GET {ip}", "! close", "> A"],
  ]);
  assertEquals(take(stepsOf("> A"), { hasLineEnds: false }), ["A", ["> A"], []]);
  assertThrows(() => take(stepsOf("> GET {ip}")), Error, "a variable is not known");
});

Deno.test("takeSends() shows long lines in short", () => {
  const [, shown] = take(stepsOf("> {long}"), { variables: new Map([["long", "x".repeat(300)]]) });
  assertEquals(shown, [`>| ${"x".repeat(200)}... (301 bytes)`]);
});

Deno.test("cutBytes() loses nothing, whatever the cut", () => {
  const bytes = Uint8Array.from({ length: 100 }, (_, at) => at);
  for (const feed of ["lines", "whole", "bytes", "cuts"] as const) {
    const pieces = cutBytes(bytes, feed, seededRandom(7));
    assertEquals(Uint8Array.from(pieces.flatMap((piece) => [...piece])), bytes, feed);
    assertEquals(pieces.every(({ length }) => length > 0), true, feed);
  }
  assertEquals(cutBytes(bytes, "bytes", seededRandom(7)).length, 100);
  assertEquals(cutBytes(bytes, "cuts", seededRandom(7)), cutBytes(bytes, "cuts", seededRandom(7)));
});
