/**
 * The messages of the `cdn` family, one union a listener, one `parseX` and `encodeX` a shape.
 *
 * Verbs are case-sensitive, words are separated by one space. A parser throws {@link ProtocolError} with the word that
 * goes after `ERROR`, and nothing else.
 *
 * Source: PROTOCOL.md, "cdn".
 *
 * @module
 */

import type { Address } from "../base/address.ts";
import { unreachable } from "../base/invariant.ts";
import { readCount, readHost, readPort, readServerId, readSha256 } from "./fields.ts";
import { canonicalFileName } from "./file_name.ts";
import { ProtocolError } from "./protocol_error.ts";

/** The reply to `HELLO`. */
export const GREETING = "WELCOME MICRO-CDN";
/** The reply to `REGISTER`. */
export const REGISTERED = "OK REGISTERED";
/** The reply to `DONE_FILES`. */
export const FILES_ADDED = "OK FILES_ADDED";
/** The reply to `RENEW`, if it counts. */
export const RENEWED = "OK RENEWED";
/** The reply to `SERVER_DOWN`. */
export const MARKED_DEAD = "OK SERVER_MARKED_DEAD";
/** The reply to `REGISTER_INDEX`. */
export const INDEX_REGISTERED = "OK INDEX_REGISTERED";
/** The reply to `PING`. */
export const PONG = "PONG";

/** A content server as it registers. */
export interface Registration {
  /** Its id: 1 to 128 visible ASCII characters. */
  readonly id: string;
  /** Where it serves clients. */
  readonly tcpPort: number;
  /** Where its heartbeats come from. */
  readonly udpPort: number;
  /** The host that clients are to use; absent with `REGISTER`, where the connection's source address counts. */
  readonly host?: string;
}

/** A file as a content server advertises it. */
export interface FileEntry {
  /** Its name in canonical form. */
  readonly name: string;
  /** Its length. */
  readonly sizeBytes: number;
}

/** What comes in at the index. */
export type IndexRequest =
  | { readonly kind: "hello" }
  | { readonly kind: "get"; readonly name: string }
  | { readonly kind: "locate"; readonly name: string }
  | { readonly kind: "list-files" }
  | { readonly kind: "list-servers" }
  | { readonly kind: "register"; readonly registration: Registration }
  | { readonly kind: "add-file"; readonly id: string; readonly file: FileEntry }
  | { readonly kind: "done-files" }
  | { readonly kind: "renew"; readonly registration: Registration; readonly sha256: string }
  | { readonly kind: "server-down"; readonly id: string; readonly unixSeconds?: number };

/** What comes in at a content server. Names are as sent; see `fileNameReadings`. */
export type ContentRequest =
  | { readonly kind: "get"; readonly name: string }
  | { readonly kind: "range"; readonly offsetBytes: number; readonly lengthBytes: number; readonly name: string }
  | { readonly kind: "hash"; readonly name: string };

/** What comes in at the monitor's control port. */
export type MonitorRequest =
  | { readonly kind: "list-servers" }
  | { readonly kind: "ping" }
  | { readonly kind: "register-index"; readonly index: Address };

/** A content server's sign of life. */
export interface Heartbeat {
  /** Who. */
  readonly id: string;
  /** Where clients reach it. */
  readonly host: string;
  /** Where clients reach it. */
  readonly tcpPort: number;
  /** Clients being served. */
  readonly load: number;
  /** Files advertised. */
  readonly files: number;
}

/** One line of `LIST_SERVERS`. */
export interface ServerStatus {
  /** Who. */
  readonly id: string;
  /** Where clients reach it. */
  readonly host: string;
  /** Where clients reach it. */
  readonly tcpPort: number;
  /** Clients being served, as last heard. */
  readonly load: number;
  /** Whether it is held to be alive. */
  readonly alive: boolean;
}

