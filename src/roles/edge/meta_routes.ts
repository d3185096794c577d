/**
 * What a meta server answers, route by route.
 *
 * Source: PROTOCOL.md, "edge: JSON" and "edge: the meta server's own paths".
 *
 * @module
 */

import { EdgeSelector } from "../../core/edge_selection.ts";
import { compareHashes, type FileVersion, needsUpload } from "../../core/file_version.ts";
import type { Place } from "../../core/geography.ts";
import { type MetaFile, type PublicationKind, splitHolders } from "../../core/meta_file.ts";
import * as edge from "../../protocol/edge_json.ts";
import * as meta from "../../protocol/edge_meta_json.ts";
import { type JsonRoute, jsonRoute, readRoute, Refusal } from "../../services/http_routes.ts";
import type { EdgeNode, MetaCatalogue } from "../../storage/meta_catalogue.ts";
import type { MetaInvalidator } from "./meta_invalidator.ts";
import { nodeAddress } from "./node_address.ts";

/** What the routes work with. */
export interface MetaDesk {
  /** What is known. */
  readonly catalogue: MetaCatalogue;
  /** Has nodes drop copies. */
  readonly invalidator: MetaInvalidator;
  /** The store's address, as clients are told it. */
  readonly store: string;
  /** Where the store is. */
  readonly storePlace: Place;
  /** The nodes that live. */
  alive(): EdgeNode[];
  /** The time, in milliseconds since the Unix epoch. */
  unixMs(): number;
  /** Notes that the first bytes that a file ever had were published here. */
  noteFirst(name: string): void;
  /** Resolves when no lease of before the start is left under which a node could serve bytes of a file. */
  outlive(name: string): Promise<void>;
  /** Letters and digits that nobody else comes upon. */
  newMark(): string;
  /** Takes a heartbeat. */
  beat(request: meta.HeartbeatRequest): Promise<meta.HeartbeatReply>;
  /** Counts and logs what a publication changed. */
  note(name: string, kind: PublicationKind): void;
  /** Goes on with something that nobody waits for. */
  later(what: string, run: () => Promise<void>): void;
}

const SUCCESS = { status: "success" } as const;

/** How many files are marked at once where all are. */
const PURGE_BATCH = 1_000;

const UNKNOWN_NODE = { 404: "Nobody knows the node: it has to register" } as const;
const AWAY = {
  503: "The catalogue is away: nothing was changed",
  504: "The catalogue did not answer in time",
} as const;

/** Makes the routes. */
export function metaRoutes(desk: MetaDesk): readonly JsonRoute[] {
  return [
    ...nodeRoutes(desk),
    ...questionRoutes(desk),
    ...changeRoutes(desk),
    ...removalRoutes(desk),
    ...listRoutes(desk),
  ];
}

function nodeRoutes(desk: MetaDesk): JsonRoute[] {
  const { catalogue } = desk;
  return [
    jsonRoute({
      method: "POST",
      path: "/meta/register",
      summary: "An edge node says where it is",
      changes: true,
      errors: { 400: "The address is none", ...AWAY },
      body: edge.registerRequest,
      reply: edge.registerReply,
      answer: async ({ IP: address, Lat: lat, Lng: lng }) => {
        if (nodeAddress(address) === undefined) {
          return new Refusal(400, "Cannot register a node: its address is not HOST:PORT");
        }
        const { id } = await catalogue.register({ address, lat, lng }, desk.unixMs());
        return { cdn_id: id };
      },
    }),
    jsonRoute({
      method: "POST",
      path: "/meta/heartbeat",
      summary: "An edge node lives, and gets a lease",
      changes: true,
      errors: UNKNOWN_NODE,
      body: meta.heartbeatRequest,
      reply: meta.heartbeatReply,
      answer: async (request) => {
        if (catalogue.node(request.cdn_id)?.address !== request.cdn_address) return unknownNode(request.cdn_id);
        return await desk.beat(request);
      },
    }),
    jsonRoute({
      method: "POST",
      path: "/meta/hold",
      summary: "May an edge node keep what it got from the store?",
      changes: true,
      errors: { ...UNKNOWN_NODE, ...AWAY },
      body: meta.holdRequest,
      reply: meta.holdReply,
      answer: async (request) => {
        const { cdn_id: nodeId } = request;
        if (catalogue.node(nodeId) === undefined) return unknownNode(nodeId);
        const { name, ...version } = versionOf(request);
        const { file, verdict } = await catalogue.hold({ name, ...version, nodeId }, desk.unixMs());
        // It may have been news, of which other nodes have older bytes.
        if (file !== undefined && splitHolders(file).stale.length > 0) {
          desk.later("drop older copies", () => desk.invalidator.settle([name]));
        }
        return { verdict };
      },
    }),
  ];
}

