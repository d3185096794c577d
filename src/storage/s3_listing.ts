/**
 * What is in a bucket, page by page.
 *
 * @module
 */

import type { AbortOptions } from "../base/abort.ts";
import type { S3Link } from "./s3_link.ts";
import { StorageError } from "./storage_error.ts";

/** A key, and when it was written. */
export interface S3Entry {
  /** The key without the prefix. */
  readonly key: string;
  /** In milliseconds since the Unix epoch, by the store's clock. */
  readonly modifiedMs: number;
}

/** An upload in parts that was begun and not ended. */
export interface S3OpenUpload extends S3Entry {
  /** Its id. */
  readonly uploadId: string;
}

/** Options of {@link listKeys}. */
export interface S3ListOptions extends AbortOptions {
  /** What all keys of the address begin with. */
  readonly prefix: string;
  /** What the wanted ones go on with. */
  readonly folder: string;
}

/** Lists keys. Our own need no decoding: they hold nothing that XML would write in another way. */
export async function* listKeys(link: S3Link, options: S3ListOptions): AsyncGenerator<S3Entry, void, void> {
  const { prefix, folder, signal } = options;
  for (let token: string | undefined = "";;) {
    const query: Record<string, string> = { "list-type": "2", prefix: prefix + folder };
    if (token !== "") query["continuation-token"] = token;
    const text: string = await page(link, query, signal);
    for (const [, entry] of text.matchAll(/<Contents>(.*?)<\/Contents>/gs)) {
      const found = entryOf(entry!, prefix, "LastModified");
      if (found !== undefined) yield found;
    }
    token = fieldOf(text, "NextContinuationToken");
    if (fieldOf(text, "IsTruncated") !== "true" || token === undefined) return;
  }
}

/** Lists the first thousand uploads that were begun and not ended. */
export async function listUploads(link: S3Link, { prefix, folder, signal }: S3ListOptions): Promise<S3OpenUpload[]> {
  const text = await page(link, { uploads: "", prefix: prefix + folder }, signal);
  return [...text.matchAll(/<Upload>(.*?)<\/Upload>/gs)].flatMap(([, upload]) => {
    const entry = entryOf(upload!, prefix, "Initiated");
    const uploadId = fieldOf(upload!, "UploadId");
    return entry === undefined || uploadId === undefined ? [] : [{ ...entry, uploadId }];
  });
}

async function page(link: S3Link, query: Record<string, string>, signal: AbortSignal | undefined): Promise<string> {
  const what = "list the objects";
  const answer = await link.ask({ method: "GET", key: undefined, query, what, signal });
  try {
    return await answer?.text() ?? "";
  } catch {
    throw new StorageError("unavailable", what, { cause: new Error("connection lost") });
  }
}

function entryOf(text: string, prefix: string, time: string): S3Entry | undefined {
  const key = fieldOf(text, "Key");
  if (key?.startsWith(prefix) !== true) return undefined;
  return { key: key.slice(prefix.length), modifiedMs: Date.parse(fieldOf(text, time) ?? "") };
}

function fieldOf(text: string, name: string): string | undefined {
  const value = new RegExp(`<${name}>([^<]*)</${name}>`).exec(text)?.[1];
  return value?.replaceAll("&lt;", "<").replaceAll("&gt;", ">").replaceAll("&quot;", '"').replaceAll("&amp;", "&");
}
