import { assertEquals, assertLessOrEqual, assertThrows } from "@std/assert";
import fc from "fast-check";
import { LineDecoder, MAX_LINE_BYTES } from "./line_decoder.ts";
import { ProtocolError } from "./protocol_error.ts";

const encoder = new TextEncoder();

/** Everything that `decoder` has ready: its lines, and then the code of its refusal, if it refuses. */
function drain(decoder: LineDecoder): string[] {
  const lines: string[] = [];
  try {
    for (let line = decoder.next(); line !== undefined; line = decoder.next()) lines.push(line);
  } catch (error) {
    if (!(error instanceof ProtocolError)) throw error;
    lines.push(`<${error.code}>`);
  }
  return lines;
}

/** What comes of pieces pushed one after the other. A refusal is the end. */
function decode(pieces: readonly Uint8Array[], limitBytes?: number): { lines: string[]; rest: string | undefined } {
  const decoder = new LineDecoder(limitBytes);
  const lines: string[] = [];
  for (const piece of pieces) {
    decoder.push(piece);
    lines.push(...drain(decoder));
    if (lines.at(-1) === "<LINE_TOO_LONG>") return { lines, rest: undefined };
  }
  try {
    return { lines, rest: decoder.finish() };
  } catch (error) {
    if (!(error instanceof ProtocolError)) throw error;
    return { lines: [...lines, `<${error.code}>`], rest: undefined };
  }
}

function cut(bytes: Uint8Array, at: readonly number[]): Uint8Array[] {
  const cuts = [0, ...at.map((position) => position % (bytes.length + 1)).sort((a, b) => a - b), bytes.length];
  return cuts.slice(1).map((end, index) => bytes.slice(cuts[index], end));
}

Deno.test("LineDecoder.next() takes lines without their ends, and one CR with them", () => {
  const table: [input: string, lines: string[], rest: string | undefined][] = [
    ["", [], undefined],
    ["\n", [""], undefined],
    ["\r\n", [""], undefined],
    ["\r\r\n", ["\r"], undefined],
    ["HELLO\nGET a\r\n", ["HELLO", "GET a"], undefined],
    ["a\rb\n", ["a\rb"], undefined],
    ["a\n\n\nb\n", ["a", "", "", "b"], undefined],
    ["a\0b\n", ["a\0b"], undefined],
    ["\uFEFFHELLO\n", ["\uFEFFHELLO"], undefined],
    ["Größe 😀\n", ["Größe 😀"], undefined],
    ["HELLO\nGET a", ["HELLO"], "GET a"],
    ["GET a\r", [], "GET a"],
    ["\r", [], ""],
  ];
  for (const [input, lines, rest] of table) {
    assertEquals(decode([encoder.encode(input)]), { lines, rest }, JSON.stringify(input));
  }
});

Deno.test("LineDecoder.next() shows bytes that are not UTF-8 as U+FFFD", () => {
  const decoder = new LineDecoder();
  decoder.push(Uint8Array.of(0x61, 0xff, 0x62, 0x0a, 0xc3, 0x0a, 0x63, 0x0a));
  assertEquals(drain(decoder), ["a\uFFFDb", "\uFFFD", "c"]);
});

Deno.test("LineDecoder gives the same lines whole, byte by byte, and cut anywhere", () => {
  const alphabet = fc.constantFrom("a", "é", "😀", " ", "\r", "\n", "\r\n", "\0", "abcdefgh");
  const input = fc.array(alphabet, { maxLength: 40 }).map((parts) => encoder.encode(parts.join("")));
  fc.assert(
    fc.property(input, fc.array(fc.nat(), { maxLength: 8 }), fc.integer({ min: 0, max: 12 }), (bytes, at, limit) => {
      const whole = decode([bytes], limit);
      assertEquals(decode(Array.from(bytes, (byte) => Uint8Array.of(byte)), limit), whole);
      assertEquals(decode(cut(bytes, at), limit), whole);
    }),
    { numRuns: 500 },
  );
});

