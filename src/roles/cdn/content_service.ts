/**
 * How a content server answers one client.
 *
 * @module
 */

import { sleep } from "../../base/clock.ts";
import { DeadlineError, withDeadline } from "../../base/deadline.ts";
import { unreachable } from "../../base/invariant.ts";
import type { Env } from "../../env/env.ts";
import { FileError, type FileInfo, type OpenFile } from "../../env/files.ts";
import type { Counter } from "../../env/metrics.ts";
import type { Conn } from "../../net/net.ts";
import { type ContentRequest, encodeDigest, encodeOk, parseContentRequest } from "../../protocol/cdn.ts";
import type { ProtocolError } from "../../protocol/protocol_error.ts";
import { encodeError } from "../../protocol/replies.ts";
import { FilePieces } from "../../services/file_pieces.ts";
import type { LineConn } from "../../services/line_conn.ts";
import { type LineServerOptions, serveLines } from "../../services/line_server.ts";
import { SendBudget } from "../../services/send_buffers.ts";
import { sendBytes, type SendHead, sendPieces } from "../../services/send_file.ts";
import { type FoundFile, openFound } from "../../storage/folder.ts";
import type { Offer } from "./offer.ts";

/** The most connections that may wait for a digest at once. The next ones are told to ask later. */
const MAX_DIGESTING = 256;
/** How long a digest may take besides the time for the bytes, in milliseconds. */
const DIGEST_BASE_MS = 30_000;
/** The slowest that a disk is taken to be, in bytes a millisecond. */
const DIGEST_BYTES_PER_MS = 20_000;
/** How coarse the time stamps of files may be: a tick of the kernel, and a millisecond that the runtime leaves of it. */
const STAMP_GRAIN_MS = 20;

/** What a client wants of a file. */
interface Part {
  readonly name: string;
  readonly offsetBytes: number;
  readonly limitBytes: number;
  /** Whether the head goes in a segment of its own. Who speaks our own verb reads a stream as one. */
  readonly isHeadApart: boolean;
}

/** A part of a file that is about to be sent. */
interface Sending {
  readonly head: SendHead;
  readonly lengthBytes: number;
}

/** One answer a connection. */
export class ContentService {
  readonly #env: Env;
  readonly #offer: Offer;
  readonly #conversation: LineServerOptions;
  readonly #sentBytes: Counter;
  readonly #downloads: Counter;
  readonly #misses: Counter;
  readonly #refusals: Counter;
  #load = 0;
  /** Connections that wait for a digest. */
  #digesting = 0;
  readonly #budget = new SendBudget();
  readonly #onSent: (bytes: number) => void;

