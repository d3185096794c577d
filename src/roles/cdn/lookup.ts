/**
 * Asks the index who has what.
 *
 * @module
 */

import type { AbortOptions } from "../../base/abort.ts";
import { type Address, formatAddress } from "../../base/address.ts";
import { encodeIndexRequest, GREETING, type IndexRequest, type Location, parseLocation } from "../../protocol/cdn.ts";
import { END, parseError } from "../../protocol/replies.ts";
import { ProtocolError } from "../../protocol/protocol_error.ts";
import { type AskEnv, converse, MAX_LIST_LINES, requireLine } from "../../services/ask.ts";
import type { LineConn } from "../../services/line_conn.ts";
import { askNewer } from "../../services/newer_verb.ts";

/** Options of a lookup. */
export interface LookupOptions extends AbortOptions {
  /** Milliseconds for one answer. */
  deadlineMs: number;
}

/** How many lines the index may say before the one that counts. */
const MAX_PREAMBLE_LINES = 16;
/** The most holders of one file that are taken in. */
const MAX_HOLDERS = 10_000;

/**
 * Asks where a file is, in the documented sequence: `HELLO`, then `GET`. Undefined if nobody has it.
 *
 * @param names What the file may be called, the likelier first.
 * @throws {ProtocolError} if the index answers something else; {@link NetError} or {@link DeadlineError} if it does not.
 */
export async function locateOne(
  env: AskEnv,
  index: Address,
  { names, ...options }: LookupOptions & { readonly names: readonly string[] },
): Promise<Location | undefined> {
  for (const name of names) {
    const location = await converse(env, index, options, async (lines) => {
      await lines.writeLines(encodeIndexRequest({ kind: "hello" }), encodeIndexRequest({ kind: "get", name }));
      return await readLocation(lines);
    });
    if (location !== undefined) return location;
  }
  return undefined;
}

async function readLocation(lines: LineConn): Promise<Location | undefined> {
  for (let count = 0; count < MAX_PREAMBLE_LINES; count++) {
    const line = await requireLine(lines);
    // Others greet in their own words, or not at all.
    if (line === GREETING || line.startsWith("WELCOME")) continue;
    const code = parseError(line);
    if (code === "FILE_NOT_FOUND") return undefined;
    if (code !== undefined) {
      throw new ProtocolError(code, `Cannot look up a file: it answers ERROR ${code.slice(0, 80)}`);
    }
    return parseLocation(line);
  }
  throw new ProtocolError("INVALID_REPLY", "Cannot look up a file: it greets without end");
}

/**
 * Asks for every live holder of a file, best first, with `LOCATE`. Undefined if the index is too old to know, or silent.
 *
 * @throws {ProtocolError} if the index answers something else; {@link NetError} or {@link DeadlineError} if it cannot be
 * reached or breaks off.
 */
export async function locateAll(
  env: AskEnv,
  index: Address,
  { name, ...options }: LookupOptions & { readonly name: string },
): Promise<Location[] | undefined> {
  const locations: Location[] = [];
  const take = (line: string): void => {
    if (locations.length < MAX_HOLDERS) locations.push(parseLocation(line));
  };
  const outcome = await askNewerList(env, index, { kind: "locate", name }, { ...options, take });
  return outcome === "listed" ? locations : undefined;
}

/** Options of {@link askNewerList}. */
export interface NewerListOptions extends LookupOptions {
  /** Gets each line. */
  take: (line: string) => void;
}

/**
 * Asks the index for a list with a verb that an old one does not know; `take` gets each line. A list of something that is
 * not there is empty.
 *
 * @returns `"refused"` if the index is too old; `"silent"` if it says nothing for a second.
 */
export async function askNewerList(
  env: AskEnv,
  index: Address,
  request: IndexRequest,
  { take, ...options }: NewerListOptions,
): Promise<"listed" | "refused" | "silent"> {
  const { kind } = await askNewer(env, index, encodeIndexRequest(request), {
    ...options,
    read: async (first, lines) => {
      if (parseError(first) !== undefined) return;
      let line = first;
      for (let count = 0; line !== END; count++) {
        if (count === MAX_LIST_LINES) throw tooLong(index);
        take(line);
        line = await requireLine(lines);
      }
    },
  });
  return kind === "answered" ? "listed" : kind;
}

function tooLong(index: Address): ProtocolError {
  return new ProtocolError("LIST_TOO_LONG", `Cannot list: ${formatAddress(index)} sends over ${MAX_LIST_LINES} lines`);
}