/** Where a file can be had. */
export interface Location {
  /** Where clients reach the holder. */
  readonly host: string;
  /** Where clients reach the holder. */
  readonly tcpPort: number;
  /** Who holds it. */
  readonly id: string;
  /** How long it is. */
  readonly sizeBytes: number;
}

/**
 * Reads a line at the index, outside of a registration's file list as well as within.
 *
 * @throws {ProtocolError} `"INVALID_REGISTER"`, `"INVALID_FILE_ENTRY"`, `"INVALID_RENEW"`, `"INVALID_SERVER_DOWN"` for a known
 * verb of the wrong shape; `"INVALID_COMMAND"` for `GET` and `LOCATE` without a name; `"UNKNOWN_FIRST_COMMAND"` for anything else.
 */
export function parseIndexRequest(line: string): IndexRequest {
  const { verb, rest, words } = split(line);
  switch (verb) {
    case "HELLO":
      return alone(rest, { kind: "hello" }, "UNKNOWN_FIRST_COMMAND", line);
    case "GET":
      return { kind: "get", name: requireName(rest, line) };
    case "LOCATE":
      return { kind: "locate", name: requireName(rest, line) };
    case "LIST_FILES":
      return alone(rest, { kind: "list-files" }, "UNKNOWN_FIRST_COMMAND", line);
    case "LIST_SERVERS":
      return alone(rest, { kind: "list-servers" }, "UNKNOWN_FIRST_COMMAND", line);
    case "REGISTER":
    case "REGISTER_AT":
      return readRegister(words, verb === "REGISTER_AT", line);
    case "ADD_FILE":
      return readAddFile(words, line);
    case "DONE_FILES":
      return alone(rest, { kind: "done-files" }, "INVALID_FILE_ENTRY", line);
    case "RENEW":
    case "RENEW_AT":
      return readRenew(words, verb === "RENEW_AT", line);
    case "SERVER_DOWN":
      return readServerDown(words, line);
    default:
      throw refusal("UNKNOWN_FIRST_COMMAND", line, "unknown verb");
  }
}

/** Writes a line for the index, without its end. */
export function encodeIndexRequest(request: IndexRequest): string {
  switch (request.kind) {
    case "hello":
      return "HELLO";
    case "get":
      return `GET ${request.name}`;
    case "locate":
      return `LOCATE ${request.name}`;
    case "list-files":
      return "LIST_FILES";
    case "list-servers":
      return "LIST_SERVERS";
    case "register":
      return encodeRegistration("REGISTER", request.registration);
    case "add-file":
      return `ADD_FILE ${request.id} ${request.file.name} ${request.file.sizeBytes}`;
    case "done-files":
      return "DONE_FILES";
    case "renew":
      return `${encodeRegistration("RENEW", request.registration)} sha256:${request.sha256}`;
    case "server-down":
      return request.unixSeconds === undefined
        ? `SERVER_DOWN ${request.id}`
        : `SERVER_DOWN ${request.id} ${request.unixSeconds}`;
    default:
      return unreachable(request);
  }
}

/**
 * Reads a line at a content server.
 *
 * @throws {ProtocolError} `"INVALID_COMMAND"` for anything but `GET`, `RANGE` and `HASH` of the right shape.
 */
export function parseContentRequest(line: string): ContentRequest {
  const { verb, rest } = split(line);
  switch (verb) {
    case "GET":
      return { kind: "get", name: requireName(rest, line) };
    case "HASH":
      return { kind: "hash", name: requireName(rest, line) };
    case "RANGE": {
      const [, offset, length, name] = rest?.match(/^(\d+) (\d+) (.+)$/s) ?? [];
      const offsetBytes = readCount(offset);
      const lengthBytes = readCount(length);
      if (offsetBytes === undefined || lengthBytes === undefined || name === undefined) {
        throw refusal("INVALID_COMMAND", line, "expected RANGE <offset> <length> <name>");
      }
      return { kind: "range", offsetBytes, lengthBytes, name };
    }
    default:
      throw refusal("INVALID_COMMAND", line, "unknown verb");
  }
}

