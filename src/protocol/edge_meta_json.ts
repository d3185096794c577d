/**
 * The JSON of a meta server's own paths, beyond those of existing programs: one schema a shape.
 *
 * Source: PROTOCOL.md, "edge: the meta server's own paths".
 *
 * @module
 */

import { z } from "@hono/zod-openapi";
import type { FileLocation } from "./edge_json.ts";
import * as fields from "./edge_json_fields.ts";
import { MAX_FILES_A_REQUEST, type Schema } from "./edge_json_fields.ts";

const address = fields.address as z.ZodType<string>;
const fileName = fields.fileName as z.ZodType<string>;
const generation = fields.generation as z.ZodType<number>;
const hash = fields.hash as z.ZodType<string>;
const lat = fields.lat as z.ZodType<number>;
const lng = fields.lng as z.ZodType<number>;
const nodeId = fields.nodeId as z.ZodType<number>;
const sha256 = fields.sha256 as z.ZodType<string>;
const timestamp = fields.timestamp as z.ZodType<string>;

/** The most names in the `stale` of one answer; a node of which there are more gets no lease before it has dropped them. */
export const MAX_STALE_NAMES = 1_000;

/** A version as the store has it. */
export interface StoredVersion {
  /** The file. */
  readonly file_name: string;
  /** What its publisher calls it. */
  readonly file_hash: string;
  /** What its publisher calls it. */
  readonly timestamp: string;
  /** The SHA-256 of the bytes, lower-case hex. */
  readonly sha256: string;
  /** Its place in the store's order. */
  readonly generation: number;
}

const version = { file_name: fileName, file_hash: hash, timestamp, sha256, generation };

/** `POST /meta/publish`: the store tells of versions. */
export interface PublishRequest {
  /** The versions. */
  readonly files: readonly StoredVersion[];
  /** The node that has them already. */
  readonly cdn_id?: number | undefined;
  /** Whether the store had other bytes under these names before. Missing: nobody waits for the answer on that account. */
  readonly replaces?: boolean | undefined;
}

/** Schema of {@link PublishRequest}. */
export const publishRequest: Schema<PublishRequest> = z.object({
  files: z.array(z.object(version).openapi("StoredVersion")).max(MAX_FILES_A_REQUEST),
  cdn_id: nodeId.optional(),
  replaces: z.boolean().optional(),
}).openapi("PublishRequest");

/** The answer to {@link PublishRequest}, when no live node serves older bytes any more. */
export interface PublishReply {
  /** One for each file of the request, in its order. */
  readonly files: readonly {
    /** The file. */
    readonly file_name: string;
    /** What changed. */
    readonly kind: "new" | "changed" | "touched" | "same" | "outdated";
  }[];
}

/** Schema of {@link PublishReply}. */
export const publishReply: Schema<PublishReply> = z.object({
  files: z.array(z.object({ file_name: fileName, kind: z.enum(["new", "changed", "touched", "same", "outdated"]) })),
}).openapi("PublishReply");

/** `POST /meta/heartbeat`: a node lives, and has dropped copies. */
export interface HeartbeatRequest {
  /** The node. */
  readonly cdn_id: number;
  /** Where it is reached, so that an id of another catalogue is noticed. */
  readonly cdn_address: string;
  /** Names that an answer called stale, and of which it has no copy from before that answer any more. */
  readonly dropped: readonly string[];
}

/** Schema of {@link HeartbeatRequest}. */
export const heartbeatRequest: Schema<HeartbeatRequest> = z.object({
  cdn_id: nodeId,
  cdn_address: address,
  dropped: z.array(fileName).max(MAX_FILES_A_REQUEST).default([]),
}).openapi("HeartbeatRequest");

/** The answer to {@link HeartbeatRequest}. */
export interface HeartbeatReply {
  /** Always `success`. */
  readonly status: "success";
  /**
   * For how long the node may serve its copies unasked, in milliseconds from the moment it sent the heartbeat, once it
   * has dropped what is stale. 0: not at all.
   */
  readonly lease_ms: number;
  /** Names of which its copies must not be served any more. */
  readonly stale: readonly string[];
}

