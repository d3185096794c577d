/**
 * The output of a child, from a stream of `node:stream` to one of the web's.
 *
 * @module
 */

import type { Readable } from "node:stream";

/** Read ahead of whoever reads the output of a child. */
export const AHEAD_BYTES = 65_536;

/**
 * Read ahead in addition once the child has ended: all that a pipe can still hold, so that its end is noticed although
 * nobody reads.
 */
export const REST_BYTES = 2 * 1_048_576;

/** A stream of a child as the web has them. */
export interface ByteStream {
  /** The bytes. An error of the pipe ends them as its end does; cancelling closes the pipe. */
  readonly bytes: ReadableStream<Uint8Array>;
  /** Reads the rest without waiting for a reader, up to {@link REST_BYTES}. */
  readonly drain: () => void;
}

/** Makes a web stream of a Node stream, with back-pressure. `Readable.toWeb()` is experimental in Node 20. */
export function byteStream(source: Readable): ByteStream {
  let restBytes = 0;
  let open = true;
  let controller: ReadableStreamDefaultController<Uint8Array>;
  function flow(): void {
    if (!open) return;
    if (restBytes + (controller.desiredSize ?? 0) > 0) source.resume();
    else source.pause();
  }
  function end(): void {
    if (!open) return;
    open = false;
    controller.close();
  }
  const bytes = new ReadableStream<Uint8Array>({
    start(own): void {
      controller = own;
      source.on("data", (chunk: Uint8Array) => {
        if (!open) return;
        controller.enqueue(new Uint8Array(chunk.buffer, chunk.byteOffset, chunk.byteLength));
        flow();
      });
      source.once("end", end).once("error", end).once("close", end);
    },
    pull: flow,
    cancel(): void {
      open = false;
      source.destroy();
    },
  }, new ByteLengthQueuingStrategy({ highWaterMark: AHEAD_BYTES }));
  return {
    bytes,
    drain(): void {
      restBytes = REST_BYTES;
      flow();
    },
  };
}
