/**
 * Asks the index what there is, for somebody who reads it.
 *
 * @module
 */

import { formatAddress } from "../base/address.ts";
import { decodeFileName } from "../protocol/file_name.ts";
import { listFiles, listServers, type QueryOptions, statFile } from "../roles/cdn/client_queries.ts";
import type { CommandContext } from "./command.ts";
import { EXIT } from "./exit_codes.ts";
import { renderData, renderListing } from "./listings.ts";
import { checkWantedName } from "./wanted_name.ts";

/** How an answer is to be shown, and what of the program that needs. */
export interface QueryContext extends Pick<CommandContext, "env" | "io"> {
  /** Whether as JSON. */
  readonly asJson: boolean;
}

/** Writes the files that there are, by name. */
export async function showFiles(context: QueryContext, options: QueryOptions): Promise<number> {
  const entries = await listFiles(context.env, options);
  const files = entries
    .map(({ name, sizeBytes }) => ({ name: decodeFileName(name) ?? name, sizeBytes }))
    .sort((a, b) => a.name < b.name ? -1 : 1);
  const rows = files.map(({ name, sizeBytes }) => [String(sizeBytes), name]);
  const columns = [{ title: "size", align: "right" }, { title: "name" }] as const;
  return await show(context, files, renderListing({ columns, rows }, context.io.output));
}

/** Writes the content servers that the index knows, by id. */
export async function showServers(context: QueryContext, options: QueryOptions): Promise<number> {
  const servers = (await listServers(context.env, options)).sort((a, b) => a.id < b.id ? -1 : 1);
  const rows = servers.map(({ id, host, tcpPort, load, alive }) => [
    id,
    formatAddress({ host, port: tcpPort }),
    String(load),
    alive ? "alive" : "dead",
  ]);
  const columns = [{ title: "id" }, { title: "address" }, { title: "load", align: "right" }, {
    title: "status",
  }] as const;
  const { isTerminal } = context.io.output;
  return await show(context, servers, renderListing({ columns, rows }, { isTerminal, hasTitles: true }));
}

/** Writes what is known of a file: its length, its digest, its holders, a line each. */
export async function showFile(context: QueryContext, name: string, options: QueryOptions): Promise<number> {
  checkWantedName(name);
  const { holders, ...stat } = await statFile(context.env, { ...options, name });
  const rows = [
    ["name", stat.name],
    ["size", String(stat.sizeBytes)],
    ["sha256", stat.sha256 ?? "unknown"],
    ...holders.map(({ holder: { id, address }, sha256, reason }) => {
      const words = [id ?? "", formatAddress(address)];
      if (sha256 === undefined) words.push(`does not say its version${reason === undefined ? "" : `: ${reason}`}`);
      else if (!stat.isConsistent) words.push(sha256);
      return ["holder", words.join(" ")];
    }),
  ];
  const data = {
    ...stat,
    holders: holders.map(({ holder: { id, address }, ...rest }) => ({ id, ...address, ...rest })),
  };
  const columns = [{ title: "property" }, { title: "value" }];
  return await show(context, data, renderListing({ columns, rows }, context.io.output));
}

async function show({ io, asJson }: QueryContext, data: unknown, text: string): Promise<number> {
  await io.output.write(new TextEncoder().encode(asJson ? renderData(data) : text));
  return EXIT.done;
}