/** Schema of {@link HeartbeatReply}. */
export const heartbeatReply: Schema<HeartbeatReply> = z.object({
  status: z.literal("success"),
  lease_ms: z.int().min(0).openapi({ example: 8_000 }),
  stale: z.array(fileName).max(MAX_STALE_NAMES),
}).openapi("HeartbeatReply");

/** `POST /meta/hold`: may a node keep these bytes, which it got from the store? */
export interface HoldRequest extends StoredVersion {
  /** The node. */
  readonly cdn_id: number;
}

/** Schema of {@link HoldRequest}. */
export const holdRequest: Schema<HoldRequest> = z.object({
  ...version,
  timestamp: timestamp.default(""),
  cdn_id: nodeId,
})
  .openapi("HoldRequest");

/** The answer to {@link HoldRequest}. */
export interface HoldReply {
  /** `current`: it may. `stale`: there is a later version. `unknown`: nobody published the file. */
  readonly verdict: "current" | "stale" | "unknown";
}

/** Schema of {@link HoldReply}. */
export const holdReply: Schema<HoldReply> = z.object({ verdict: z.enum(["current", "stale", "unknown"]) })
  .openapi("HoldReply");

/** `POST /meta/plan`: where are these files best had from here, or put, and which have to be sent? */
export interface PlanRequest {
  /** Degrees. */
  readonly client_lat: number;
  /** Degrees. */
  readonly client_lng: number;
  /** The files, as the client has them. */
  readonly files: readonly {
    /** The file. */
    readonly file_name: string;
    /** Its hash; empty if the client has not got it. */
    readonly file_hash: string;
    /** Its time stamp; empty if the client has not got it. */
    readonly timestamp: string;
  }[];
}

/** Schema of {@link PlanRequest}. */
export const planRequest: Schema<PlanRequest> = z.object({
  client_lat: lat,
  client_lng: lng,
  files: z.array(
    z.object({ file_name: fileName, file_hash: hash.default(""), timestamp: timestamp.default("") }).openapi(
      "PlanFile",
    ),
  ).max(MAX_FILES_A_REQUEST),
}).openapi("PlanRequest");

/** Where one file is had, or put. */
export interface PlannedFile extends FileLocation {
  /** Whether the CDN lacks it, or has other bytes. */
  readonly upload: boolean;
}

/** The answer to {@link PlanRequest}. */
export interface PlanReply {
  /** One for each file of the request, in its order. */
  readonly files: readonly PlannedFile[];
  /** Where the store is, for those whom a node fails. */
  readonly store_address?: string | undefined;
}

/** Schema of {@link PlanReply}. */
export const planReply: Schema<PlanReply> = z.object({
  files: z.array(
    z.object({ file_name: fileName, cdn_address: address, cdn_id: nodeId, upload: z.boolean() }).openapi("PlannedFile"),
  ),
  store_address: address.optional(),
}).openapi("PlanReply");

/** The answer to `GET /meta/nodes` and `GET /origin/nodes`: every node, and which of them are alive. */
export interface NodeListReply {
  /** By id. */
  readonly nodes: readonly {
    /** Its id. */
    readonly id: number;
    /** Where clients reach it. */
    readonly address: string;
    /** Degrees. */
    readonly lat: number;
    /** Degrees. */
    readonly lng: number;
    /** Whether it is; undefined if the meta server is one that does not tell. */
    readonly alive?: boolean | undefined;
  }[];
}

/** Schema of {@link NodeListReply}. */
export const nodeListReply: Schema<NodeListReply> = z.object({
  nodes: z.array(z.object({ id: nodeId, address, lat, lng, alive: z.boolean().optional() })),
}).openapi("NodeListReply");

/** `POST /meta/purge`: nodes drop their copies of a file, or of all; the files stay. */
export type PurgeRequest =
  | { readonly file_name: string; readonly all?: undefined }
  | { readonly all: true; readonly file_name?: undefined };

/** Schema of {@link PurgeRequest}. */
export const purgeRequest: Schema<PurgeRequest> = z.union([
  z.strictObject({ file_name: fileName }),
  z.strictObject({ all: z.literal(true) }),
]).openapi("PurgeRequest");
