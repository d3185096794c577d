/**
 * A log on standard error.
 *
 * @module
 */

import process from "node:process";
import { type LogSink, renderJson, renderText } from "./log.ts";

/** Options of {@link stderrSink}. */
export interface StderrSinkOptions {
  /** `text` for people, `json` for machines: a line a record either way. Default: `text`. */
  format?: "text" | "json";
  /** Whether text uses ANSI colours. Default: false. */
  colour?: boolean;
}

/** How much may wait for a reader that is slow; what comes on top is dropped and counted. */
const MAX_PENDING_BYTES = 1_048_576;

/** Makes a sink that writes to this process's standard error. Where nobody reads, records are lost, and nothing else. */
export function stderrSink({ format = "text", colour = false }: StderrSinkOptions = {}): LogSink {
  const { stderr } = process;
  // Without a listener a broken pipe would end the process.
  if (stderr.listenerCount("error") === 0) stderr.on("error", () => {});
  let dropped = 0;
  return (record) => {
    if (stderr.writableLength > MAX_PENDING_BYTES) {
      dropped++;
      return;
    }
    const fields = dropped === 0 ? record.fields : { ...record.fields, recordsLostBefore: dropped };
    const line = format === "json" ? renderJson({ ...record, fields }) : renderText({ ...record, fields }, { colour });
    try {
      stderr.write(`${line}\n`);
      dropped = 0;
    } catch {
      // A closed standard error throws on some runtimes; there is nowhere left to say so.
      dropped++;
    }
  };
}
