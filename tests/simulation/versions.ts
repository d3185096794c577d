/**
 * Every content that a name ever had, where, and when.
 *
 * @module
 */

import { sha256 } from "../../src/base/digest.ts";
import { encodeFileName } from "../../src/protocol/file_name.ts";

/** One content of a name at one holder. */
export interface Version {
  /** Whose. */
  readonly machine: string;
  /** SHA-256 of its bytes. */
  readonly sha256: string;
  /** How long it is. */
  readonly sizeBytes: number;
  /** From when. */
  readonly fromMs: number;
  /** Until when; undefined while it is there. */
  toMs: number | undefined;
}

/** The digest of some bytes. */
export function digestOf(bytes: Uint8Array): string {
  const digest = sha256();
  digest.update(bytes);
  return digest.hex();
}

/** The history of all files. */
export class Versions {
  readonly #byName = new Map<string, Version[]>();

  /** All names that there ever were. */
  names(): string[] {
    return [...this.#byName.keys()];
  }

  /** A name has these bytes at a holder from now on; no bytes if it is gone. */
  set(machine: string, name: string, { bytes, nowMs }: { bytes: Uint8Array | undefined; nowMs: number }): void {
    const current = this.at(machine, name);
    if (current !== undefined) current.toMs = nowMs;
    if (bytes === undefined) return;
    const version = { machine, sha256: digestOf(bytes), sizeBytes: bytes.length, fromMs: nowMs, toMs: undefined };
    const versions = this.#byName.get(name);
    if (versions === undefined) this.#byName.set(name, [version]);
    else versions.push(version);
  }

  /** What a holder has under a name now. */
  at(machine: string, name: string): Version | undefined {
    return this.#byName.get(name)?.findLast((version) => version.machine === machine && version.toMs === undefined);
  }

  /** Whether some holder had these bytes under a name, by either reading of it, now or since `sinceMs`. */
  existed(name: string, sha256: string, sinceMs: number): boolean {
    return readingsOf(name).some((reading) =>
      this.#byName.get(reading)?.some((version) => (
        version.sha256 === sha256 && (version.toMs === undefined || version.toMs >= sinceMs)
      ))
    );
  }
}

/**
 * The files that a question for a name may mean, the likelier first: itself, and if nobody has that, the one that is
 * really called what the name looks like on the wire.
 */
export function readingsOf(name: string): string[] {
  const encoded = encodeFileName(name);
  return encoded === name ? [name] : [name, encoded];
}