/** Writes a line for a content server, without its end. */
export function encodeContentRequest(request: ContentRequest): string {
  switch (request.kind) {
    case "get":
      return `GET ${request.name}`;
    case "hash":
      return `HASH ${request.name}`;
    case "range":
      return `RANGE ${request.offsetBytes} ${request.lengthBytes} ${request.name}`;
    default:
      return unreachable(request);
  }
}

/**
 * Reads a line at the monitor's control port.
 *
 * @throws {ProtocolError} `"UNKNOWN_COMMAND"` for anything but `LIST_SERVERS`, `PING` and `REGISTER_INDEX`.
 */
export function parseMonitorRequest(line: string): MonitorRequest {
  const { verb, rest, words } = split(line);
  switch (verb) {
    case "LIST_SERVERS":
      return alone(rest, { kind: "list-servers" }, "UNKNOWN_COMMAND", line);
    case "PING":
      return alone(rest, { kind: "ping" }, "UNKNOWN_COMMAND", line);
    case "REGISTER_INDEX": {
      const host = readHost(words[0]);
      const port = readPort(words[1]);
      if (host === undefined || port === undefined || words.length !== 2) {
        throw refusal("UNKNOWN_COMMAND", line, "expected REGISTER_INDEX <ip> <port>");
      }
      return { kind: "register-index", index: { host, port } };
    }
    default:
      throw refusal("UNKNOWN_COMMAND", line, "unknown verb");
  }
}

/** Writes one heartbeat datagram, without a line end. */
export function encodeHeartbeat({ id, host, tcpPort, load, files }: Heartbeat): Uint8Array {
  return new TextEncoder().encode(`HEARTBEAT ${id} ${host} ${tcpPort} ${load} ${files}`);
}

/** The longest heartbeat datagram, in bytes. */
export const MAX_HEARTBEAT_BYTES = 512;

/** A byte order mark is no part of a heartbeat: it stays, and is refused. */
const decoder = new TextDecoder("utf-8", { ignoreBOM: true });

/**
 * Decodes one heartbeat datagram.
 *
 * Shape: `HEARTBEAT <id> <ip> <tcp_port> <load> <num_files>`, optional line end, at most 512 bytes.
 * Source: PROTOCOL.md, "cdn: heartbeats".
 *
 * @throws {ProtocolError} `"INVALID_HEARTBEAT"` for any other shape.
 */
export function parseHeartbeat(datagram: Uint8Array): Heartbeat {
  if (datagram.length > MAX_HEARTBEAT_BYTES) {
    throw new ProtocolError("INVALID_HEARTBEAT", `Cannot parse a heartbeat: ${datagram.length} bytes`);
  }
  const line = decoder.decode(datagram).replace(/\r?\n$/, "");
  const { verb, words } = split(line);
  const id = readServerId(words[0]);
  const host = readHost(words[1]);
  const tcpPort = readPort(words[2]);
  const load = readCount(words[3]);
  const files = readCount(words[4]);
  const complete = id !== undefined && host !== undefined && tcpPort !== undefined && load !== undefined;
  if (verb !== "HEARTBEAT" || words.length !== 5 || !complete || files === undefined) {
    throw refusal("INVALID_HEARTBEAT", line, "expected HEARTBEAT <id> <ip> <port> <load> <files>");
  }
  return { id, host, tcpPort, load, files };
}

/** Writes a line of `LIST_SERVERS`. */
export function encodeServerStatus({ id, host, tcpPort, load, alive }: ServerStatus): string {
  return `SERVER ${id} ${host} ${tcpPort} ${load} ${alive ? "alive" : "dead"}`;
}

/**
 * Reads a line of `LIST_SERVERS`. The status is compared without case.
 *
 * @throws {ProtocolError} `"INVALID_REPLY"` for any other shape.
 */
