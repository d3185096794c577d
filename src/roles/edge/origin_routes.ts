/**
 * What clients may ask an origin.
 *
 * Source: PROTOCOL.md, "edge: JSON" and "edge: the origin's own paths".
 *
 * @module
 */

import * as edge from "../../protocol/edge_json.ts";
import * as meta from "../../protocol/edge_meta_json.ts";
import { type JsonRoute, jsonRoute, readRoute, Refusal } from "../../services/http_routes.ts";
import type { OriginUpstream } from "./origin_upstream.ts";

/** Errors of what depends on a meta server. */
const AWAY = { 502: "A server behind it answers nonsense", 503: "It is away", 504: "It is slow" } as const;

const SUCCESS: edge.SuccessReply = { status: "success" };

/** The routes of an origin. */
export function originRoutes(upstream: OriginUpstream): JsonRoute[] {
  return [...placeRoutes(upstream), ...changeRoutes(upstream)];
}

function placeRoutes(upstream: OriginUpstream): JsonRoute[] {
  return [
    jsonRoute({
      method: "POST",
      path: "/origin/sync",
      summary: "Where are these files best had or put?",
      changes: false,
      body: edge.clientRequest,
      reply: edge.syncReply,
      errors: AWAY,
      answer: async (request) => ({ files: (await upstream.plan(request)).files.map(locationOf) }),
    }),
    jsonRoute({
      method: "POST",
      path: "/origin/explicit",
      summary: "Where is the first of these files best had?",
      changes: false,
      body: edge.clientRequest,
      reply: edge.fileLocation,
      errors: { 400: "There is none", ...AWAY },
      answer: async (request) => {
        const { files: [file] } = await upstream.plan({ ...request, FileList: request.FileList.slice(0, 1) });
        return file === undefined ? new Refusal(400, "No files specified") : locationOf(file);
      },
    }),
    jsonRoute({
      method: "POST",
      path: "/origin/plan",
      summary: "As sync, and which of the files have to be sent",
      changes: false,
      body: edge.clientRequest,
      reply: meta.planReply,
      errors: AWAY,
      answer: (request) => upstream.plan(request),
    }),
    readRoute({
      path: "/origin/nodes",
      summary: "Every edge node, and which are alive",
      reply: meta.nodeListReply,
      errors: AWAY,
      answer: () => upstream.nodes(),
    }),
    readRoute({
      path: "/origin/files",
      summary: "Every file",
      reply: edge.filesReply,
      errors: AWAY,
      answer: () => upstream.files(),
    }),
  ];
}

function changeRoutes(upstream: OriginUpstream): JsonRoute[] {
  return [
    jsonRoute({
      method: "POST",
      path: "/origin/purge",
      summary: "Edge nodes drop their copies; the files stay",
      changes: true,
      body: meta.purgeRequest,
      reply: edge.successReply,
      errors: { 404: "Nobody knows the file", ...AWAY },
      answer: async (request) => {
        return await upstream.purge(request) ? SUCCESS : unknownFile(request.file_name);
      },
    }),
    jsonRoute({
      method: "DELETE",
      path: "/origin/file",
      summary: "Removes a file for good",
      changes: true,
      body: edge.deleteRequest,
      reply: edge.successReply,
      errors: { 404: "Nobody knows the file", ...AWAY },
      answer: async ({ file_name: name }) => await upstream.remove(name) ? SUCCESS : unknownFile(name),
    }),
  ];
}

function locationOf({ cdn_address, file_name, cdn_id }: edge.FileLocation): edge.FileLocation {
  return { cdn_address, file_name, cdn_id };
}

function unknownFile(name: string | undefined): Refusal {
  return new Refusal(404, `Cannot find the file ${JSON.stringify(name ?? "")}`);
}
