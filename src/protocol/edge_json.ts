/**
 * The JSON of the edge family: one schema a shape, from which requests are checked and the OpenAPI documents are made.
 *
 * Names of fields are those that existing clients use. Fields that nobody knows are passed over.
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
const MAX_HASH_LENGTH = 128;
/** The longest time stamp. */
const MAX_TIMESTAMP_LENGTH = 64;
/** The longest address: a host name, a colon and a port. */
const MAX_ADDRESS_LENGTH = 261;
/** The highest node id: that of a signed 32-bit integer, as PostgreSQL numbers rows. */
const MAX_NODE_ID = 2_147_483_647;

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

const fileName = z.string().superRefine((name, context) => {
  try {
    checkEdgeName(name);
  } catch (error) {
    context.addIssue({ code: "custom", message: (error as Error).message });
  }
}).openapi({ example: "photos/cat.png" });

const hash = z.string().max(MAX_HASH_LENGTH).openapi({
  description: "Opaque; ours is the SHA-256 in hex",
  example: "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad",
});

/** Opaque text; numbers, which some clients send, become text. */
const timestamp = z.union([z.string().max(MAX_TIMESTAMP_LENGTH), z.number()]).transform(String).openapi({
  type: "string",
  description: "Opaque; ours is the time of the last change in ISO 8601",
  example: "2026-01-31T12:00:00.000Z",
});

const lat = z.number().min(-90).max(90).openapi({ example: 37.7749 });
const lng = z.number().min(-180).max(180).openapi({ example: -122.4194 });
const address = z.string().min(1).max(MAX_ADDRESS_LENGTH).openapi({ example: "localhost:4000" });
const nodeId = z.int().min(STORE_ID).max(MAX_NODE_ID).openapi({ example: 1 });
const createdAt = z.string().openapi({ example: "2026-01-31T12:00:00.000Z" });

const location = z.object({ file_name: fileName, cdn_address: address, cdn_id: nodeId }).openapi("FileLocation");

/** `POST /meta/register`: an edge node says where it is. */
export interface RegisterRequest {
  /** 0 for an edge node, as existing clients send it. */
  readonly Type: number;
  /** Where clients reach it: `localhost:4000`. */
  readonly IP: string;
  /** Degrees. */
  readonly Lat: number;
  /** Degrees. */
  readonly Lng: number;
}

/** Schema of {@link RegisterRequest}. */
export const registerRequest: Schema<RegisterRequest> = z.object({
  Type: z.int().min(0).max(MAX_NODE_ID).default(0).openapi({ example: 0 }),
  IP: address,
  Lat: lat,
  Lng: lng,
}).openapi("RegisterRequest");

/** The answer to {@link RegisterRequest}. */
export interface RegisterReply {
  /** The same for the same address. */
  readonly cdn_id: number;
}

/** Schema of {@link RegisterReply}. */
export const registerReply: Schema<RegisterReply> = z.object({ cdn_id: nodeId }).openapi("RegisterReply");

/** `POST /meta/query`: where is a file best had from here? */
export interface QueryRequest {
  /** The file. */
  readonly file_name: string;
  /** Degrees. */
  readonly client_lat: number;
  /** Degrees. */
  readonly client_lng: number;
}

/** Schema of {@link QueryRequest}. */
export const queryRequest: Schema<QueryRequest> = z.object({
  file_name: fileName,
  client_lat: lat,
  client_lng: lng,
}).openapi("QueryRequest");

/** The answer to {@link QueryRequest}. */
export interface QueryReply {
  /** A node's id, or {@link STORE_ID}. */
  readonly cdn_id: number;
  /** That node's address, or the store's. */
  readonly cdn_address: string;
}

/** Schema of {@link QueryReply}. */
export const queryReply: Schema<QueryReply> = z.object({
  cdn_id: nodeId,
  cdn_address: address,
}).openapi("QueryReply");

/** `POST /meta/update`: a version of a file, and who has it. */
export interface UpdateRequest {
  /** The file. */
  readonly file_name: string;
  /** Its hash. */
  readonly file_hash: string;
  /** Its time stamp. */
  readonly timestamp: string;
  /** Who has it: a node's id, or {@link STORE_ID} for the store alone. */
  readonly cdn_id: number;
}

/** Schema of {@link UpdateRequest}. */
export const updateRequest: Schema<UpdateRequest> = z.object({
  file_name: fileName,
  file_hash: hash,
  timestamp,
  cdn_id: nodeId,
}).openapi("UpdateRequest");

/** `DELETE /meta/delete`. */
export interface DeleteRequest {
  /** The file. */
  readonly file_name: string;
}

/** Schema of {@link DeleteRequest}. */
export const deleteRequest: Schema<DeleteRequest> = z.object({ file_name: fileName }).openapi("DeleteRequest");

/** It was done. */
export interface SuccessReply {
  /** Always `success`. */
  readonly status: "success";
}

/** Schema of {@link SuccessReply}. */
export const successReply: Schema<SuccessReply> = z.object({ status: z.literal("success") })
  .openapi("SuccessReply");

/** It was done to a file. */
export interface FileReply extends SuccessReply {
  /** The file. */
  readonly file: string;
}

/** Schema of {@link FileReply}. */
export const fileReply: Schema<FileReply> = z.object({ status: z.literal("success"), file: z.string() })
  .openapi("FileReply");

