/**
 * What the cases of the object contract stand on. Runs on Deno, Node and Bun: nothing here knows a runtime.
 *
 * @module
 */

import { assert, assertEquals, assertInstanceOf } from "@std/assert";
import { sha256 } from "../src/base/digest.ts";
import type { ByteRange } from "../src/core/byte_ranges.ts";
import type { EdgeObject } from "../src/core/edge_object.ts";
import type { Objects, PutOptions } from "../src/storage/objects.ts";
import { StorageError, type StorageErrorCode } from "../src/storage/storage_error.ts";

/** One promise of {@link Objects}. */
export interface ObjectsCase {
  /** What holds, to be read after a function's name: `put() replaces an object`. */
  readonly name: string;
  /** Checks it. */
  run(bench: ObjectsBench): Promise<void>;
}

/** An empty place for objects. */
export interface ObjectsBench {
  /** Opens the place; what was opened before has been closed. */
  open(): Promise<Objects>;
  /** Whole numbers of bytes around which an implementation changes the way it stores. */
  readonly thresholds: readonly number[];
}

/** The most bytes that these cases store in one object. */
export const LIMIT_BYTES = 64 * 1_048_576;

/** Bytes that look like chance, the same for the same seed. */
export function bytesOf(sizeBytes: number, seed = 1): Uint8Array<ArrayBuffer> {
  const bytes = new Uint8Array(sizeBytes);
  let state = seed * 2_654_435_761 >>> 0 || 1;
  for (let at = 0; at < sizeBytes; at++) {
    state ^= state << 13;
    state ^= state >>> 17;
    state ^= state << 5;
    bytes[at] = state;
  }
  return bytes;
}

/** The bytes of a text. */
export function textBytes(text: string): Uint8Array<ArrayBuffer> {
  return new TextEncoder().encode(text);
}

/** Gives bytes out piece by piece, in a buffer that is used again, as the contract of bodies allows. */
export async function* pieces(bytes: Uint8Array, pieceBytes = 65_536): AsyncGenerator<Uint8Array, void, void> {
  const buffer = new Uint8Array(pieceBytes);
  for (let at = 0; at < bytes.length; at += pieceBytes) {
    const piece = bytes.subarray(at, at + pieceBytes);
    buffer.set(piece);
    yield await Promise.resolve(buffer.subarray(0, piece.length));
    buffer.fill(0xee);
  }
}

/** Stores bytes. */
export async function put(
  objects: Objects,
  name: string,
  content: string | Uint8Array,
  options: Partial<PutOptions> = {},
): Promise<EdgeObject> {
  const bytes = typeof content === "string" ? textBytes(content) : content;
  return await objects.put(name, pieces(bytes), {
    version: { hash: "", timestamp: "" },
    limitBytes: LIMIT_BYTES,
    ...options,
  });
}

/** Reads an object, and checks that its bytes are those that it says it has. `undefined` if there is none. */
export async function read(objects: Objects, name: string, range?: ByteRange): Promise<Uint8Array | undefined> {
  const opened = await objects.open(name);
  if (opened === undefined) return undefined;
  try {
    const bytes = await collect(opened.read(range));
    if (range === undefined) {
      assertEquals(bytes.length, opened.object.sizeBytes);
      assertEquals(sha256Of(bytes), opened.object.sha256);
    }
    return bytes;
  } finally {
    await opened.close();
  }
}

/** Reads an object as text. */
export async function readText(objects: Objects, name: string): Promise<string | undefined> {
  const bytes = await read(objects, name);
  return bytes && new TextDecoder("utf-8", { ignoreBOM: true }).decode(bytes);
}

/** Puts pieces together, each of which may be used again for the next. */
export async function collect(body: AsyncIterable<Uint8Array>): Promise<Uint8Array> {
  const parts: Uint8Array[] = [];
  for await (const piece of body) parts.push(piece.slice());
  const whole = new Uint8Array(parts.reduce((sum, { length }) => sum + length, 0));
  let at = 0;
  for (const part of parts) {
    whole.set(part, at);
    at += part.length;
  }
  return whole;
}

/** Every name. */
export async function names(objects: Objects): Promise<string[]> {
  const found: string[] = [];
  for await (const name of objects.list()) found.push(name);
  return found;
}

/** The SHA-256 in hex. */
export function sha256Of(bytes: Uint8Array): string {
  const digest = sha256();
  digest.update(bytes);
  return digest.hex();
}

/** Asserts that two byte arrays are the same without printing megabytes if they are not. */
export function assertSameBytes(actual: Uint8Array | undefined, expected: Uint8Array): void {
  assert(actual !== undefined, "there is nothing");
  assertEquals(actual.length, expected.length);
  assertEquals(sha256Of(actual), sha256Of(expected));
}

/** Asserts that an operation fails with a code. */
export async function assertStorageError(promise: Promise<unknown>, code: StorageErrorCode): Promise<StorageError> {
  try {
    await promise;
  } catch (error) {
    assertInstanceOf(error, StorageError);
    assertEquals(error.code, code, error.message);
    assert(error.message.startsWith("Cannot "), error.message);
    return error;
  }
  throw new Error(`Expected a StorageError "${code}", but it succeeded`);
}

/** Opens a place, uses it, and closes it. */
export async function withObjects(bench: ObjectsBench, run: (objects: Objects) => Promise<void>): Promise<void> {
  const objects = await bench.open();
  try {
    await run(objects);
  } finally {
    await objects.close();
  }
}
