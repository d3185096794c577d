/** Whether two values are the same one; unlike `===`, NaN equals NaN. */
function same(a: unknown, b: unknown): boolean {
  return a === b || Object.is(a, b);
}

function isObject(value: unknown): value is object {
  return typeof value === "object" && value !== null;
}

function isCollection(
  value: unknown,
): value is Set<unknown> | Map<unknown, unknown> {
  return value instanceof Set || value instanceof Map;
}

function isBuffer(value: unknown): value is ArrayBuffer | SharedArrayBuffer {
  return value instanceof ArrayBuffer || value instanceof SharedArrayBuffer;
}

/** Any typed array, seen as a list. */
type Numbers = ArrayLike<number | bigint>;

const TypedArray: abstract new () => Numbers = Object.getPrototypeOf(
  Uint8Array,
);

/** Prototypes whose instances are equal when their texts are. */
const TEXTUAL = new Set<unknown>([
  ...[RegExp, URL, URLSearchParams, Intl.Locale].map((one) => one.prototype),
  ...temporalPrototypes(),
]);

function temporalPrototypes(): unknown[] {
  const { Temporal } = globalThis as {
    Temporal?: Record<string, { prototype?: unknown }>;
  };
  if (Temporal === undefined) return [];
  const names = Object.getOwnPropertyNames(Temporal).filter((name) => name !== "Now");
  return names.map((name) => Temporal[name]?.prototype).filter((prototype) => prototype !== undefined);
}

/** A `null` prototype counts as that of a plain object. */
function prototypeOf(value: object): object {
  return Object.getPrototypeOf(value) ?? Object.prototype;
}

/** The own and inherited keys of an instance, getters included, as far as its classes go. */
function keysOfInstance(value: object): Set<string | symbol> {
  const keys = new Set<string | symbol>();
  let at: object | null = value;
  while (at !== null && at !== Object.prototype && at !== Array.prototype) {
    for (const key of Reflect.ownKeys(at)) keys.add(key);
    at = Object.getPrototypeOf(at);
  }
  return keys;
}

function equalNumbers(a: Numbers, b: Numbers): boolean {
  if (a.length !== b.length) return false;
  for (let i = 0; i < a.length; i++) {
    if (!same(a[i], b[i])) return false;
  }
  return true;
}

/** One comparison of two values, which may contain themselves. */
class Comparison {
  /** Pairs under way: met again, they count as equal, or a cycle would never end. */
  readonly #begun = new Map<object, object>();

  equal(a: unknown, b: unknown): boolean {
    if (same(a, b)) return true;
    if (!isObject(a) || !isObject(b)) return false;
    if (a instanceof Date && b instanceof Date) return Object.is(a.getTime(), b.getTime());
    if (prototypeOf(a) !== prototypeOf(b)) return false;
    if (a instanceof TypedArray) return equalNumbers(a, b as Numbers);
    if (isBuffer(a) && isBuffer(b)) return equalNumbers(new Uint8Array(a), new Uint8Array(b));
    if (a instanceof WeakMap || a instanceof WeakSet) {
      throw new TypeError(`Cannot compare ${a instanceof WeakMap ? "WeakMap" : "WeakSet"} instances`);
    }
    if (a instanceof WeakRef) return this.equal(a.deref(), (b as WeakRef<WeakKey>).deref());
    if (this.#begun.get(a) === b) return true;
    if (Object.keys(a).length !== Object.keys(b).length) return false;
    this.#begun.set(a, b);
    if (isCollection(a) && isCollection(b)) return this.#equalCollections(a, b);
    if (TEXTUAL.has(Object.getPrototypeOf(a))) return String(a) === String(b);
    return this.#equalKeys(a, b);
  }

  #equalCollections(
    a: Set<unknown> | Map<unknown, unknown>,
    b: Set<unknown> | Map<unknown, unknown>,
  ): boolean {
    if (a.size !== b.size) return false;
    if ([...a.keys()].every((key) => !isObject(key) && typeof key !== "function")) {
      if (a instanceof Set) return [...a].every((key) => b.has(key));
      const other = b as Map<unknown, unknown>;
      return [...a].every(([key, value]) => other.has(key) && this.equal(value, other.get(key)));
    }
    const entries = [...b.entries()];
    return [...a.entries()].every(([key, value]) =>
      entries.some(([otherKey, otherValue]) => this.equal(key, otherKey) && this.equal(value, otherValue))
    );
  }

  #equalKeys(a: object, b: object): boolean {
    const prototype = prototypeOf(a);
    const plain = prototype === Object.prototype ||
      prototype === Array.prototype;
    const keys = plain ? Reflect.ownKeys({ ...a, ...b }) : [...keysOfInstance(a), ...keysOfInstance(b)];
    return keys.every((key) =>
      (key in a) === (key in b) &&
      this.equal(Reflect.get(a, key), Reflect.get(b, key))
    );
  }
}

/**
 * Whether two values are deeply equal: by content for plain objects, arrays, maps, sets, typed arrays, buffers, dates,
 * patterns and URLs; by class and properties for other objects; by reference for functions. A missing property is not
 * an undefined one, NaN equals NaN, 0 equals -0.
 *
 * @throws {TypeError} if there is a `WeakMap` or `WeakSet` in them: their content cannot be seen.
 */
export function equal(a: unknown, b: unknown): boolean {
  return new Comparison().equal(a, b);
}
