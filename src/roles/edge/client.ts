/**
 * The client of the edge family: brings folders into the CDN, gets files, and looks after what is there.
 *
 * What a command line needs: {@link syncFolder} and {@link getEdgeFile} with their events, {@link listEdgeFiles},
 * {@link purgeEdgeFile}, {@link removeEdgeFile}, and {@link EdgeClientError}, whose `kind` decides on the exit code. A
 * synchronisation does not throw for files that fail: look at `failed` of its result.
 *
 * @module
 */

import type { AbortOptions } from "../../base/abort.ts";
import { FileError } from "../../env/files.ts";
import type { FilesReply } from "../../protocol/edge_json.ts";
import type { NodeListReply } from "../../protocol/edge_meta_json.ts";
import { checkEdgeName } from "../../protocol/edge_name.ts";
import { type ByteWriter, writerOutput } from "../../services/download_output.ts";
import { PartFile } from "../../services/part_file.ts";
import { attempt } from "./client_attempts.ts";
import { EdgeClientError, reasonOf } from "./client_error.ts";
import { type EdgeDownload, FileDownload } from "./client_download.ts";
import { ClientOrigin, type OriginOptions } from "./client_origin.ts";
import type { EdgeClientEnv } from "./client_sync.ts";

export { EdgeClientError, type EdgeClientErrorKind } from "./client_error.ts";
export type { EdgeDownload } from "./client_download.ts";
export type { OriginOptions } from "./client_origin.ts";
export {
  type EdgeClientEnv,
  MAX_PARALLEL_UPLOADS,
  type SyncEvent,
  syncFolder,
  type SyncOptions,
  type SyncOutcome,
  type SyncResult,
} from "./client_sync.ts";

/** Where the bytes of a file go. */
export type EdgeDestination =
  /**
   * To a file. Until it is whole and right the bytes are in `<path>.part`, which a download that fails leaves for the next
   * one; what was at `path` stays until then. With `isSynced` it waits until all is on the disk. Default: false.
   */
  | { readonly kind: "file"; readonly path: string; readonly isSynced?: boolean | undefined }
  /** To a function, in order. Bytes that were handed out cannot be taken back, so wrong ones are found out too late. */
  | { readonly kind: "writer"; readonly write: ByteWriter };

/** Told while a file is being got. */
export type GetEvent =
  /** Bytes have come: often. */
  | { readonly kind: "receiving"; readonly receivedBytes: number; readonly sizeBytes: number | undefined }
  /** A server failed; another one, or the same, is tried. */
  | { readonly kind: "retrying"; readonly server: string; readonly reason: string };

/** Options of {@link getEdgeFile}. */
export interface GetEdgeFileOptions extends OriginOptions, AbortOptions {
  /** The file's name. */
  readonly name: string;
  /** Where it goes. */
  readonly to: EdgeDestination;
  /** How many more attempts there may be after the first that failed. Default: 3. */
  readonly retries?: number | undefined;
  /** Milliseconds that a server may make no progress. Default: 30,000. */
  readonly idleMs?: number | undefined;
  /** Told what happens. */
  readonly onEvent?: ((event: GetEvent) => void) | undefined;
}

/**
 * Gets one file: the origin says from whom. A node that fails is replaced by whoever the origin names then, or by the
 * store, at the same byte if that has the same version.
 *
 * @throws {EdgeClientError} if it cannot be had. Rejects with the signal's reason; what a writer throws is thrown as it is.
 */
export async function getEdgeFile(env: EdgeClientEnv, options: GetEdgeFileOptions): Promise<EdgeDownload> {
  const { name, to, retries = 3, idleMs = 30_000, onEvent = () => {}, signal } = options;
  checkName(name);
  const origin = new ClientOrigin(env, options);
  const output = to.kind === "file"
    ? new PartFile(env.files, { target: to.path, name, isSynced: to.isSynced })
    : writerOutput(to.write);
  const download = new FileDownload(env, {
    name,
    output,
    idleMs,
    onReceived: (receivedBytes, sizeBytes) => onEvent({ kind: "receiving", receivedBytes, sizeBytes }),
    signal,
  });
  const attempts = {
    what: `get ${name}`,
    retries,
    locate: () => origin.locate(name, { signal }),
    onRetry: (server: string, reason: string) => onEvent({ kind: "retrying", server, reason }),
    signal,
  };
  try {
    await download.load();
    return await attempt(env, attempts, (route) => download.from(route));
  } catch (error) {
    if (!(error instanceof FileError)) throw error;
    throw new EdgeClientError("local", `Cannot get ${name}: ${reasonOf(error)}`, { cause: error });
  } finally {
    await output.suspend();
  }
}

/** Options of what is asked of the origin alone. */
export interface EdgeQueryOptions extends OriginOptions, AbortOptions {}

/**
 * Lists every file.
 *
 * @throws {EdgeClientError} if no origin answers.
 */
export async function listEdgeFiles(env: EdgeClientEnv, options: EdgeQueryOptions): Promise<FilesReply["files"]> {
  const origin = new ClientOrigin(env, options);
  return await once(env, options, "list files", () => origin.files(options));
}

/**
 * Lists every node.
 *
 * @throws {EdgeClientError} if no origin answers.
 */
export async function listEdgeNodes(env: EdgeClientEnv, options: EdgeQueryOptions): Promise<NodeListReply["nodes"]> {
  const origin = new ClientOrigin(env, options);
  return await once(env, options, "list nodes", () => origin.nodes(options));
}

/**
 * Has all nodes drop their copies of a file, or of all files; the files stay, and copies come anew from the store.
 *
 * @param options.name The file; `undefined` for all of them.
 * @throws {EdgeClientError} `"not-found"` if nobody knows it, `"refused"` without the token that it needs.
 */
export async function purgeEdgeFile(
  env: EdgeClientEnv,
  options: EdgeQueryOptions & { readonly name: string | undefined },
): Promise<void> {
  const { name } = options;
  if (name !== undefined) checkName(name);
  const origin = new ClientOrigin(env, options);
  const body = name === undefined ? { all: true } as const : { file_name: name };
  await once(env, options, `purge ${name ?? "all files"}`, () => origin.purge(body, options));
}

/**
 * Removes a file for good: from the store, and from all nodes.
 *
 * @throws {EdgeClientError} as {@link purgeEdgeFile} does.
 */
export async function removeEdgeFile(
  env: EdgeClientEnv,
  options: EdgeQueryOptions & { readonly name: string },
): Promise<void> {
  checkName(options.name);
  const origin = new ClientOrigin(env, options);
  await once(env, options, `remove ${options.name}`, () => origin.remove(options.name, options));
}

/** Asks the origins, each once. */
async function once<T>(
  env: EdgeClientEnv,
  { signal }: AbortOptions,
  what: string,
  run: () => Promise<T>,
): Promise<T> {
  const here = { named: "the origin", isStore: false, store: undefined, needsUpload: false };
  return await attempt(env, { what, retries: 0, planned: here, locate: () => Promise.resolve(here), signal }, run);
}

function checkName(name: string): void {
  try {
    checkEdgeName(name);
  } catch (error) {
    throw new EdgeClientError("invalid-name", reasonOf(error), { cause: error });
  }
}
