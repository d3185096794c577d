/**
 * The client: gets files from whoever has them, and asks the index what there is.
 *
 * @module
 */

import { abortable, type AbortOptions, onAbort } from "../../base/abort.ts";
import type { Address, Addresses } from "../../base/address.ts";
import { withDefaults } from "../../base/settings.ts";
import type { ClientState } from "../../core/cdn_lifecycles.ts";
import { RateLimiter } from "../../core/rate_limiter.ts";
import { FileError } from "../../env/files.ts";
import { ClientError, reasonOf } from "./client_error.ts";
import { type ClientEnv, type Download, Downloader } from "./download.ts";
import type { HolderSource } from "./holder_search.ts";
import { Indexes } from "./indexes.ts";
import { type ByteWriter, type DownloadOutput, writerOutput } from "../../services/download_output.ts";
import { PartFile } from "../../services/part_file.ts";
import type { DownloadProgress } from "./transfer.ts";
import { wireNames } from "./wire_names.ts";

export { describeHolder, type Holder } from "../../core/holder_pool.ts";
export { ClientError, type ClientErrorKind } from "./client_error.ts";
export {
  type FileStat,
  type HolderStat,
  listFiles,
  listServers,
  type QueryOptions,
  statFile,
} from "./client_queries.ts";
export type { ClientEnv, Download } from "./download.ts";
export type { ByteWriter } from "../../services/download_output.ts";
export type { DownloadProgress } from "./transfer.ts";

/** Where the bytes of a file go. */
export type Destination =
  /**
   * To a file. Until it is whole the bytes are in `<path>.part`, which a failed download leaves for the next one if it is
   * known which version they are of; what was at `path` stays until then. A download that begins while another to the same
   * path is under way takes its place, and its bytes if it is known of which version they are; the other one fails.
   *
   * With `isSynced` it waits until all is on the disk, so that not even a power failure can take the file, or leave half of
   * it under its name. Default: false.
   */
  | { readonly kind: "file"; readonly path: string; readonly isSynced?: boolean | undefined }
  /** To a function, in order. Bytes that were handed out cannot be taken back, so wrong ones are found out too late. */
  | { readonly kind: "writer"; readonly write: ByteWriter };

/** Options of {@link getFile}. */
export interface GetFileOptions extends AbortOptions {
  /** The file's name itself, not percent-encoded: 1 to 4,096 bytes once encoded. */
  readonly name: string;
  /** Where it goes. */
  readonly to: Destination;
  /** Who knows where it is; of several the first that can be reached and knows. Default: 127.0.0.1:5050. */
  readonly index?: Addresses | undefined;
  /** The content server to get it from, without asking the index. Default: whoever the index names. */
  readonly direct?: Address | undefined;
  /** How many connections share the work, 1 to 64. To a function it is always 1. Default: 1. */
  readonly parallel?: number | undefined;
  /** How many more rounds there may be after one that brought nothing. Default: 3. */
  readonly retries?: number | undefined;
  /** The most bytes a second, over all connections together. Default: no limit. */
  readonly limitBytesPerSecond?: number | undefined;
  /** Milliseconds for all of it. Default: no limit. */
  readonly maxTimeMs?: number | undefined;
  /** Milliseconds until a connection is open, or the index has answered. Default: 5,000. */
  readonly dialMs?: number | undefined;
  /** Milliseconds that a holder may make no progress. Default: 15,000. */
  readonly idleMs?: number | undefined;
  /** Told of each change of state: IDLE, QUERYING, DOWNLOADING, DONE, ERROR. */
  readonly onState?: ((state: ClientState, before: ClientState) => void) | undefined;
  /** Told of each piece that arrived: often. */
  readonly onProgress?: ((progress: DownloadProgress) => void) | undefined;
}

/** The most connections that share one download. */
export const MAX_PARALLEL = 64;

const DEFAULTS = {
  index: { host: "127.0.0.1", port: 5050 },
  parallel: 1,
  retries: 3,
  dialMs: 5_000,
  idleMs: 15_000,
  onState: (): void => {},
  onProgress: (): void => {},
} as const;

