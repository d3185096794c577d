import { assertEquals } from "@std/assert";
import { TextLineStream, type TextLineStreamOptions } from "@std/streams";

async function lines(pieces: readonly string[], options?: TextLineStreamOptions): Promise<string[]> {
  return await Array.fromAsync(ReadableStream.from(pieces).pipeThrough(new TextLineStream(options)));
}

/** All ways to cut a text in two, the whole, and each letter alone. */
function cuts(text: string): string[][] {
  const halves = Array.from({ length: text.length }, (_, at) => [text.slice(0, at), text.slice(at)]);
  return [[text], [...text], ...halves];
}

Deno.test("TextLineStream gives lines without their ends, however the text is cut", async () => {
  const cases: readonly (readonly [text: string, expected: string[]])[] = [
    ["", []],
    ["a", ["a"]],
    ["a\n", ["a"]],
    ["a\nb", ["a", "b"]],
    ["a\r\nb\r\n", ["a", "b"]],
    ["\n\na\n\n", ["", "", "a", ""]],
    ["a\rb\r", ["a\rb\r"]],
    ["a\r\r\nb", ["a\r", "b"]],
  ];
  for (const [text, expected] of cases) {
    for (const pieces of cuts(text)) assertEquals(await lines(pieces), expected, JSON.stringify(pieces));
  }
});

Deno.test("TextLineStream takes a lone carriage return as a line end with allowCR", async () => {
  const cases: readonly (readonly [text: string, expected: string[]])[] = [
    ["a\rb", ["a", "b"]],
    ["a\r\nb\rc\n", ["a", "b", "c"]],
    ["a\r\rb", ["a", "", "b"]],
    ["a\r", ["a"]],
    ["a\r\n\rb", ["a", "", "b"]],
  ];
  for (const [text, expected] of cases) {
    for (const pieces of cuts(text)) {
      assertEquals(await lines(pieces, { allowCR: true }), expected, JSON.stringify(pieces));
    }
  }
});

Deno.test("TextLineStream takes a line of many pieces in time that grows with its length alone", async () => {
  const [line] = await lines([...Array.from({ length: 100_000 }, () => "0123456789"), "\n"]);
  assertEquals(line?.length, 1_000_000);
});
