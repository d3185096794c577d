/**
 * A server that answers lines by a script: old peers, foreign ones, hostile ones.
 *
 * @module
 */

import type { Address } from "../src/base/address.ts";
import type { Conn, Listener, Net } from "../src/net/net.ts";
import { LineDecoder } from "../src/protocol/line_decoder.ts";

/**
 * What to answer to a line. An answer that does not leave the connection open for more lines (`OK REGISTERED` and no
 * answer to `ADD_FILE` do) closes it; `undefined` says nothing and waits.
 */
export type Script = (line: string) => string | undefined;

/** A running script. */
export interface ScriptedServer {
  /** Where it really listens. */
  readonly address: Address;
  /** Every line that came in. */
  readonly lines: string[];
  /** Stops listening. */
  close(): void;
}

/** Starts a scripted server. */
export async function startScript(net: Net, at: Address, script: Script): Promise<ScriptedServer> {
  const listener = await net.listen(at);
  const lines: string[] = [];
  void accept(listener, lines, script);
  return { address: listener.address, lines, close: () => listener.close() };
}

async function accept(listener: Listener, lines: string[], script: Script): Promise<void> {
  for await (const conn of listener) {
    void serve(conn, lines, script).catch(() => {}).finally(() => conn.close());
  }
}

async function serve(conn: Conn, lines: string[], script: Script): Promise<void> {
  const decoder = new LineDecoder();
  const buffer = new Uint8Array(4_096);
  for (;;) {
    const line = decoder.next();
    if (line === undefined) {
      const count = await conn.read(buffer);
      if (count === null) return;
      decoder.push(buffer.subarray(0, count));
      continue;
    }
    lines.push(line);
    const answer = script(line);
    if (answer === undefined) continue;
    await conn.write(new TextEncoder().encode(answer));
    if (answer !== "OK REGISTERED\n" && !line.startsWith("ADD_FILE ")) return;
  }
}