function questionRoutes(desk: MetaDesk): JsonRoute[] {
  return [
    jsonRoute({
      method: "POST",
      path: "/meta/query",
      summary: "Where is a file best had from here?",
      changes: false,
      body: edge.queryRequest,
      reply: edge.queryReply,
      // deno-lint-ignore require-await -- a throw must become a rejection
      answer: async ({ file_name: name, client_lat: lat, client_lng: lng }) => {
        const { cdn_id, cdn_address } = locator(desk, { lat, lng })(name);
        return { cdn_id, cdn_address };
      },
    }),
    jsonRoute({
      method: "POST",
      path: "/meta/plan",
      summary: "Where are files best had or put, and which have to be sent?",
      changes: false,
      body: meta.planRequest,
      reply: meta.planReply,
      // deno-lint-ignore require-await -- a throw must become a rejection
      answer: async ({ client_lat: lat, client_lng: lng, files }) => {
        const locate = locator(desk, { lat, lng });
        return {
          files: files.map(({ file_name: name, file_hash: hash, timestamp }) => ({
            ...locate(name),
            upload: needsUpload({ hash, timestamp }, knownAs(presentFile(desk, name), hash)),
          })),
          store_address: desk.store,
        };
      },
    }),
  ];
}

function changeRoutes(desk: MetaDesk): JsonRoute[] {
  const { catalogue, invalidator } = desk;
  return [
    jsonRoute({
      method: "POST",
      path: "/meta/update",
      summary: "A version of a file, and who has it",
      changes: true,
      errors: { ...UNKNOWN_NODE, ...AWAY },
      body: edge.updateRequest,
      reply: edge.successReply,
      answer: async ({ file_name: name, file_hash: hash, timestamp, cdn_id: nodeId }) => {
        const holder = nodeId === edge.STORE_ID ? undefined : nodeId;
        if (holder !== undefined && catalogue.node(holder) === undefined) return unknownNode(holder);
        const { kind } = await catalogue.update({ name, hash, timestamp, holder }, desk.unixMs());
        desk.note(name, kind);
        await invalidator.settle([name], { isUnordered: true });
        return SUCCESS;
      },
    }),
    jsonRoute({
      method: "POST",
      path: "/meta/publish",
      summary: "The store tells of versions",
      changes: true,
      errors: AWAY,
      body: meta.publishRequest,
      reply: meta.publishReply,
      answer: async ({ files, cdn_id: nodeId, replaces }) => {
        // A node that nobody knows registers again, and asks for what it holds.
        const holder = nodeId !== undefined && catalogue.node(nodeId) !== undefined ? nodeId : undefined;
        const results = await catalogue.publish(files.map((file) => ({ ...versionOf(file), holder })), desk.unixMs());
        for (const { kind, file: { name } } of results) {
          desk.note(name, kind);
          if (kind === "new" && replaces === false) desk.noteFirst(name);
        }
        const names = [...new Set(files.map(({ file_name: name }) => name))];
        const outlived = replaces === true ? names.map((name) => desk.outlive(name)) : [];
        await Promise.all([invalidator.settle(names), ...outlived]);
        return { files: results.map(({ kind, file: { name } }) => ({ file_name: name, kind })) };
      },
    }),
  ];
}

