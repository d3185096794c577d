/**
 * Versions of a file: what tells them apart.
 *
 * @module
 */

/** A version of a file, as its publisher names it. */
export interface FileVersion {
  /** Opaque; 64 hex digits are a SHA-256, 32 are an MD5. Empty if the publisher has none. */
  readonly hash: string;
  /** Opaque; usually a time. Empty if the publisher has none. */
  readonly timestamp: string;
}

/**
 * Compares two hashes. Case does not count in hex digits. Those of different functions, and an empty one, say nothing
 * about each other.
 */
export function compareHashes(a: string, b: string): "same" | "different" | "incomparable" {
  if (a === "" || b === "") return "incomparable";
  const [kindA, kindB] = [kindOf(a), kindOf(b)];
  if (kindA !== kindB) return "incomparable";
  const isSame = kindA === "other" ? a === b : a.toLowerCase() === b.toLowerCase();
  return isSame ? "same" : "different";
}

/**
 * Whether a file must be sent: the CDN does not have it, or has other bytes. The hashes decide; the time stamps where
 * the hashes cannot.
 *
 * @param known What the CDN has; `undefined` for nothing.
 */
export function needsUpload(offered: FileVersion, known: FileVersion | undefined): boolean {
  if (known === undefined) return true;
  const comparison = compareHashes(offered.hash, known.hash);
  if (comparison !== "incomparable") return comparison === "different";
  return offered.timestamp === "" || offered.timestamp !== known.timestamp;
}

function kindOf(hash: string): "md5" | "sha-256" | "other" {
  if (/^[0-9a-f]{64}$/i.test(hash)) return "sha-256";
  return /^[0-9a-f]{32}$/i.test(hash) ? "md5" : "other";
}