export function parseServerStatus(line: string): ServerStatus {
  const { verb, words } = split(line);
  const id = readServerId(words[0]);
  const host = readHost(words[1]);
  const tcpPort = readPort(words[2]);
  const load = readCount(words[3]);
  const status = words[4]?.toLowerCase();
  const complete = id !== undefined && host !== undefined && tcpPort !== undefined && load !== undefined;
  if (verb !== "SERVER" || words.length !== 5 || !complete || (status !== "alive" && status !== "dead")) {
    throw refusal("INVALID_REPLY", line, "expected SERVER <id> <ip> <port> <load> alive|dead");
  }
  return { id, host, tcpPort, load, alive: status === "alive" };
}

/** Writes the answer to a lookup. */
export function encodeLocation({ host, tcpPort, id, sizeBytes }: Location): string {
  return `SERVER ${host} ${tcpPort} ${id} ${sizeBytes}`;
}

/**
 * Reads the answer to a lookup.
 *
 * @throws {ProtocolError} `"INVALID_REPLY"` for any other shape.
 */
export function parseLocation(line: string): Location {
  const { verb, words } = split(line);
  const host = readHost(words[0]);
  const tcpPort = readPort(words[1]);
  const id = readServerId(words[2]);
  const sizeBytes = readCount(words[3]);
  const complete = host !== undefined && tcpPort !== undefined && id !== undefined && sizeBytes !== undefined;
  if (verb !== "SERVER" || words.length !== 4 || !complete) {
    throw refusal("INVALID_REPLY", line, "expected SERVER <ip> <port> <id> <size>");
  }
  return { host, tcpPort, id, sizeBytes };
}

/** Writes a line of `LIST_FILES`. */
export function encodeFileEntry({ name, sizeBytes }: FileEntry): string {
  return `FILE ${name} ${sizeBytes}`;
}

/**
 * Reads a line of `LIST_FILES`.
 *
 * @throws {ProtocolError} `"INVALID_REPLY"` for any other shape.
 */
export function parseFileEntry(line: string): FileEntry {
  const { verb, words } = split(line);
  const name = words[0] === undefined ? undefined : canonicalFileName(words[0]);
  const sizeBytes = readCount(words[1]);
  if (verb !== "FILE" || words.length !== 2 || name === undefined || sizeBytes === undefined) {
    throw refusal("INVALID_REPLY", line, "expected FILE <name> <size>");
  }
  return { name, sizeBytes };
}

/** Writes the head of a download: `OK <size>`. */
export function encodeOk(sizeBytes: number): string {
  return `OK ${sizeBytes}`;
}

/**
 * Reads the head of a download.
 *
 * @throws {ProtocolError} `"INVALID_REPLY"` for any other shape.
 */
export function parseOk(line: string): number {
  const { verb, rest } = split(line);
  const sizeBytes = readCount(rest);
  if (verb !== "OK" || sizeBytes === undefined) throw refusal("INVALID_REPLY", line, "expected OK <size>");
  return sizeBytes;
}

/** A file's length and digest. */
export interface FileDigest {
  /** How long the file is. */
  readonly sizeBytes: number;
  /** Its SHA-256: 64 lower-case hex digits. */
  readonly sha256: string;
}

/** Writes the answer to `HASH`. */
export function encodeDigest({ sizeBytes, sha256 }: FileDigest): string {
  return `OK ${sizeBytes} sha256:${sha256}`;
}

/**
 * Reads the answer to `HASH`.
 *
 * @throws {ProtocolError} `"INVALID_REPLY"` for any other shape.
 */
export function parseDigest(line: string): FileDigest {
  const { verb, words } = split(line);
  const sizeBytes = readCount(words[0]);
  const sha256 = readSha256(words[1]);
  if (verb !== "OK" || words.length !== 2 || sizeBytes === undefined || sha256 === undefined) {
    throw refusal("INVALID_REPLY", line, "expected OK <size> sha256:<hex>");
  }
  return { sizeBytes, sha256 };
}

