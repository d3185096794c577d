/**
 * Asks the origin what there is, and has it changed, for somebody who reads the answer.
 *
 * @module
 */

import { escapeControls } from "../env/escape_controls.ts";
import { lateModule } from "../env/late_modules.ts";
import type { CommandContext } from "./command.ts";
import type { EdgeTarget } from "./edge_client.ts";
import { explained } from "./edge_failure.ts";
import { EXIT } from "./exit_codes.ts";
import { reportFailure } from "./failure.ts";
import { type Listing, renderData, renderListing } from "./listings.ts";

/** A question whose answer can be had as JSON. */
export interface EdgeQuery extends EdgeTarget {
  /** Whether as JSON. */
  readonly asJson: boolean;
}

/** The module of the client. */
export type EdgeClientModule = typeof import("../roles/edge/client.ts");

/** Loads the client, which is built on packages. */
export async function loadEdgeClient(): Promise<EdgeClientModule> {
  return await lateModule<EdgeClientModule>("src/roles/edge/client.ts");
}

/** Writes the files that there are, by name. */
export async function showEdgeFiles(context: CommandContext, query: EdgeQuery): Promise<number> {
  const { listEdgeFiles } = await loadEdgeClient();
  const files = [...await explained(query.origin, () => listEdgeFiles(context.env, query))]
    .sort((a, b) => a.name < b.name ? -1 : 1);
  const rows = files.map(({ name, hash, timestamp }) => [timestamp, hash, name]);
  const columns = [{ title: "time" }, { title: "hash" }, { title: "name" }];
  return await show(context, query, files, { columns, rows });
}

/** Writes the nodes that there are, by id. */
export async function showNodes(context: CommandContext, query: EdgeQuery): Promise<number> {
  const { listEdgeNodes } = await loadEdgeClient();
  const nodes = await explained(query.origin, () => listEdgeNodes(context.env, query));
  const rows = nodes.map(({ id, address, lat, lng, alive }) => [
    String(id),
    address,
    String(lat),
    String(lng),
    alive === undefined ? "registered" : alive ? "alive" : "dead",
  ]);
  const columns = [
    { title: "id", align: "right" },
    { title: "address" },
    { title: "lat", align: "right" },
    { title: "lng", align: "right" },
    { title: "status" },
  ] as const;
  return await show(context, query, nodes, { columns, rows });
}

/** Removes files one after another. One that cannot be removed does not keep the others from being. */
export async function removeEdgeFiles(
  context: CommandContext,
  names: readonly string[],
  target: EdgeTarget,
): Promise<number> {
  const { removeEdgeFile } = await loadEdgeClient();
  return await each(context, names, target, "removed", (name) => removeEdgeFile(context.env, { ...target, name }));
}

/** Has nodes drop their copies of files, one after another; of all files if there are no names. */
export async function purgeEdgeFiles(
  context: CommandContext,
  names: readonly string[] | undefined,
  target: EdgeTarget,
): Promise<number> {
  const { purgeEdgeFile } = await loadEdgeClient();
  if (names === undefined) {
    await explained(target.origin, () => purgeEdgeFile(context.env, { ...target, name: undefined }));
    tell(context, "purged all files");
    return EXIT.done;
  }
  return await each(context, names, target, "purged", (name) => purgeEdgeFile(context.env, { ...target, name }));
}

async function each(
  context: CommandContext,
  names: readonly string[],
  { origin, signal }: EdgeTarget,
  done: string,
  run: (name: string) => Promise<void>,
): Promise<number> {
  let exitCode: number = EXIT.done;
  for (const name of names) {
    signal.throwIfAborted();
    try {
      await explained(origin, () => run(name));
      tell(context, `${done} ${name}`);
    } catch (error) {
      signal.throwIfAborted();
      const code = reportFailure(context.console, error, context.common);
      if (exitCode === EXIT.done) exitCode = code;
    }
  }
  return exitCode;
}

/** Says what was done, to somebody who watches. */
function tell({ console, common }: CommandContext, line: string): void {
  if ((console.output.isTerminal && !common.isQuiet) || common.isVerbose) console.line(escapeControls(line));
}

async function show(
  { io }: Pick<CommandContext, "io">,
  { asJson }: EdgeQuery,
  data: unknown,
  listing: Listing,
): Promise<number> {
  const { isTerminal } = io.output;
  const text = asJson ? renderData(data) : renderListing(listing, { isTerminal, hasTitles: true });
  await io.output.write(new TextEncoder().encode(text));
  return EXIT.done;
}
