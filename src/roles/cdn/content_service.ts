/**
 * How a content server answers one client.
 *
 * @module
 */

import { unreachable } from "../../base/invariant.ts";
import type { Env } from "../../env/env.ts";
import { FileError, type OpenFile } from "../../env/files.ts";
import type { Counter } from "../../env/metrics.ts";
import type { Conn } from "../../net/net.ts";
import { type ContentRequest, encodeDigest, encodeError, encodeOk, parseContentRequest } from "../../protocol/cdn.ts";
import type { LineConn } from "../../services/line_conn.ts";
import { serveLines } from "../../services/line_server.ts";
import { sendFile } from "../../services/send_file.ts";
import { type FoundFile, openFound } from "../../storage/folder.ts";
import type { Offer } from "./offer.ts";

/** One answer a connection. */
export class ContentService {
  readonly #env: Env;
  readonly #offer: Offer;
  readonly #idleMs: number;
  readonly #sentBytes: Counter;
  readonly #downloads: Counter;
  readonly #misses: Counter;
  readonly #refusals: Counter;
  #sends = 0;

  /** Creates it for one offer. */
  constructor(env: Env, offer: Offer, idleMs: number) {
    this.#env = env;
    this.#offer = offer;
    this.#idleMs = idleMs;
    const { metrics } = env;
    this.#sentBytes = metrics.counter("microcdn_sent_bytes_total", "Bytes of files sent.");
    this.#downloads = metrics.counter("microcdn_downloads_total", "Downloads begun, parts included.");
    this.#misses = metrics.counter("microcdn_misses_total", "Requests for files that are not here.");
    this.#refusals = metrics.counter("microcdn_refusals_total", "Connections ended for breaking the protocol.");
  }

  /** Reads one request and answers it. */
  serve(conn: Conn): Promise<void> {
    const { clock, log } = this.#env;
    return serveLines(conn, {
      clock,
      idleMs: this.#idleMs,
      talk: async (lines) => {
        const line = await lines.readLine();
        if (line !== undefined) await this.#answer(lines, parseContentRequest(line));
      },
      refuse: ({ code, message }, peer) => {
        this.#refusals.add();
        log.debug("refused", { peer, code, reason: message });
        // A content server has one word for all that it does not understand.
        return "INVALID_COMMAND";
      },
    });
  }

  async #answer(lines: LineConn, request: ContentRequest): Promise<void> {
    switch (request.kind) {
      case "get":
        return await this.#sendPart(lines, request.name, 0, Infinity);
      case "range":
        return await this.#sendPart(lines, request.name, request.offsetBytes, request.lengthBytes);
      case "hash":
        return await this.#sendDigest(lines, request.name);
      default:
        return unreachable(request);
    }
  }

  async #sendPart(lines: LineConn, name: string, offsetBytes: number, limitBytes: number): Promise<void> {
    const opened = await this.#open(name);
    if (opened === undefined) return await this.#miss(lines, name);
    const { file, found: { info } } = opened;
    this.#sends++;
    try {
      if (offsetBytes > info.sizeBytes) return await lines.writeLines(encodeError("INVALID_RANGE"));
      const lengthBytes = Math.min(limitBytes, info.sizeBytes - offsetBytes);
      this.#downloads.add();
      this.#env.log.debug("sending", { peer: lines.peer, file: name, offset: offsetBytes, bytes: lengthBytes });
      await lines.writeLines(encodeOk(lengthBytes));
      const activeSends = this.#sends;
      const onSent = (bytes: number): void => this.#sentBytes.add(bytes);
      const whole = await sendFile(lines, file, { info, offsetBytes, lengthBytes, activeSends, onSent });
      if (whole) return;
      // The client sees too few bytes, which is the truth: there are no more of this version.
      this.#env.log.warn("download broken off", { peer: lines.peer, file: name, reason: "the file changed meanwhile" });
      lines.close();
    } finally {
      this.#sends--;
      await file.close();
    }
  }

  async #sendDigest(lines: LineConn, name: string): Promise<void> {
    const found = this.#offer.find(name);
    if (found === undefined) return await this.#miss(lines, name);
    // The start of the line at once: whoever asked knows then that the rest will come, however large the file is.
    const { sizeBytes } = found.info;
    await lines.write(new TextEncoder().encode(`${encodeOk(sizeBytes)} `));
    const sha256 = await this.#offer.digests.digest(found);
    if (sha256 === undefined) {
      lines.close();
      void this.#refresh();
      return;
    }
    await lines.writeLines(encodeDigest({ sizeBytes, sha256 }).slice(`${encodeOk(sizeBytes)} `.length));
  }

  async #miss(lines: LineConn, name: string): Promise<void> {
    this.#misses.add();
    this.#env.log.debug("not here", { peer: lines.peer, file: name });
    await lines.writeLines(encodeError("FILE_NOT_FOUND"));
  }

  /** Opens a file by name. One that changed since the folder was looked at is looked at again, once. */
  async #open(name: string): Promise<{ file: OpenFile; found: FoundFile } | undefined> {
    const { files, log } = this.#env;
    for (const attempt of ["first", "after a fresh look"]) {
      const found = this.#offer.find(name);
      if (found === undefined) return undefined;
      try {
        const file = await openFound(files, this.#offer.folder, found);
        if (file !== undefined) return { file, found };
      } catch (error) {
        if (!(error instanceof FileError)) throw error;
        log.error("file unreadable", { file: name, reason: error.message });
        return undefined;
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
      if (!(error instanceof FileError)) throw error;
      this.#env.log.error("folder unreadable", { folder: this.#offer.folder, reason: error.message });
      return false;
    }
  }
}
