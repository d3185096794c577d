/**
 * Fields that occur in several bodies of the edge family's JSON: one schema a field.
 *
 * Source: PROTOCOL.md, "edge: JSON".
 *
 * @module
 */

import { z } from "@hono/zod-openapi";
import type { SchemaIssue } from "./edge_detail.ts";
import { checkEdgeName } from "./edge_name.ts";

/** The most files in one request. */
export const MAX_FILES_A_REQUEST = 10_000;
/** The longest hash. */
export const MAX_HASH_LENGTH = 128;
/** The longest time stamp. */
export const MAX_TIMESTAMP_LENGTH = 64;
/** The longest address: a host name, a colon and a port. */
export const MAX_ADDRESS_LENGTH = 261;
/** The highest node id: that of a signed 32-bit integer, as PostgreSQL numbers rows. */
export const MAX_NODE_ID = 2_147_483_647;

/** The id that stands for the store where a node's would. */
export const STORE_ID: number = -1;

/** Checks values of unknown shape. What stands behind it is a schema of zod, and may be cast to one. */
export interface Schema<T> {
  /** Returns the value, defaults filled in; throws if it does not fit. */
  parse(value: unknown): T;
  /** Returns the value, defaults filled in, or what is wrong with it. */
  safeParse(value: unknown):
    | { readonly success: true; readonly data: T }
    | { readonly success: false; readonly error: { readonly issues: readonly SchemaIssue[] } };
}

/** Text that every engine keeps as it is: PostgreSQL has no NUL, and UTF-8 no half of a surrogate pair. */
function text(maxLength: number): z.ZodString {
  return z.string().max(maxLength).refine((value) => !value.includes("\0") && value.isWellFormed(), {
    message: "Cannot take a text: it holds a NUL character, or is not Unicode",
  });
}

/** A name, as `checkEdgeName()` takes it. */
export const fileName: Schema<string> = z.string().superRefine((name, context) => {
  try {
    checkEdgeName(name);
  } catch (error) {
    context.addIssue({ code: "custom", message: (error as Error).message });
  }
}).openapi({ example: "photos/cat.png" });

/** What a publisher calls the bytes; may be empty. */
export const hash: Schema<string> = text(MAX_HASH_LENGTH).openapi({
  description: "Opaque; ours is the SHA-256 in hex",
  example: "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad",
});

/** Opaque text; numbers, which some clients send, become text. */
export const timestamp: Schema<string> = z.union([text(MAX_TIMESTAMP_LENGTH), z.number()]).transform(String).openapi(
  {
    type: "string",
    description: "Opaque; ours is the time of the last change in ISO 8601",
    example: "2026-01-31T12:00:00.000Z",
  },
);

/** The SHA-256 of the bytes, as the store computed it. */
export const sha256: Schema<string> = z.string().regex(/^[0-9a-f]{64}$/).openapi({
  example: "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad",
});

/** The store's order of versions. */
export const generation: Schema<number> = z.int().min(0).openapi({
  example: 1_767_225_600_123_456,
});

/** Latitude. */
export const lat: Schema<number> = z.number().min(-90).max(90).openapi({ example: 37.7749 });

/** Longitude. */
export const lng: Schema<number> = z.number().min(-180).max(180).openapi({ example: -122.4194 });

/** A host and a port. */
export const address: Schema<string> = text(MAX_ADDRESS_LENGTH).min(1).openapi({ example: "localhost:4000" });

/** A node's id, or {@link STORE_ID}. */
export const nodeId: Schema<number> = z.int().min(STORE_ID).max(MAX_NODE_ID).openapi({ example: 1 });

/** A time. */
export const createdAt: Schema<string> = z.string().openapi({ example: "2026-01-31T12:00:00.000Z" });
