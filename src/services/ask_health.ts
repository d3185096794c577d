/**
 * Asks a role whether it is well.
 *
 * @module
 */

import { type Address, formatAddress } from "../base/address.ts";
import { decodeHealthAnswer, encodeHealthQuestion, type Health, MAX_HEALTH_BYTES } from "../protocol/health.ts";
import { type AskEnv, type AskOptions, converse } from "./ask.ts";
import type { LineConn } from "./line_conn.ts";

/**
 * Asks the management port of a role.
 *
 * @throws {DeadlineError} if that takes longer than the deadline; {@link NetError} if the connection fails;
 * {@link ProtocolError} `"NOT_A_ROLE"` if somebody else answers.
 */
export async function askHealth(env: AskEnv, at: Address, options: AskOptions): Promise<Health> {
  return await converse(env, at, options, async (lines) => {
    await lines.write(new TextEncoder().encode(encodeHealthQuestion(formatAddress(at))));
    return decodeHealthAnswer(await readRest(lines));
  });
}

/** Reads to the end, or as much as an answer may have at most. */
async function readRest(lines: LineConn): Promise<string> {
  const bytes = new Uint8Array(MAX_HEALTH_BYTES);
  let filled = 0;
  while (filled < bytes.length) {
    const count = await lines.read(bytes.subarray(filled));
    if (count === null) break;
    filled += count;
  }
  return new TextDecoder().decode(bytes.subarray(0, filled));
}