  /** Creates it for one offer. */
  constructor(env: Env, offer: Offer, idleMs: number) {
    this.#env = env;
    this.#offer = offer;
    const { metrics } = env;
    this.#sentBytes = metrics.counter("microcdn_sent_bytes_total", "Bytes of files sent.");
    this.#downloads = metrics.counter("microcdn_downloads_total", "Downloads begun, parts included.");
    this.#misses = metrics.counter("microcdn_misses_total", "Requests for files that are not here.");
    this.#refusals = metrics.counter("microcdn_refusals_total", "Connections ended for breaking the protocol.");
    this.#onSent = (bytes) => this.#sentBytes.add(bytes);
    this.#conversation = {
      clock: env.clock,
      idleMs,
      talk: (lines) => this.#talk(lines),
      refuse: (error, peer) => this.#refuse(error, peer),
    };
  }

  /** Clients being served: connections that may still ask for a file, or are being sent one. */
  get load(): number {
    return this.#load;
  }

  /** Reads one request and answers it. */
  serve(conn: Conn): Promise<void> {
    return serveLines(conn, this.#conversation);
  }

  #refuse({ code, message }: ProtocolError, peer: string): string {
    this.#refusals.add();
    this.#env.log.debug("refused", { peer, code, reason: message });
    // A content server has one word for all that it does not understand.
    return "INVALID_COMMAND";
  }

  async #talk(lines: LineConn): Promise<void> {
    this.#load++;
    let isClient = true;
    try {
      const line = await lines.readLine();
      const request = line === undefined ? undefined : parseContentRequest(line);
      if (request === undefined) return;
      if (request.kind === "hash") {
        // Whoever asks for a digest takes no bytes: it is no load that routing should know of.
        isClient = false;
        this.#load--;
      }
      await this.#answer(lines, request);
    } finally {
      if (isClient) this.#load--;
    }
  }

  #answer(lines: LineConn, request: ContentRequest): Promise<void> {
    switch (request.kind) {
      case "get":
        return this.#sendPart(lines, { name: request.name, offsetBytes: 0, limitBytes: Infinity, isHeadApart: true });
      case "range": {
        const { name, offsetBytes, lengthBytes } = request;
        return this.#sendPart(lines, { name, offsetBytes, limitBytes: lengthBytes, isHeadApart: false });
      }
      case "hash":
        return this.#sendDigest(lines, request.name);
      default:
        return unreachable(request);
    }
  }

  async #sendPart(lines: LineConn, part: Part): Promise<void> {
    const found = this.#offer.find(part.name);
    const loan = found && await this.#offer.hot.lendWhole(found);
    if (found === undefined || loan === undefined) return await this.#sendOpened(lines, part);
    try {
      const sending = this.#announce(lines, part, found.info);
      if (sending === undefined) return await lines.writeLines(encodeError("INVALID_RANGE"));
      const { head, lengthBytes } = sending;
      await sendBytes(lines, head, loan.bytes.subarray(part.offsetBytes, part.offsetBytes + lengthBytes));
      this.#onSent(lengthBytes);
    } finally {
      loan.release();
    }
  }

  async #sendOpened(lines: LineConn, part: Part): Promise<void> {
    const opened = await this.#open(part.name);
    if (opened === undefined) return await this.#miss(lines, part.name);
    if (opened === "busy") return await lines.writeLines(encodeError("BUSY"));
    const { file, found } = opened;
    let pieces: FilePieces | undefined;
    try {
      const sending = this.#announce(lines, part, found.info);
      if (sending === undefined) return await lines.writeLines(encodeError("INVALID_RANGE"));
      const { head, lengthBytes } = sending;
      const { offsetBytes } = part;
      pieces = new FilePieces(file, { found, offsetBytes, lengthBytes, hot: this.#offer.hot, budget: this.#budget });
      if (await sendPieces(lines, { head, pieces, onSent: this.#onSent })) return;
      // The client sees too few bytes, which is the truth: there are no more of this version.
      const reason = "the file changed meanwhile";
      this.#env.log.warn("download broken off", { peer: lines.peer, file: part.name, reason });
      lines.close();
    } finally {
      pieces?.close();
      await file.close();
    }
  }

  /** Decides what to send; `undefined` if there is no such part. */
  #announce(lines: LineConn, part: Part, { sizeBytes }: FileInfo): Sending | undefined {
    const { name, offsetBytes, limitBytes, isHeadApart } = part;
    if (offsetBytes > sizeBytes) return undefined;
    const lengthBytes = Math.min(limitBytes, sizeBytes - offsetBytes);
    this.#downloads.add();
    this.#env.log.debug("sending", { peer: lines.peer, file: name, offset: offsetBytes, bytes: lengthBytes });
    return { head: { line: encodeOk(lengthBytes), isApart: isHeadApart }, lengthBytes };
  }

  async #sendDigest(lines: LineConn, name: string): Promise<void> {
    const found = this.#offer.find(name);
    if (found === undefined) return await this.#miss(lines, name);
    if (this.#digesting >= MAX_DIGESTING) return await lines.writeLines(encodeError("BUSY"));
    // The start of the line at once: whoever asked knows then that the rest will come, however large the file is.
    const { sizeBytes } = found.info;
    const begin = `${encodeOk(sizeBytes)} `;
    await lines.writeJoined(begin, new Uint8Array());
    this.#digesting++;
    try {
      const sha256 = await this.#digestOf(found);
      if (sha256 !== undefined) return await lines.writeLines(encodeDigest({ sizeBytes, sha256 }).slice(begin.length));
      lines.close();
      void this.#refresh();
    } finally {
      this.#digesting--;
    }
  }

  /** Waits for a digest as long as its length justifies. It is computed to its end all the same, for the next who asks. */
  async #digestOf(found: FoundFile): Promise<string | undefined> {
    const { clock } = this.#env;
    const deadlineMs = DIGEST_BASE_MS + found.info.sizeBytes / DIGEST_BYTES_PER_MS;
    try {
      await this.#settle(found);
      return await withDeadline(clock, { deadlineMs, what: `digest ${found.name}` }, () => {
        return this.#offer.digests.digest(found);
      });
    } catch (error) {
      if (!(error instanceof DeadlineError)) throw error;
      this.#env.log.warn("digest takes too long", { file: found.name, reason: error.message });
      return undefined;
    }
  }

  /**
   * Waits until a file is older than the grain of its time stamps. What is written to it within the same grain leaves no
   * trace, so only what is read afterwards can be told apart from what is written later.
   */
  async #settle({ info: { modifiedMs } }: FoundFile): Promise<void> {
    const { clock } = this.#env;
    if (clock.unixMs() - modifiedMs < STAMP_GRAIN_MS) await sleep(clock, STAMP_GRAIN_MS);
  }

  async #miss(lines: LineConn, name: string): Promise<void> {
    this.#misses.add();
    this.#env.log.debug("not here", { peer: lines.peer, file: name });
    await lines.writeLines(encodeError("FILE_NOT_FOUND"));
  }

  /** Opens a file by name. One that changed since the folder was looked at is looked at again, once. */
  async #open(name: string): Promise<{ file: OpenFile; found: FoundFile } | "busy" | undefined> {
    const { files, log } = this.#env;
    for (const attempt of ["first", "after a fresh look"]) {
      const found = this.#offer.find(name);
      if (found === undefined) return undefined;
      try {
        await this.#settle(found);
        const file = await openFound(files, this.#offer.folder, found);
        if (file !== undefined) return { file, found };
      } catch (error) {
        if (!(error instanceof FileError)) throw error;
        log.error("file unreadable", { file: name, reason: error.message });
        return error.code === "exhausted" ? "busy" : undefined;
      }
      if (attempt === "first" && !await this.#refresh()) return undefined;
    }
    return undefined;
  }

  async #refresh(): Promise<boolean> {
    try {
      await this.#offer.rescan();
      return true;
    } catch (error) {
      // At a stop there is no fresh look any more; what runs finishes with what is known.
      if (this.#offer.isClosed) return false;
      if (!(error instanceof FileError)) throw error;
      this.#env.log.error("folder unreadable", { folder: this.#offer.folder, reason: error.message });
      return false;
    }
  }
}
