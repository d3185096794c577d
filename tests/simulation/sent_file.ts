/**
 * Checks what a content server sends: a whole file is one version that it had.
 *
 * @module
 */

import { sha256 } from "../../src/base/digest.ts";
import { decodeFileName } from "../../src/protocol/file_name.ts";
import type { TapListener } from "./tap.ts";
import type { Versions } from "./versions.ts";
import type { Violations } from "./violations.ts";

/** What {@link checkSentFile} needs to know. */
export interface SentFileOptions {
  /** Where what is wrong goes. */
  readonly violations: Violations;
  /** What there was to be had. */
  readonly versions: Versions;
  /** Virtual time. */
  readonly now: () => number;
}

/** Follows one stream of a content server. Parts of files are the client's business: it has the digest of the whole. */
export function checkSentFile(machine: string, { violations, versions, now }: SentFileOptions): TapListener {
  let name: string | undefined;
  let sinceMs = 0;
  let announcedBytes: number | undefined;
  let sentBytes = 0;
  const digest = sha256();
  return {
    received: (line) => {
      if (!line.startsWith("GET ")) return;
      const text = line.slice("GET ".length);
      name = decodeFileName(text) ?? text;
      sinceMs = now();
    },
    said: (line) => {
      announcedBytes ??= /^OK (\d+)$/.test(line) ? Number(line.slice("OK ".length)) : undefined;
    },
    wrote: (bytes) => {
      if (name === undefined || announcedBytes === undefined || sentBytes === announcedBytes) return;
      digest.update(bytes);
      sentBytes += bytes.length;
      if (sentBytes !== announcedBytes || versions.existed(name, digest.hex(), sinceMs)) return;
      const text = `${machine} sends ${sentBytes} bytes as ${name} that nobody had since ${sinceMs} ms`;
      violations.add("download is a version that existed", text);
    },
  };
}
