import { assertEquals, assertThrows } from "@std/assert";
import fc from "fast-check";
import { quoteWord, quoteWords } from "./shell_words.ts";

/** Words that mean something to a shell, or did to one that forgot to quote. */
const WORDS: ReadonlyArray<readonly [word: string, quoted: string]> = [
  ["", "''"],
  ["plain", "'plain'"],
  ["two words", "'two words'"],
  ["it's", `'it'\\''s'`],
  ["'", `''\\'''`],
  ["''", `''\\'''\\'''`],
  [`a"b`, `'a"b'`],
  ["$HOME `id` $(id) \\", "'$HOME `id` $(id) \\'"],
  ["; rm -rf *", "'; rm -rf *'"],
  ["-n", "'-n'"],
  ["~/x", "'~/x'"],
  ["line\nline", "'line\nline'"],
  ["Größe €😀", "'Größe €😀'"],
];

Deno.test("quoteWord() puts everything between single quotes", () => {
  for (const [word, quoted] of WORDS) assertEquals(quoteWord(word), quoted);
});

Deno.test("quoteWord() refuses what no program can be given", () => {
  assertThrows(() => quoteWord("a\0b"), RangeError, "NUL");
});

/** What a real shell makes of a list of words. */
async function readBy(shell: string, words: readonly string[]): Promise<string[]> {
  const script = `for word in ${quoteWords(words)}; do printf '%s\\0' "$word"; done`;
  const { success, stdout, stderr } = await new Deno.Command(shell, { args: ["-c", script] }).output();
  if (!success) throw new Error(new TextDecoder().decode(stderr));
  return new TextDecoder().decode(stdout).split("\0").slice(0, -1);
}

/** Text of every kind, and of what a shell may take for something else. */
const text = fc.oneof(
  fc.string({ unit: "binary" }),
  fc.string({ unit: fc.constantFrom("'", '"', "\\", "$", "`", "\n", " ", "a", "!", "*", "~", "%", "\x1b", "\r", "-") }),
).map((word) => word.toWellFormed().replaceAll("\0", ""));

Deno.test("quoteWords() gives a real sh any words as they are", async () => {
  for (const shell of ["sh", "bash"]) {
    const words = WORDS.map(([word]) => word);
    assertEquals(await readBy(shell, words), words);
    await fc.assert(
      fc.asyncProperty(fc.array(text, { minLength: 1, maxLength: 40 }), async (words) => {
        assertEquals(await readBy(shell, words), words);
      }),
      { numRuns: 40 },
    );
  }
});
