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
import * as fields from "./edge_json_fields.ts";
import {
  MAX_ADDRESS_LENGTH,
  MAX_FILES_A_REQUEST,
  MAX_HASH_LENGTH,
  MAX_TIMESTAMP_LENGTH,
  type Schema,
} from "./edge_json_fields.ts";

export { MAX_FILES_A_REQUEST, type Schema, STORE_ID } from "./edge_json_fields.ts";

const address = fields.address as z.ZodType<string>;
const createdAt = fields.createdAt as z.ZodType<string>;
const fileName = fields.fileName as z.ZodType<string>;
const generation = fields.generation as z.ZodType<number>;
const hash = fields.hash as z.ZodType<string>;
const lat = fields.lat as z.ZodType<number>;
const lng = fields.lng as z.ZodType<number>;
const nodeId = fields.nodeId as z.ZodType<number>;
const timestamp = fields.timestamp as z.ZodType<string>;

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
  Type: z.int().min(0).max(fields.MAX_NODE_ID).default(0).openapi({ example: 0 }),
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
  /** Ours: the generation that the store removed; a later version stays. Missing for whatever there is. */
  readonly generation?: number | undefined;
}

/** Schema of {@link DeleteRequest}. */
export const deleteRequest: Schema<DeleteRequest> = z.object({
  file_name: fileName,
  generation: generation.optional(),
}).openapi("DeleteRequest");

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