/** `GET /meta/cdns`. */
export interface NodesReply {
  /** Every registered node, by id. */
  readonly cdns: readonly {
    /** Its id. */
    readonly id: number;
    /** Where clients reach it. */
    readonly address: string;
    /** Degrees. */
    readonly lat: number;
    /** Degrees. */
    readonly lng: number;
    /** When it registered first, in ISO 8601. */
    readonly created_at: string;
  }[];
}

/** Schema of {@link NodesReply}. */
export const nodesReply: Schema<NodesReply> = z.object({
  cdns: z.array(z.object({ id: nodeId, address, lat, lng, created_at: createdAt })),
}).openapi("NodesReply");

/** `GET /meta/files`. */
export interface FilesReply {
  /** Every file, by name. */
  readonly files: readonly {
    /** Its name. */
    readonly name: string;
    /** The hash of its present version. */
    readonly hash: string;
    /** The time stamp of its present version. */
    readonly timestamp: string;
    /** When it was published first, in ISO 8601. */
    readonly created_at: string;
  }[];
}

/** Schema of {@link FilesReply}. */
export const filesReply: Schema<FilesReply> = z.object({
  files: z.array(z.object({ name: fileName, hash, timestamp: z.string(), created_at: createdAt })),
}).openapi("FilesReply");

/** A file as a client has it. */
export interface ClientFile {
  /** Its name. */
  readonly Name: string;
  /** Its hash; empty if the client has not got it. */
  readonly Hash: string;
  /** Its time stamp; empty if the client has not got it. */
  readonly TimeStamp: string;
}

/** `POST /origin/sync` and `POST /origin/explicit`: files that a client has or wants, and where it is. */
export interface ClientRequest {
  /** 1 for a client, as existing ones send it. */
  readonly Type: number;
  /** The client's address, if it sends one. Nothing depends on it. */
  readonly IP: string;
  /** Degrees. */
  readonly Lat: number;
  /** Degrees. */
  readonly Lng: number;
  /** The files. */
  readonly FileList: readonly ClientFile[];
}

/** Schema of {@link ClientRequest}. */
export const clientRequest: Schema<ClientRequest> = z.object({
  Type: z.int().default(1).openapi({ example: 1 }),
  IP: z.string().max(MAX_ADDRESS_LENGTH).default(""),
  Lat: lat,
  Lng: lng,
  FileList: z.array(
    z.object({ Name: fileName, Hash: hash.default(""), TimeStamp: timestamp.default("") }).openapi("ClientFile"),
  ).max(MAX_FILES_A_REQUEST),
}).openapi("ClientRequest");

/** Where one file is to be had, or put. */
export interface FileLocation extends QueryReply {
  /** The file. */
  readonly file_name: string;
}

/** Schema of {@link FileLocation}, the answer to `POST /origin/explicit`. */
export const fileLocation: Schema<FileLocation> = location;

/** The answer to `POST /origin/sync`. */
export interface SyncReply {
  /** One for each file of the request, in its order. */
  readonly files: readonly FileLocation[];
}

/** Schema of {@link SyncReply}. */
export const syncReply: Schema<SyncReply> = z.object({ files: z.array(location) }).openapi("SyncReply");

/** The JSON that a `PUT /cdn/cache/{path}` may carry in place of the bytes themselves. */
export interface PutEnvelope {
  /** The file's text, which is stored as UTF-8. */
  readonly content: string;
  /** Its hash. */
  readonly file_hash: string;
  /** Its time stamp. */
  readonly timestamp: string;
}

/** Schema of {@link PutEnvelope}: these three fields and no other, each a string. JSON of any other shape is a file. */
export const putEnvelope: Schema<PutEnvelope> = z.strictObject({
  content: z.string(),
  file_hash: z.string().max(MAX_HASH_LENGTH),
  timestamp: z.string().max(MAX_TIMESTAMP_LENGTH),
}).openapi("PutEnvelope");

/** `GET /list` of the store. */
export interface ListReply {
  /** Names in the order of their code units. */
  readonly files: readonly string[];
}

/** Schema of {@link ListReply}. */
export const listReply: Schema<ListReply> = z.object({ files: z.array(fileName) }).openapi("ListReply");

/** `GET /health` of every service. */
export interface HealthReply {
  /** Always `healthy`. */
  readonly status: "healthy";
}

/** Schema of {@link HealthReply}. */
export const healthReply: Schema<HealthReply> = z.object({ status: z.literal("healthy") }).openapi("HealthReply");

/** What an error is answered with, if it is not one of validation. */
export interface ErrorReply {
  /** What is wrong, in a line. */
  readonly detail: string;
}

/** Schema of {@link ErrorReply}. */
export const errorReply: Schema<ErrorReply> = z.object({ detail: z.string() }).openapi("ErrorReply");

/** What a request that does not fit its schema is answered with, with status 422. */
export interface ValidationErrorReply {
  /** One for each thing that is wrong. */
  readonly detail: readonly {
    /** Where: `body`, then the names of fields and the numbers of elements. */
    readonly loc: readonly (string | number)[];
    /** What is wrong, in words. */
    readonly msg: string;
    /** What is wrong, in a word. */
    readonly type: string;
  }[];
}

/** Schema of {@link ValidationErrorReply}. */
export const validationErrorReply: Schema<ValidationErrorReply> = z.object({
  detail: z.array(z.object({
    loc: z.array(z.union([z.string(), z.number()])).openapi({ example: ["body", "Lat"] }),
    msg: z.string().openapi({ example: "Field required" }),
    type: z.string().openapi({ example: "missing" }),
  })),
}).openapi("ValidationErrorReply");
