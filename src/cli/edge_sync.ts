/**
 * Publishes a folder for somebody who waits.
 *
 * @module
 */

import type { Address } from "../base/address.ts";
import { unreachable } from "../base/invariant.ts";
import { escapeControls } from "../env/escape_controls.ts";
import type { SyncEvent, SyncResult } from "../roles/edge/client.ts";
import type { CommandContext } from "./command.ts";
import type { EdgeTarget } from "./edge_client.ts";
import { explained, hintFor } from "./edge_failure.ts";
import { loadEdgeClient } from "./edge_queries.ts";
import { EXIT } from "./exit_codes.ts";
import { renderData } from "./listings.ts";
import { userPath } from "./paths.ts";
import { ProgressLine } from "./progress_line.ts";
import { formatBytes } from "./units.ts";

/** How a folder is to be published. */
export interface EdgeSyncOptions extends EdgeTarget {
  /** How many files are sent at once. */
  readonly parallel: number;
  /** How many more attempts a file gets after the first that failed. */
  readonly retries: number;
  /** How long a server may make no progress, in milliseconds. */
  readonly idleMs: number;
  /** Whether to answer in JSON. */
  readonly asJson: boolean;
}

/**
 * Publishes a folder, and says what came of it.
 *
 * @returns The exit code: not 0 if a file failed, whatever became of the others.
 */
export async function syncEdgeFolder(
  context: CommandContext,
  folder: string,
  options: EdgeSyncOptions,
): Promise<number> {
  const { common, console, env, io } = context;
  const { syncFolder } = await loadEdgeClient();
  const isWatched = console.output.isTerminal && !common.isQuiet;
  const line = isWatched ? new ProgressLine(console, env.clock) : undefined;
  const account = new SyncAccount(context, { line, origins: options.origin });
  try {
    line?.note(folder, "looking through it");
    const result = await explained(options.origin, () => (
      syncFolder(env, { ...options, folder: userPath(env.host, folder), onEvent: (event) => account.take(event) })
    ));
    line?.close();
    account.close();
    if (options.asJson) await io.output.write(new TextEncoder().encode(renderData(result)));
    else if (isWatched || common.isVerbose || result.failed > 0) console.line(describe(result));
    for (const what of common.isQuiet ? [] : result.skipped) console.line(escapeControls(`passed over: ${what}`));
    return result.failed > 0 ? EXIT.network : EXIT.done;
  } finally {
    line?.close();
  }
}

/** Keeps account of what happens, and tells what cannot wait. */
class SyncAccount {
  readonly #context: CommandContext;
  readonly #line: ProgressLine | undefined;
  readonly #origins: readonly Address[];
  /** How much of each file that is under way was sent. */
  readonly #sending = new Map<string, number>();
  #files = 0;
  #settled = 0;
  #totalBytes = 0;
  #settledBytes = 0;
  readonly #sizes = new Map<string, number>();
  /** Why the last file failed that was told of, and how many since then for the same reason. */
  #failure: { readonly reason: string; more: number } | undefined;

  constructor(
    context: CommandContext,
    { line, origins }: { readonly line: ProgressLine | undefined; readonly origins: readonly Address[] },
  ) {
    this.#context = context;
    this.#line = line;
    this.#origins = origins;
  }

  /** Tells what was held back: nothing more is taken. */
  close(): void {
    const more = this.#failure?.more ?? 0;
    this.#failure = undefined;
    if (more > 0) this.#context.console.line(`${more} more ${more === 1 ? "file" : "files"}: the same`);
  }

  take(event: SyncEvent): void {
    const { console, common } = this.#context;
    switch (event.kind) {
      case "scanned":
        this.#files = event.files;
        this.#totalBytes = event.sizeBytes;
        break;
      case "hashed":
        this.#sizes.set(event.name, event.sizeBytes);
        break;
      case "sending":
        this.#sending.set(event.name, event.sentBytes);
        break;
      case "retrying":
        if (common.isVerbose) console.line(escapeControls(`${event.name}: ${event.reason}; trying again`));
        this.#line?.note(event.name, `${event.reason}; trying again`);
        return;
      case "failed":
        this.#tellFailure(event.name, event.reason);
        this.#settle(event.name);
        break;
      case "uploaded":
        if (common.isVerbose) console.line(escapeControls(`sent ${event.name} to ${event.to}`));
        if (!event.isPublished && !common.isQuiet) {
          console.line(
            escapeControls(`warning: ${event.name}: stored, and to be published once a meta server answers`),
          );
        }
        this.#settle(event.name);
        break;
      case "unchanged":
        this.#settle(event.name);
        break;
      default:
        return unreachable(event);
    }
    const under = [...this.#sending.values()].reduce((sum, sent) => sum + sent, 0);
    const doneBytes = Math.min(this.#totalBytes, this.#settledBytes + under);
    this.#line?.show({ name: `[${this.#settled}/${this.#files}]`, doneBytes, totalBytes: this.#totalBytes });
  }

  /** Tells of a failure: where no origin answers, or the token is wrong, all fail for one reason, which is told once. */
  #tellFailure(name: string, cause: string): void {
    const said = `Cannot send ${name}: `;
    const reason = cause.startsWith(said) ? cause.slice(said.length) : cause;
    if (this.#failure?.reason === reason) {
      this.#failure.more++;
      return;
    }
    this.close();
    this.#failure = { reason, more: 0 };
    const kind = reason.startsWith("401: ") ? "refused" : "network";
    const hint = hintFor({ kind, message: reason }, this.#origins);
    this.#context.console.line(escapeControls(`${name}: ${reason}${hint === undefined ? "" : `. ${hint}`}`));
  }

  #settle(name: string): void {
    this.#settled++;
    this.#sending.delete(name);
    this.#settledBytes += this.#sizes.get(name) ?? 0;
  }
}

/** Writes what came of it: `5 files: 2 sent (1.2 MiB), 3 unchanged`. */
function describe({ files, uploaded, uploadedBytes, unchanged, failed }: SyncResult): string {
  const parts = [
    `${uploaded} sent${uploaded === 0 ? "" : ` (${formatBytes(uploadedBytes)})`}`,
    `${unchanged} unchanged`,
    ...failed === 0 ? [] : [`${failed} failed`],
  ];
  return `${files.length} ${files.length === 1 ? "file" : "files"}: ${parts.join(", ")}`;
}
