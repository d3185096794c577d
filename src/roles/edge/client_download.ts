/**
 * Getting one file from a node or from the store.
 *
 * @module
 */

import type { AbortOptions } from "../../base/abort.ts";
import { formatAddress } from "../../base/address.ts";
import { type Digest, sha256 } from "../../base/digest.ts";
import type { Route } from "../../core/edge_route.ts";
import type { Env } from "../../env/env.ts";
import type { HttpAnswer } from "../../net/http_client.ts";
import { releaseBody } from "../../net/http_framing.ts";
import { CACHE_FIELD, readEdgeObject } from "../../protocol/edge_headers.ts";
import { writeEdgePath } from "../../protocol/edge_name.ts";
import { fieldOf } from "../../protocol/http_fields.ts";
import { requireSuccess } from "../../services/ask_json.ts";
import type { DownloadOutput } from "../../services/download_output.ts";
import { StallWatch } from "../../services/stall_watch.ts";
import { UpstreamError } from "../../services/upstream_error.ts";
import { EdgeClientError } from "./client_error.ts";
import { serverAddress } from "./client_origin.ts";

/** What is read back at once of what was there before. */
const READ_BACK_BYTES = 1_048_576;

/** What was got. */
export interface EdgeDownload {
  /** The length of the file. */
  readonly sizeBytes: number;
  /** The SHA-256 of the bytes that came. */
  readonly sha256: string;
  /** Whether the server promised that SHA-256; one of others' making may promise none. */
  readonly isVerified: boolean;
  /** Who sent the last of it. */
  readonly server: string;
  /** Where a node says that it had the file: `HIT memory`, `MISS`, ... */
  readonly cache: string | undefined;
}

/** Options of a {@link FileDownload}. */
export interface FileDownloadOptions extends AbortOptions {
  /** The file. */
  readonly name: string;
  /** Where it goes. */
  readonly output: DownloadOutput;
  /** Milliseconds that the server may make no progress. */
  readonly idleMs: number;
  /** Told how many bytes are there so far, of how many if that is known. */
  onReceived(receivedBytes: number, sizeBytes: number | undefined): void;
}

/** Which bytes the file has, as a server promises it. */
interface Promised {
  readonly sizeBytes: number | undefined;
  readonly sha256: string | undefined;
}

/** One file on its way; what came from one server counts with the next, if that has the same version. */
export class FileDownload {
  readonly #env: Pick<Env, "httpClient" | "clock">;
  readonly #options: FileDownloadOptions;
  #digest: Digest = sha256();
  #receivedBytes = 0;
  /** Of which version the bytes are that are there. */
  #sha256: string | undefined;
  #isBegun = false;

  /** Has nothing yet. */
  constructor(env: Pick<Env, "httpClient" | "clock">, options: FileDownloadOptions) {
    this.#env = env;
    this.#options = options;
  }