interface SplitLine {
  readonly verb: string;
  /** All after the first space, untouched; absent without one. */
  readonly rest: string | undefined;
  readonly words: readonly string[];
}

function split(line: string): SplitLine {
  const space = line.indexOf(" ");
  if (space < 0) return { verb: line, rest: undefined, words: [] };
  const rest = line.slice(space + 1);
  return { verb: line.slice(0, space), rest, words: rest.split(" ") };
}

function alone<T>(rest: string | undefined, message: T, code: string, line: string): T {
  if (rest !== undefined) throw refusal(code, line, "expected nothing after the verb");
  return message;
}

function requireName(rest: string | undefined, line: string): string {
  if (rest === undefined || rest === "") throw refusal("INVALID_COMMAND", line, "expected a file name");
  return rest;
}

function encodeRegistration(verb: string, { id, host, tcpPort, udpPort }: Registration): string {
  const ports = `${tcpPort} ${udpPort}`;
  return host === undefined ? `${verb} ${id} ${ports}` : `${verb}_AT ${id} ${host} ${ports}`;
}

/** Reads exactly an id, a host if there is to be one, and two ports. */
function readRegistration(words: readonly string[], hasHost: boolean): Registration | undefined {
  const id = readServerId(words[0]);
  const [tcpPort, udpPort] = words.slice(-2).map(readPort);
  const isComplete = id !== undefined && tcpPort !== undefined && udpPort !== undefined;
  if (!isComplete || words.length !== (hasHost ? 4 : 3)) return undefined;
  if (!hasHost) return { id, tcpPort, udpPort };
  const host = readHost(words[1]);
  return host === undefined ? undefined : { id, tcpPort, udpPort, host };
}

function readRegister(words: readonly string[], hasHost: boolean, line: string): IndexRequest {
  const registration = readRegistration(words, hasHost);
  if (registration !== undefined) return { kind: "register", registration };
  throw refusal("INVALID_REGISTER", line, "expected an id and two ports from 1 to 65535");
}

function readRenew(words: readonly string[], hasHost: boolean, line: string): IndexRequest {
  const registration = readRegistration(words.slice(0, -1), hasHost);
  const sha256 = readSha256(words.at(-1));
  if (registration !== undefined && sha256 !== undefined) return { kind: "renew", registration, sha256 };
  throw refusal("INVALID_RENEW", line, "expected an id, two ports from 1 to 65535, and sha256:<hex>");
}

function readAddFile(words: readonly string[], line: string): IndexRequest {
  const id = readServerId(words[0]);
  const name = words[1] === undefined ? undefined : canonicalFileName(words[1]);
  const sizeBytes = readCount(words[2]);
  if (id === undefined || name === undefined || sizeBytes === undefined || words.length !== 3) {
    throw refusal("INVALID_FILE_ENTRY", line, "expected ADD_FILE <id> <name> <size>");
  }
  return { kind: "add-file", id, file: { name, sizeBytes } };
}

function readServerDown(words: readonly string[], line: string): IndexRequest {
  const id = readServerId(words[0]);
  if (id === undefined || words.length > 2) {
    throw refusal("INVALID_SERVER_DOWN", line, "expected SERVER_DOWN <id> <timestamp>");
  }
  if (words[1] === undefined) return { kind: "server-down", id };
  // Others send fractions of a second, or a date: only the id decides.
  const unixSeconds = readCount(words[1].match(/^(\d+)(?:\.\d+)?$/)?.[1]);
  return { kind: "server-down", id, ...(unixSeconds === undefined ? {} : { unixSeconds }) };
}

function refusal(code: string, line: string, expected: string): ProtocolError {
  const shown = line.length > 80 ? `${line.slice(0, 80)}...` : line;
  return new ProtocolError(code, `Cannot parse ${JSON.stringify(shown)}: ${expected}`);
}
