/**
 * The lines of a stream of bytes, such as the output of a child process.
 *
 * @module
 */

import { type AbortOptions, onAbort } from "../base/abort.ts";
import { LineDecoder } from "../protocol/line_decoder.ts";

/**
 * Yields the lines of a stream until it ends or the signal aborts. What comes behind the last line end is no line: whoever
 * wrote it was cut off. Leaving the loop cancels the stream.
 *
 * @throws {ProtocolError} `"LINE_TOO_LONG"`.
 */
export async function* linesOf(
  stream: ReadableStream<Uint8Array>,
  { signal }: AbortOptions = {},
): AsyncGenerator<string, void, void> {
  const decoder = new LineDecoder();
  const reader = stream.getReader();
  const cancel = (): void => void reader.cancel().catch(() => {});
  const off = onAbort(signal, cancel);
  try {
    for (;;) {
      const { value, done } = await reader.read();
      if (done) return;
      decoder.push(value);
      for (let line = decoder.next(); line !== undefined; line = decoder.next()) yield line;
    }
  } finally {
    off();
    cancel();
  }
}
