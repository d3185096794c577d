import { assert, assertFalse, assertThrows, equal } from "@std/assert";

class Point {
  #secret = 1;
  readonly x: number;
  readonly y: unknown;
  constructor(x: number, y?: unknown) {
    this.x = x;
    this.y = y;
  }
  get sum(): number {
    return this.x + this.#secret;
  }
}

class OtherPoint extends Point {}

const cycle: Record<string, unknown> = { a: 1 };
cycle["self"] = cycle;
const otherCycle: Record<string, unknown> = { a: 1 };
otherCycle["self"] = otherCycle;
const run = (): void => {};
const sparse: unknown[] = [];
sparse.length = 1;

const EQUAL: readonly (readonly [unknown, unknown])[] = [
  [1, 1],
  [NaN, NaN],
  [0, -0],
  ["a", "a"],
  [undefined, undefined],
  [run, run],
  [[1, [2, 3]], [1, [2, 3]]],
  [{ a: { b: 1 }, c: 2 }, { c: 2, a: { b: 1 } }],
  [Object.create(null, { a: { value: 1, enumerable: true } }), { a: 1 }],
  [new Date(5), new Date(5)],
  [new Date(NaN), new Date(NaN)],
  [/a/g, /a/g],
  [new URL("http://a/b"), new URL("http://a/b")],
  [new Map([["a", [1]], ["b", [2]]]), new Map([["b", [2]], ["a", [1]]])],
  [new Map([[{ k: 1 }, "v"]]), new Map([[{ k: 1 }, "v"]])],
  [new Set([1, 2]), new Set([2, 1])],
  [new Set([{ a: 1 }, { a: 2 }]), new Set([{ a: 2 }, { a: 1 }])],
  [Uint8Array.of(1, 2), Uint8Array.of(1, 2)],
  [Float64Array.of(NaN, 0), Float64Array.of(NaN, -0)],
  [new ArrayBuffer(2), new ArrayBuffer(2)],
  [new Point(1), new Point(1)],
  [new WeakRef(run), new WeakRef(run)],
  [cycle, otherCycle],
  [{ [Symbol.for("a")]: 1 }, { [Symbol.for("a")]: 1 }],
];

const DIFFERENT: readonly (readonly [unknown, unknown])[] = [
  [1, 2],
  [1, "1"],
  [null, undefined],
  [null, {}],
  [() => {}, () => {}],
  [[1, 2], [2, 1]],
  [[1], [1, undefined]],
  [sparse, [undefined]],
  [{ a: undefined }, {}],
  [{ a: undefined }, { b: undefined }],
  [{}, []],
  [new Date(5), new Date(6)],
  [/a/g, /a/i],
  [new URL("http://a/b"), new URL("http://a/c")],
  [new Map([["a", 1]]), new Map([["a", 2]])],
  [new Map([["a", undefined]]), new Map([["b", undefined]])],
  [new Map(), new Set()],
  [new Set([1, 2]), new Set([1, 3])],
  [new Set([{ a: 1 }]), new Set([{ a: 2 }])],
  [Uint8Array.of(1, 2), Uint8Array.of(1, 3)],
  [Uint8Array.of(1), Uint8Array.of(1, 2)],
  [Uint8Array.of(1), Int8Array.of(1)],
  [Uint8Array.of(1).buffer, Uint8Array.of(2).buffer],
  [new Point(1), new Point(2)],
  [new Point(1, 2), new Point(1, 3)],
  [new Point(1), new OtherPoint(1)],
  [new Point(1), { x: 1, y: undefined }],
  [cycle, { a: 1, self: { a: 2 } }],
  [{ [Symbol.for("a")]: 1 }, { [Symbol.for("a")]: 2 }],
  [new Error("a"), new Error("b")],
];

Deno.test("equal() goes by content", () => {
  for (const [a, b] of EQUAL) {
    assert(equal(a, b), Deno.inspect([a, b]));
    assert(equal(b, a), Deno.inspect([b, a]));
    assert(equal({ deep: [a] }, { deep: [b] }), Deno.inspect([a, b]));
  }
});

Deno.test("equal() tells other content, other kinds and other classes apart", () => {
  for (const [a, b] of DIFFERENT) {
    assertFalse(equal(a, b), Deno.inspect([a, b]));
    assertFalse(equal(b, a), Deno.inspect([b, a]));
    assertFalse(equal({ deep: [a] }, { deep: [b] }), Deno.inspect([a, b]));
  }
});

Deno.test("equal() refuses collections whose content cannot be seen", () => {
  assertThrows(() => equal(new WeakMap(), new WeakMap()), TypeError, "WeakMap");
  assertThrows(() => equal(new WeakSet(), new WeakSet()), TypeError, "WeakSet");
});