/**
 * Gets one file.
 *
 * A holder that dies, stalls or sends nonsense is replaced by the next one at the same byte, if that has the same version.
 * The bytes are counted, and compared with the SHA-256 that their holder promises if it can.
 *
 * @example
 * ```ts
 * import { getFile } from "./client.ts";
 * import type { ClientEnv } from "./client.ts";
 * async function fetchHello(env: ClientEnv): Promise<string> {
 *   const { sha256 } = await getFile(env, { name: "hello", to: { kind: "file", path: "hello" } });
 *   return sha256;
 * }
 * ```
 *
 * @throws {ClientError} if it cannot be had. What a writer throws is thrown as it is.
 * @throws {RangeError} if an option is out of its range.
 */
export async function getFile(env: ClientEnv, options: GetFileOptions): Promise<Download> {
  const settings = withDefaults(DEFAULTS, options);
  const { name, to, index, direct, limitBytesPerSecond, maxTimeMs, signal } = settings;
  checkOptions(settings);
  const names = wireNames(name);
  const source: HolderSource = direct === undefined
    ? { kind: "index", indexes: new Indexes(index) }
    : { kind: "direct", holder: direct };
  const limiter = limitBytesPerSecond === undefined ? undefined : new RateLimiter(limitBytesPerSecond);
  const controller = new AbortController();
  const output = openOutput(env, to, { name: names[0], signal: controller.signal });
  const parallel = output.isSeekable ? settings.parallel : 1;
  const off = onAbort(signal, () => controller.abort(signal?.reason));
  const cancel = maxTimeMs === undefined ? (): void => {} : env.clock.schedule(maxTimeMs, () => {
    const troubles = downloader.troubles === "" ? "" : `: ${downloader.troubles}`;
    controller.abort(
      new ClientError("timeout", `Cannot get ${name}: not done within ${maxTimeMs / 1000} s${troubles}`),
    );
  });
  const request = { ...settings, names, source, output, parallel, limiter, signal: controller.signal };
  const downloader = new Downloader(env, request);
  try {
    return await downloader.run();
  } catch (error) {
    throw explain(error, options);
  } finally {
    cancel();
    off();
  }
}

function openOutput(
  { files }: ClientEnv,
  to: Destination,
  { name, signal }: { readonly name: string; readonly signal: AbortSignal },
): DownloadOutput {
  if (to.kind === "file") return new PartFile(files, { target: to.path, name, isSynced: to.isSynced });
  // A reader that has stopped reading must not keep anybody from giving up.
  return writerOutput((bytes) => abortable(to.write(bytes), signal));
}

function explain(error: unknown, { name, to, signal }: GetFileOptions): unknown {
  if (error instanceof ClientError) return error;
  if (signal?.aborted && error === signal.reason) {
    return new ClientError("aborted", `Cannot get ${name}: called off`, { cause: error });
  }
  if (!(error instanceof FileError)) return error;
  const place = to.kind === "file" ? to.path : "the output";
  return new ClientError("local", `Cannot save ${name} as ${place}: ${reasonOf(error)}`, { cause: error });
}

interface Numbers {
  readonly parallel: number;
  readonly retries: number;
  readonly dialMs: number;
  readonly idleMs: number;
  readonly maxTimeMs?: number | undefined;
}

function checkOptions({ parallel, retries, dialMs, idleMs, maxTimeMs = 1 }: Numbers): void {
  if (!Number.isInteger(parallel) || parallel < 1 || parallel > MAX_PARALLEL) {
    throw new RangeError(`Cannot share a download: expected 1 to ${MAX_PARALLEL} connections, got ${parallel}`);
  }
  if (!Number.isInteger(retries) || retries < 0) {
    throw new RangeError(`Cannot try again: expected a whole number of rounds, 0 or more, got ${retries}`);
  }
  for (const [what, value] of Object.entries({ dialMs, idleMs, maxTimeMs })) {
    if (!(value > 0)) throw new RangeError(`Cannot wait: expected more than 0 for ${what}, got ${value}`);
  }
}
