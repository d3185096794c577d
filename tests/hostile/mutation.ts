/**
 * What becomes of bytes that mean something when they are damaged on purpose.
 *
 * @module
 */

import fc from "fast-check";
import { bytesOf } from "./exchange.ts";

type Mutation = (bytes: Uint8Array) => Uint8Array;

/** Numbers at the edges of what one may be, and beyond. */
const NUMBERS = [
  "0",
  "-1",
  "65536",
  "4294967296",
  "9007199254740991",
  "9007199254740992",
  "1e9",
  "9".repeat(400),
  "0x10",
];
/** Bytes that mean the end of something to somebody. */
const SPECKS = [
  "\0",
  "\r",
  "\r\r\n",
  "\n\n",
  " ",
  "\t",
  "\x1a",
  "\x7f",
  "\u2028",
  "\ufeff",
  "%",
  "%00",
  "%zz",
  "\ud83d",
];
/** Lengths around that of the longest line. */
const LENGTHS = [8_190, 8_191, 8_192, 8_193, 16_384, 20_000];

function spliced(
  bytes: Uint8Array,
  at: number,
  { drop = 0, insert }: { drop?: number; insert: Uint8Array },
): Uint8Array {
  const start = at % (bytes.length + 1);
  return Uint8Array.from([...bytes.subarray(0, start), ...insert, ...bytes.subarray(start + drop)]);
}

function flipped(bytes: Uint8Array, at: number, bit: number): Uint8Array {
  if (bytes.length === 0) return bytes;
  return bytes.with(at % bytes.length, bytes[at % bytes.length]! ^ (1 << bit));
}

/** Puts a number in the place of one that is there. */
function renumbered(bytes: Uint8Array, at: number, number: string): Uint8Array {
  const text = new TextDecoder("latin1").decode(bytes);
  const found = [...text.matchAll(/\d+/g)];
  const chosen = found[at % Math.max(1, found.length)];
  if (chosen === undefined) return bytes;
  return spliced(bytes, chosen.index, { drop: chosen[0].length, insert: bytesOf(number) });
}

/** Makes the line at a place so long. */
function stretched(bytes: Uint8Array, at: number, length: number): Uint8Array {
  const end = bytes.indexOf(0x0a, at % (bytes.length + 1));
  const start = end <= 0 ? 0 : bytes.lastIndexOf(0x0a, end - 1) + 1;
  const missing = Math.max(0, length - (Math.max(end, start) - start));
  return spliced(bytes, Math.max(end, start), { insert: new Uint8Array(missing).fill(0x41) });
}

function mutations(others: readonly Uint8Array[]): fc.Arbitrary<Mutation> {
  const place = fc.nat(100_000);
  return fc.oneof(
    fc.tuple(place, fc.nat(7)).map(([at, bit]): Mutation => (bytes) => flipped(bytes, at, bit)),
    place.map((at): Mutation => (bytes) => bytes.slice(0, at % (bytes.length + 1))),
    place.map((at): Mutation => (bytes) => bytes.slice(at % (bytes.length + 1))),
    fc.tuple(place, fc.nat(40)).map(([at, count]): Mutation => (bytes) => (
      spliced(bytes, at, { insert: bytes.slice(at % (bytes.length + 1)).subarray(0, count) })
    )),
    fc.tuple(place, fc.constantFrom(...others)).map(([at, insert]): Mutation => (bytes) =>
      spliced(bytes, at, { insert })
    ),
    fc.tuple(place, fc.constantFrom(...NUMBERS)).map(([at, number]): Mutation => (bytes) => (
      renumbered(bytes, at, number)
    )),
    fc.tuple(place, fc.constantFrom(...SPECKS), fc.nat(3)).map(([at, speck, drop]): Mutation => (bytes) => (
      spliced(bytes, at, { drop, insert: bytesOf(speck) })
    )),
    fc.tuple(place, fc.constantFrom(...LENGTHS)).map(([at, length]): Mutation => (bytes) => (
      stretched(bytes, at, length)
    )),
    fc.tuple(place, fc.uint8Array({ maxLength: 64 })).map(([at, insert]): Mutation => (bytes) => (
      spliced(bytes, at, { drop: insert.length, insert })
    )),
  );
}

/** Damaged forms of `texts`, and, more seldom, bytes that never meant anything. */
export function damaged(texts: readonly string[]): fc.Arbitrary<Uint8Array> {
  const originals = texts.map(bytesOf);
  const mutants = fc.tuple(
    fc.constantFrom(...originals),
    fc.array(mutations(originals), { minLength: 1, maxLength: 4, size: "max" }),
  ).map(([bytes, steps]) => steps.reduce((damagedBytes, step) => step(damagedBytes), bytes));
  return fc.oneof({ weight: 5, arbitrary: mutants }, {
    weight: 1,
    arbitrary: fc.uint8Array({ maxLength: 20_000, size: "max" }),
  });
}

/** Damaged forms in the segments in which they are sent: at most five. */
export function damagedParts(texts: readonly string[]): fc.Arbitrary<Uint8Array[]> {
  return fc.tuple(damaged(texts), fc.array(fc.nat(100), { maxLength: 4 })).map(([bytes, cuts]) => {
    const places = cuts.map((percent) => Math.floor(bytes.length * percent / 100)).sort((a, b) => a - b);
    return [...places, bytes.length].map((end, at) => bytes.subarray(places[at - 1] ?? 0, end));
  });
}
