/**
 * What an index must know, concluded from the lines that it got and said, and what it may therefore answer.
 *
 * @module
 */

import type { Address } from "../../src/base/address.ts";
import { ListDigest } from "../../src/core/list_digest.ts";
import type { LogRecord } from "../../src/env/log.ts";
import {
  FILES_ADDED,
  GREETING,
  type IndexRequest,
  MARKED_DEAD,
  parseIndexRequest,
  parseServerStatus,
  type Registration,
  RENEWED,
  type ServerStatus,
} from "../../src/protocol/cdn.ts";
import { fileNameReadings } from "../../src/protocol/file_name.ts";
import { END, parseError } from "../../src/protocol/replies.ts";
import type { TapListener } from "./tap.ts";
import type { Violations } from "./violations.ts";

/** How long a server may be silent at the monitor after it registered. */
const GRACE_MS = 8_000;

interface Entry {
  host: string;
  tcpPort: number;
  alive: boolean;
  decidedMs: number;
  files: ReadonlyMap<string, number>;
  /** The digest of its list. */
  sha256: string;
}

interface MonitorList {
  readonly askedMs: number;
  readonly servers: ReadonlyMap<string, ServerStatus>;
}

type Renewal = Extract<IndexRequest, { readonly kind: "renew" }>;

/** What {@link IndexModel} is made of. */
export interface IndexModelOptions {
  /** Where what is wrong goes. */
  readonly violations: Violations;
  /** Virtual time. */
  readonly now: () => number;
  /** Told of each report that the index has acknowledged. */
  readonly onBuried: (id: string) => void;
}

/** The knowledge of one index from its start to its end. */
export class IndexModel {
  readonly #options: IndexModelOptions;
  readonly #servers = new Map<string, Entry>();
  #list: MonitorList | undefined;

  /** Creates the model of an index that has just started. */
  constructor(options: IndexModelOptions) {
    this.#options = options;
  }

  /** Follows a stream that came in. */
  accepted(remote: Address): TapListener {
    let registration: Registration | undefined;
    const files = new Map<string, number>();
    let question: IndexRequest | undefined;
    const answers: string[] = [];
    return {
      received: (line) => {
        const request = tryParse(line);
        if (request?.kind === "register") registration = request.registration;
        else if (request?.kind === "add-file") files.set(request.file.name, request.file.sizeBytes);
        else if (request !== undefined && request.kind !== "hello" && request.kind !== "done-files") question = request;
      },
      said: (line) => {
        if (line === GREETING) return;
        if (line === FILES_ADDED && registration !== undefined) this.#commit(registration, remote.host, files);
        if (line === RENEWED && question?.kind === "renew") this.#renew(question, remote.host);
        if (line === MARKED_DEAD && question?.kind === "server-down") this.#bury(question.id);
        if (question?.kind === "get") this.#checkRoute(question.name, line);
        if (question?.kind !== "locate") return;
        if (line !== END) answers.push(line);
        if (line === END || parseError(line) !== undefined) this.#checkLocations(question.name, answers);
      },
    };
  }

  /** Follows a question to the monitor. */
  dialling(): TapListener {
    const askedMs = this.#options.now();
    const servers = new Map<string, ServerStatus>();
    let isList = false;
    return {
      said: (line) => isList ||= line === "LIST_SERVERS",
      received: (line) => {
        if (!isList) return;
        if (line === END) this.#list = { askedMs, servers };
        else if (line.startsWith("SERVER ")) {
          const status = parseServerStatus(line);
          servers.set(status.id, status);
        }
      },
    };
  }

  /** Follows what the index concludes from the monitor's list. */
  logged({ event, fields: { id, reason } }: LogRecord): void {
    if (typeof id !== "string" || reason === undefined) return;
    if (event === "server revived") this.#follow(id, true);
    if (event === "server marked dead") this.#follow(id, false);
  }

  #commit({ id, host, tcpPort }: Registration, from: string, files: ReadonlyMap<string, number>): void {
    const digest = new ListDigest();
    for (const [name, sizeBytes] of files) digest.add({ name, sizeBytes });
    const decidedMs = this.#options.now();
    this.#servers.set(id, { host: host ?? from, tcpPort, alive: true, decidedMs, files, sha256: digest.hex() });
  }

  #renew({ registration: { id, host, tcpPort }, sha256 }: Renewal, from: string): void {
    const entry = this.#servers.get(id);
    const isSame = entry?.host === (host ?? from) && entry.tcpPort === tcpPort && entry.sha256 === sha256;
    if (!isSame) return this.#options.violations.add("a renewal is what was registered", `${id} is taken to be known`);
    entry.alive = true;
    entry.decidedMs = this.#options.now();
  }

  #bury(id: string): void {
    const entry = this.#servers.get(id);
    if (entry !== undefined) {
      entry.alive = false;
      entry.decidedMs = this.#options.now();
    }
    this.#options.onBuried(id);
  }

  #follow(id: string, alive: boolean): void {
    const entry = this.#servers.get(id);
    const list = this.#list;
    const status = list?.servers.get(id);
    const what = `${id} becomes ${alive ? "alive" : "dead"}`;
    if (entry === undefined || list === undefined || status?.alive !== alive) {
      return this.#blame(`${what}, but the monitor's list does not say so`);
    }
    if (list.askedMs <= entry.decidedMs) {
      return this.#blame(`${what} by a list of ${list.askedMs} ms, but its life was decided at ${entry.decidedMs} ms`);
    }
    if (!alive && list.askedMs - entry.decidedMs <= GRACE_MS) {
      return this.#blame(`${what} ${list.askedMs - entry.decidedMs} ms after it registered`);
    }
    entry.alive = alive;
    entry.decidedMs = list.askedMs;
  }

  #blame(text: string): void {
    this.#options.violations.add("index follows newer news only", text);
  }

  #checkRoute(name: string, line: string): void {
    const holders = this.#holders(name);
    if (parseError(line) === undefined ? holders.has(line) : holders.size === 0) return;
    this.#wrong(`GET ${name}`, line, holders);
  }

  #checkLocations(name: string, lines: readonly string[]): void {
    const holders = this.#holders(name);
    const named = lines.filter((line) => parseError(line) === undefined);
    if (named.length === holders.size && named.every((line) => holders.has(line))) return;
    this.#wrong(`LOCATE ${name}`, lines.join("; "), holders);
  }

  #wrong(question: string, answer: string, holders: ReadonlySet<string>): void {
    const expected = holders.size === 0 ? "nobody" : [...holders].join(" or ");
    const text = `${question} is answered "${answer}", expected ${expected}`;
    this.#options.violations.add("lookup tells what the index knows", text);
  }

  /** Lines that name the live holders of a file, by the likeliest reading of its name that has any. */
  #holders(name: string): Set<string> {
    for (const reading of fileNameReadings(name)) {
      const lines = new Set<string>();
      for (const [id, { alive, host, tcpPort, files }] of this.#servers) {
        if (alive && files.has(reading)) lines.add(`SERVER ${host} ${tcpPort} ${id} ${files.get(reading)}`);
      }
      if (lines.size > 0) return lines;
    }
    return new Set();
  }
}

/** What a stranger says need not be anything. */
function tryParse(line: string): IndexRequest | undefined {
  try {
    return parseIndexRequest(line.replace(/\r$/, ""));
  } catch {
    return undefined;
  }
}