  /** Takes over what an earlier download left, if it is the beginning of the file. */
  async load(): Promise<void> {
    const { output } = this.#options;
    const kept = await output.load();
    if (kept === undefined || !kept.have.isPrefix) return;
    const buffer = new Uint8Array(Math.min(READ_BACK_BYTES, Math.max(1, kept.have.prefixBytes)));
    while (this.#receivedBytes < kept.have.prefixBytes) {
      const wanted = buffer.subarray(0, Math.min(buffer.length, kept.have.prefixBytes - this.#receivedBytes));
      const count = await output.read(wanted, this.#receivedBytes);
      if (count === 0) break;
      this.#digest.update(wanted.subarray(0, count));
      this.#receivedBytes += count;
    }
    this.#sha256 = kept.version.sha256;
    this.#isBegun = true;
  }

  /**
   * Gets what is missing from a server, and finishes the file.
   *
   * @throws {EdgeClientError} `"integrity"` if the bytes are not those that the server promised; another server may do
   *   better. Throws as `askJson()` does, and what the output throws.
   */
  async from({ address, isStore }: Route): Promise<EdgeDownload> {
    const { name, output, idleMs, signal } = this.#options;
    const to = serverAddress(address);
    const target = `${isStore ? "/get/" : "/cdn/cache/"}${writeEdgePath(name)}`;
    const what = `GET ${formatAddress(to)}${target}`;
    const watch = new StallWatch(this.#env.clock, { idleMs, what, signal });
    try {
      const question = { target, headers: this.#rangeFields() };
      const answer = await this.#env.httpClient.ask(to, question, { signal: watch.signal });
      watch.pause();
      // All that there is of it may be here already.
      const isPast = answer.status === 416 && this.#receivedBytes > 0;
      if (!isPast) await requireSuccess(answer, what);
      const promised = promiseOf(answer);
      await this.#prepare(answer, promised, what);
      if (isPast) await releaseBody(answer.body);
      else await this.#receive(answer, promised, watch);
      const sha256 = await this.#check(promised, what);
      await output.finish(this.#receivedBytes);
      const cache = fieldOf(answer.headers, CACHE_FIELD);
      const isVerified = promised.sha256 !== undefined;
      return { sizeBytes: this.#receivedBytes, sha256, isVerified, server: address, cache };
    } finally {
      watch.stop();
    }
  }

  /** Asks for the rest of the version of which there are bytes already; a server with another one sends all of that. */
  #rangeFields(): [string, string][] {
    if (this.#receivedBytes === 0 || this.#sha256 === undefined) return [];
    return [["range", `bytes=${this.#receivedBytes}-`], ["if-range", `"${this.#sha256}"`]];
  }

  /** Goes on where the bytes end, or begins anew. */
  async #prepare({ status, headers }: HttpAnswer, promised: Promised, what: string): Promise<void> {
    const { output } = this.#options;
    const isSame = promised.sha256 !== undefined && promised.sha256 === this.#sha256;
    if (status !== 200 && isSame) {
      const start = Number(/^bytes (\d+)-/.exec(fieldOf(headers, "content-range") ?? "")?.[1] ?? this.#receivedBytes);
      if (start === this.#receivedBytes) return;
    }
    if (status !== 200) {
      await this.#reset();
      throw new UpstreamError(0, what, "it answers with a part that was not asked for");
    }
    if (this.#receivedBytes > 0 && !output.isSeekable) {
      throw new EdgeClientError("network", `Cannot ${what}: it has another version than what was handed out already`);
    }
    await this.#reset();
    await output.begin();
    this.#isBegun = true;
    this.#sha256 = promised.sha256;
    // Said at the beginning, so that what has come is of use whatever happens.
    const { sha256, sizeBytes } = promised;
    if (sha256 !== undefined && sizeBytes !== undefined) await output.remember({ sha256, sizeBytes });
  }

  async #receive({ body }: HttpAnswer, { sizeBytes }: Promised, watch: StallWatch): Promise<void> {
    const { output, onReceived } = this.#options;
    watch.wait();
    for await (const piece of body) {
      watch.pause();
      await output.write(piece, this.#receivedBytes);
      this.#digest.update(piece);
      this.#receivedBytes += piece.length;
      onReceived(this.#receivedBytes, sizeBytes);
      watch.wait();
    }
    watch.pause();
  }

  /** Compares what is there with what was promised. Returns its digest. */
  async #check({ sizeBytes, sha256: wanted }: Promised, what: string): Promise<string> {
    if (sizeBytes !== undefined && this.#receivedBytes < sizeBytes) {
      throw new UpstreamError(0, what, `it ends after ${this.#receivedBytes} of ${sizeBytes} bytes`);
    }
    const found = this.#digest.copy().hex();
    if (wanted === undefined || found === wanted) return found;
    await this.#reset();
    const { output: { isSeekable } } = this.#options;
    const message = `Cannot ${what}: the bytes are not those of the SHA-256 that it promised`;
    // What was handed out cannot be taken back, so another server cannot help.
    throw new EdgeClientError(isSeekable ? "integrity" : "network", message);
  }

  /** Forgets what came. */
  async #reset(): Promise<void> {
    const { output } = this.#options;
    this.#digest = sha256();
    this.#receivedBytes = 0;
    this.#sha256 = undefined;
    if (this.#isBegun && output.isSeekable) await output.begin();
  }
}

/** What an answer says of the whole file. */
function promiseOf({ status, headers }: HttpAnswer): Promised {
  const object = readEdgeObject(headers);
  if (object !== undefined) return object;
  const [, tag] = /^"([0-9a-f]{64})"$/.exec(fieldOf(headers, "etag") ?? "") ?? [];
  const total = status === 200
    ? fieldOf(headers, "content-length")
    : /\/(\d+)$/.exec(fieldOf(headers, "content-range") ?? "")?.[1];
  return { sha256: tag, sizeBytes: total === undefined ? undefined : Number(total) };
}