function removalRoutes(desk: MetaDesk): JsonRoute[] {
  const { catalogue, invalidator } = desk;
  return [
    jsonRoute({
      method: "DELETE",
      path: "/meta/delete",
      summary: "A file is removed",
      changes: true,
      errors: { 404: "Nobody knows the file", ...AWAY },
      body: edge.deleteRequest,
      reply: edge.successReply,
      answer: async ({ file_name: name, generation }) => {
        const isKnown = catalogue.file(name) !== undefined;
        if (isKnown) await catalogue.remove(name, { generation });
        await Promise.all([desk.outlive(name), invalidator.settle([name])]);
        return isKnown ? SUCCESS : unknownFile(name);
      },
    }),
    jsonRoute({
      method: "POST",
      path: "/meta/purge",
      summary: "Edge nodes drop their copies; the files stay",
      changes: true,
      errors: { 404: "Nobody knows the file", ...AWAY },
      body: meta.purgeRequest,
      reply: edge.successReply,
      answer: async ({ file_name: name }) => {
        if (name !== undefined && presentFile(desk, name) === undefined) return unknownFile(name);
        const mark = desk.newMark();
        const names = name === undefined ? heldNames(catalogue) : [name];
        for (let at = 0; at < names.length; at += PURGE_BATCH) {
          await catalogue.purge(names.slice(at, at + PURGE_BATCH), mark);
        }
        await invalidator.settle(names);
        return SUCCESS;
      },
    }),
  ];
}

function listRoutes({ catalogue, alive }: MetaDesk): JsonRoute[] {
  return [
    readRoute({
      path: "/meta/nodes",
      summary: "Every edge node, and which are alive",
      reply: meta.nodeListReply,
      // deno-lint-ignore require-await -- a throw must become a rejection
      answer: async () => {
        const living = new Set(alive().map(({ id }) => id));
        const nodes = catalogue.nodes().map(({ id, address, lat, lng }) => (
          { id, address, lat, lng, alive: living.has(id) }
        ));
        return { nodes };
      },
    }),
    readRoute({
      path: "/meta/cdns",
      summary: "Every edge node",
      reply: edge.nodesReply,
      // deno-lint-ignore require-await -- a throw must become a rejection
      answer: async () => {
        const cdns = catalogue.nodes().map(({ id, address, lat, lng, createdMs }) => (
          { id, address, lat, lng, created_at: timeOf(createdMs) }
        ));
        return { cdns };
      },
    }),
    readRoute({
      path: "/meta/files",
      summary: "Every file",
      reply: edge.filesReply,
      // deno-lint-ignore require-await -- a throw must become a rejection
      answer: async () => {
        const files = catalogue.files().map(({ name, hash, timestamp, createdMs }) => (
          { name, hash, timestamp, created_at: timeOf(createdMs) }
        ));
        return { files };
      },
    }),
  ];
}

/** Whom a client at a place is sent to, file by file. */
function locator(desk: MetaDesk, client: Place): (name: string) => edge.FileLocation {
  const selector = new EdgeSelector(client, desk.storePlace, desk.alive());
  return (name) => {
    const file = presentFile(desk, name);
    const choice = selector.choose(file === undefined ? undefined : { holders: splitHolders(file).current });
    if (choice.kind === "store") return { file_name: name, cdn_address: desk.store, cdn_id: edge.STORE_ID };
    return { file_name: name, cdn_address: choice.node.address, cdn_id: choice.node.id };
  };
}

function presentFile({ catalogue }: MetaDesk, name: string): MetaFile | undefined {
  const file = catalogue.file(name);
  return file?.isRemoved === true ? undefined : file;
}

/** The version that is known, by the kind of hash that the client has, if that is known. */
function knownAs(file: MetaFile | undefined, offered: string): FileVersion | undefined {
  if (file === undefined || file.sha256 === "") return file;
  return compareHashes(offered, file.sha256) === "incomparable" ? file : { ...file, hash: file.sha256 };
}

function heldNames(catalogue: MetaCatalogue): string[] {
  return catalogue.files().filter(({ holders }) => holders.size > 0).map(({ name }) => name);
}

function versionOf({ file_name: name, file_hash: hash, timestamp, sha256, generation }: meta.StoredVersion): {
  name: string;
  hash: string;
  timestamp: string;
  sha256: string;
  generation: number;
} {
  return { name, hash, timestamp, sha256, generation };
}

function timeOf(unixMs: number): string {
  return new Date(unixMs).toISOString();
}

function unknownNode(id: number): Refusal {
  return new Refusal(404, `Cannot find the node ${id}: it has to register`);
}

function unknownFile(name: string): Refusal {
  return new Refusal(404, `Cannot find ${JSON.stringify(name)}: nobody published it`);
}
