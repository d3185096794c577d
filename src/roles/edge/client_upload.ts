/**
 * Sending one file of a folder to a node or to the store.
 *
 * @module
 */

import type { AbortOptions } from "../../base/abort.ts";
import { formatAddress } from "../../base/address.ts";
import type { Route } from "../../core/edge_route.ts";
import type { Env } from "../../env/env.ts";
import type { OpenFile } from "../../env/files.ts";
import { releaseBody } from "../../net/http_framing.ts";
import { PUBLISHED_FIELD, writePublishedVersion } from "../../protocol/edge_headers.ts";
import { writeEdgePath } from "../../protocol/edge_name.ts";
import { fieldOf } from "../../protocol/http_fields.ts";
import { tokenFields } from "../../services/access.ts";
import { requireSuccess } from "../../services/ask_json.ts";
import { StallWatch } from "../../services/stall_watch.ts";
import { type FoundFile, openFound } from "../../storage/folder.ts";
import { EdgeClientError } from "./client_error.ts";
import { serverAddress } from "./client_origin.ts";

/** What is read and sent at once. */
const PIECE_BYTES = 262_144;

/** A file to be sent. */
export interface Upload extends AbortOptions {
  /** The folder that it was found in. */
  readonly folder: string;
  /** The file. */
  readonly found: FoundFile;
  /** Its SHA-256. */
  readonly hash: string;
  /** Its time stamp. */
  readonly timestamp: string;
  /** Shown to the server. */
  readonly token: string | undefined;
  /** Milliseconds that the server may make no progress. */
  readonly idleMs: number;
  /** Told how many bytes have left so far. */
  onSent(bytes: number): void;
}

/**
 * Sends a file.
 *
 * @returns whether the meta server knows of it; `undefined` if the server does not say.
 * @throws {EdgeClientError} `"changed"` if it is not the file any more that was found. Throws as `askJson()` does.
 */
export async function uploadFile(
  { httpClient, clock, files }: Pick<Env, "httpClient" | "clock" | "files">,
  { address, isStore }: Route,
  upload: Upload,
): Promise<boolean | undefined> {
  const { folder, found, hash, timestamp, token, idleMs, signal } = upload;
  const { name, info: { sizeBytes } } = found;
  const to = serverAddress(address);
  const [method, target] = isStore
    ? ["POST", `/post/${writeEdgePath(name)}`] as const
    : ["PUT", `/cdn/cache/${writeEdgePath(name)}`] as const;
  const what = `${method} ${formatAddress(to)}${target}`;
  const file = await openFound(files, folder, found);
  if (file === undefined) throw changed(name);
  const watch = new StallWatch(clock, { idleMs, what, signal });
  try {
    const headers = [
      ["content-type", "application/octet-stream"],
      ["content-length", String(sizeBytes)],
      ...writePublishedVersion({ hash, timestamp }),
      ...tokenFields(token),
    ] as const;
    const body = piecesOf(file, upload, watch);
    const answer = await httpClient.ask(to, { method, target, headers, body }, { signal: watch.signal });
    watch.wait();
    await requireSuccess(answer, what);
    await releaseBody(answer.body);
    const published = fieldOf(answer.headers, PUBLISHED_FIELD);
    return published === undefined ? undefined : published === "yes";
  } finally {
    watch.stop();
    await file.close();
  }
}

async function* piecesOf(file: OpenFile, { found, onSent }: Upload, watch: StallWatch): AsyncGenerator<Uint8Array> {
  const { name, info: { sizeBytes } } = found;
  const buffer = new Uint8Array(Math.min(PIECE_BYTES, Math.max(1, sizeBytes)));
  for (let at = 0; at < sizeBytes;) {
    watch.pause();
    const count = await file.readAt(buffer.subarray(0, Math.min(buffer.length, sizeBytes - at)), at);
    if (count === 0) throw changed(name);
    at += count;
    onSent(at);
    watch.wait();
    yield buffer.subarray(0, count);
  }
}

function changed(name: string): EdgeClientError {
  return new EdgeClientError("changed", `Cannot send ${name}: it changed meanwhile`);
}
