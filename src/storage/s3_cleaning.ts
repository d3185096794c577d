/**
 * What is in an S3 store and belongs to no object any more: bytes that were replaced, or sent and never made an object of,
 * by whichever process.
 *
 * @module
 */

import { DATA_FOLDER, headOfData } from "./s3_keys.ts";
import type { S3Link } from "./s3_link.ts";
import { listKeys, listUploads } from "./s3_listing.ts";

/** Options of {@link cleanS3}. */
export interface S3CleanOptions {
  /** What all keys of the address begin with. */
  readonly prefix: string;
  /** Until when bytes must have been stored to be looked at, in milliseconds since the Unix epoch. */
  readonly storedUntilMs: number;
  /** Until when an upload must have been begun to be given up. */
  readonly begunUntilMs: number;
  /** Tells the key of the bytes that belong to a head. `undefined` for none; throws if that cannot be told. */
  readonly dataOf: (head: string) => Promise<string | undefined>;
  /** Whether bytes are being read by somebody here. */
  readonly isRead: (key: string) => boolean;
  /** Ends it early. */
  readonly signal: AbortSignal;
}

/** Removes what belongs to no object. Returns how much that was. */
export async function cleanS3(link: S3Link, options: S3CleanOptions): Promise<{ removed: number; aborted: number }> {
  const { prefix, storedUntilMs, begunUntilMs, dataOf, isRead, signal } = options;
  const what = "clear the object store";
  let removed = 0;
  for await (const { key, modifiedMs } of listKeys(link, { prefix, folder: DATA_FOLDER, signal })) {
    const head = headOfData(key);
    if (head === undefined || !(modifiedMs <= storedUntilMs) || isRead(key) || await dataOf(head) === key) continue;
    await (await link.ask({ method: "DELETE", key, status: 204, what, signal }))?.body?.cancel();
    removed++;
  }
  let aborted = 0;
  for (const { key, modifiedMs, uploadId } of await listUploads(link, { prefix, folder: DATA_FOLDER, signal })) {
    if (!(modifiedMs <= begunUntilMs)) continue;
    const answer = await link.ask({ method: "DELETE", key, query: { uploadId }, status: 204, what, signal });
    await answer?.body?.cancel();
    aborted++;
  }
  return { removed, aborted };
}