Deno.test("LineDecoder takes a line of exactly the limit and refuses one more byte", () => {
  const limit = "x".repeat(MAX_LINE_BYTES);
  assertEquals(MAX_LINE_BYTES, 8192);
  for (const end of ["\n", "\r\n"]) {
    assertEquals(decode([encoder.encode(limit + end)]), { lines: [limit], rest: undefined });
    assertEquals(decode([encoder.encode(`${limit}x${end}`)]).lines, ["<LINE_TOO_LONG>"]);
  }
  assertEquals(decode([encoder.encode(limit)]).rest, limit);
  assertEquals(decode([encoder.encode(`${limit}\r`)]).rest, limit);
  assertEquals(decode([encoder.encode(`${limit}x`)]).lines, ["<LINE_TOO_LONG>"]);
  assertEquals(decode([encoder.encode(`HELLO\n${limit}x\nGET a\n`)]).lines, ["HELLO", "<LINE_TOO_LONG>"]);
});

Deno.test("LineDecoder counts bytes, not characters", () => {
  assertEquals(decode([encoder.encode("éé\n")], 4).lines, ["éé"]);
  assertEquals(decode([encoder.encode("éé\n")], 3).lines, ["<LINE_TOO_LONG>"]);
});

Deno.test("LineDecoder.next() refuses an endless line before it has kept much of it", () => {
  const decoder = new LineDecoder();
  const piece = new Uint8Array(100).fill(0x78);
  let pushed = 0;
  assertThrows(
    () => {
      for (; pushed < 1_000_000; pushed += piece.length) {
        decoder.push(piece);
        decoder.next();
      }
    },
    ProtocolError,
    "longer than 8192 bytes",
  );
  assertLessOrEqual(decoder.pendingBytes, MAX_LINE_BYTES + 1 + piece.length);
});

Deno.test("LineDecoder.pendingBytes is what has no line end yet", () => {
  const decoder = new LineDecoder();
  assertEquals(decoder.pendingBytes, 0);
  decoder.push(encoder.encode("HELLO\nGE"));
  decoder.next();
  assertEquals(decoder.pendingBytes, 2);
  assertEquals(decoder.next(), undefined);
  decoder.push(encoder.encode("T a\n"));
  assertEquals(decoder.next(), "GET a");
  assertEquals(decoder.pendingBytes, 0);
});

Deno.test("LineDecoder.takeRest() takes the start of a body, once, whatever bytes it has", () => {
  const decoder = new LineDecoder();
  decoder.push(Uint8Array.of(0x4f, 0x4b, 0x0a, 0x0a, 0xff, 0x0d));
  assertEquals(decoder.next(), "OK");
  assertEquals(decoder.takeRest(), Uint8Array.of(0x0a, 0xff, 0x0d));
  assertEquals(decoder.takeRest(), new Uint8Array(0));
  assertEquals(decoder.finish(), undefined);
  decoder.push(encoder.encode("END\n"));
  assertEquals(decoder.next(), "END");
});

Deno.test("LineDecoder.push() copies: the caller may use its buffer again", () => {
  const decoder = new LineDecoder();
  const buffer = encoder.encode("GET ");
  decoder.push(buffer);
  buffer.set(encoder.encode("a\n##"));
  decoder.push(buffer.subarray(0, 2));
  buffer.fill(0x21);
  decoder.push(buffer.subarray(0, 0));
  assertEquals(decoder.next(), "GET a");
});

Deno.test("LineDecoder.push() takes only the first bytes of a buffer that has more, and copies them", () => {
  const decoder = new LineDecoder();
  const buffer = encoder.encode("GET a\nGE!!!!");
  decoder.push(buffer, 8);
  buffer.set(encoder.encode("T b\n!!"));
  assertEquals(drain(decoder), ["GET a"]);
  decoder.push(buffer, 4);
  assertEquals(drain(decoder), ["GET b"]);
  decoder.push(buffer, 0);
  assertEquals([decoder.pendingBytes, decoder.finish()], [0, undefined]);
});
