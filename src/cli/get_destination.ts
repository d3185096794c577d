/**
 * Where the bytes of a download go: to a file, to standard output, or nowhere.
 *
 * @module
 */

import { EXIT } from "./exit_codes.ts";
import { CommandError } from "./failure.ts";
import type { Output } from "./io.ts";
import type { ProgressLine } from "./progress_line.ts";
import type { Target } from "./targets.ts";

/** A place for the bytes of one file. */
export type GetDestination =
  | { readonly kind: "file"; readonly path: string; readonly isSynced: boolean }
  | { readonly kind: "writer"; readonly write: (bytes: Uint8Array) => Promise<void> };

/** Options of {@link destinationOf}. */
export interface DestinationOptions {
  /** Standard output. */
  readonly output: Output;
  /** The line that gives way to bytes on a terminal. */
  readonly line: ProgressLine | undefined;
  /** Whether a file has to be on the disk before it is called by its name. */
  readonly isSynced: boolean;
}

/** Returns where the bytes of a target go. */
export function destinationOf(
  { name, path, isDiscarded }: Target,
  { output, line, isSynced }: DestinationOptions,
): GetDestination {
  if (path !== undefined) return { kind: "file", path, isSynced };
  if (isDiscarded) return { kind: "writer", write: () => Promise.resolve() };
  let isFirst = true;
  async function write(bytes: Uint8Array): Promise<void> {
    if (isFirst) {
      // A terminal may take such bytes for commands, and is of no use after.
      if (output.isTerminal && bytes.includes(0)) throw new CommandError(EXIT.usage, describeBinary(name));
      // Whoever reads may write to the same terminal, at once.
      await line?.giveWay();
    }
    isFirst = false;
    await output.write(bytes);
  }
  return { kind: "writer", write };
}

function describeBinary(name: string): string {
  return `Cannot show ${name} on a terminal: it is not text; choose a file with --out, or pipe it`;
}
