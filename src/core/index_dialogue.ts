/**
 * What one connection at the index may say, and in which order.
 *
 * @module
 */

import { unreachable } from "../base/invariant.ts";
import { type FileEntry, parseIndexRequest, type Registration } from "../protocol/cdn.ts";
import { ProtocolError } from "../protocol/protocol_error.ts";

/** What the index is to do about a line. All but `greet`, `begin` and `stage` end the connection. */
export type IndexAction =
  | { readonly kind: "greet" }
  | { readonly kind: "lookup"; readonly name: string }
  | { readonly kind: "locate"; readonly name: string }
  | { readonly kind: "list-files" }
  | { readonly kind: "list-servers" }
  | { readonly kind: "begin"; readonly registration: Registration }
  | { readonly kind: "stage"; readonly file: FileEntry }
  | { readonly kind: "commit" }
  | { readonly kind: "renew"; readonly registration: Registration; readonly sha256: string }
  | { readonly kind: "bury"; readonly id: string; readonly unixSeconds: number | undefined };

type Phase =
  | { readonly kind: "first" }
  | { readonly kind: "greeted" }
  | { readonly kind: "registering"; readonly id: string };

/**
 * One connection's part of the conversation. The first line decides: a client asks, a content server registers, the
 * monitor reports.
 *
 * Source: PROTOCOL.md, "cdn: index".
 */
export class IndexDialogue {
  #phase: Phase = { kind: "first" };

  /**
   * Takes the next line.
   *
   * @throws {ProtocolError} with the word for `ERROR`, after which the connection ends.
   */
  take(line: string): IndexAction {
    const phase = this.#phase;
    switch (phase.kind) {
      case "first":
        return this.#first(line);
      case "greeted":
        return greeted(line);
      case "registering":
        return registering(line, phase.id);
      default:
        return unreachable(phase);
    }
  }

  #first(line: string): IndexAction {
    const request = parseFirst(line);
    switch (request.kind) {
      case "hello":
        this.#phase = { kind: "greeted" };
        return { kind: "greet" };
      case "register":
        this.#phase = { kind: "registering", id: request.registration.id };
        return { kind: "begin", registration: request.registration };
      case "server-down":
        return { kind: "bury", id: request.id, unixSeconds: request.unixSeconds };
      case "get":
        return { kind: "lookup", name: request.name };
      case "locate":
      case "list-files":
      case "list-servers":
      case "renew":
        return request;
      case "add-file":
      case "done-files":
        throw new ProtocolError("UNKNOWN_FIRST_COMMAND", `Cannot take ${request.kind}: nobody registered here`);
      default:
        return unreachable(request);
    }
  }
}

/** A line of a registration's list is no first command, whatever its shape. */
function parseFirst(line: string): ReturnType<typeof parseIndexRequest> {
  try {
    return parseIndexRequest(line);
  } catch (error) {
    if (!(error instanceof ProtocolError) || error.code !== "INVALID_FILE_ENTRY") throw error;
    throw new ProtocolError("UNKNOWN_FIRST_COMMAND", error.message);
  }
}

/** After HELLO a client asks one question; every other line is refused in the same way. */
function greeted(line: string): IndexAction {
  const request = parseAs("INVALID_COMMAND", line);
  switch (request.kind) {
    case "get":
      return { kind: "lookup", name: request.name };
    case "locate":
    case "list-files":
    case "list-servers":
      return request;
    default:
      throw new ProtocolError("INVALID_COMMAND", `Cannot take ${request.kind} after HELLO`);
  }
}

/** A registration is a list of files of the one server that registered here. */
function registering(line: string, id: string): IndexAction {
  const request = parseAs("INVALID_FILE_ENTRY", line);
  if (request.kind === "done-files") return { kind: "commit" };
  if (request.kind !== "add-file") {
    throw new ProtocolError("INVALID_FILE_ENTRY", `Cannot take ${request.kind} during the registration of ${id}`);
  }
  if (request.id !== id) {
    throw new ProtocolError("INVALID_FILE_ENTRY", `Cannot add a file for ${request.id}: ${id} registered here`);
  }
  return { kind: "stage", file: request.file };
}

function parseAs(code: string, line: string): ReturnType<typeof parseIndexRequest> {
  try {
    return parseIndexRequest(line);
  } catch (error) {
    if (error instanceof ProtocolError) throw new ProtocolError(code, error.message);
    throw error;
  }
}
