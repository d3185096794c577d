import { assertEquals, assertRejects } from "@std/assert";
import { MAX_LINE_BYTES } from "../protocol/line_decoder.ts";
import { ProtocolError } from "../protocol/protocol_error.ts";
import { linesOf } from "./stream_lines.ts";

interface Source {
  readonly stream: ReadableStream<Uint8Array>;
  readonly isCancelled: () => boolean;
}

/** A stream that gives these pieces, and ends unless it is to stay open. */
function sourceOf(pieces: readonly string[], { ends = true } = {}): Source {
  let isCancelled = false;
  const stream = new ReadableStream<Uint8Array>({
    start(controller): void {
      for (const piece of pieces) controller.enqueue(new TextEncoder().encode(piece));
      if (ends) controller.close();
    },
    cancel: () => void (isCancelled = true),
  });
  return { stream, isCancelled: () => isCancelled };
}

async function collect(lines: AsyncIterable<string>): Promise<string[]> {
  const all: string[] = [];
  for await (const line of lines) all.push(line);
  return all;
}

Deno.test("linesOf() finds lines wherever they are cut, and drops one that is not ended", async () => {
  const text = "READY\nCOUNTER 1 a\r\n\nCOUNTER 2 b";
  for (const pieces of [[text], [...text], ["READ", "Y\nCOUNTER 1 a\r", "\n\nCOUNTER 2", " b"]]) {
    assertEquals(await collect(linesOf(sourceOf(pieces).stream)), ["READY", "COUNTER 1 a", ""]);
  }
});

Deno.test("linesOf() cancels the stream when the loop is left, and when its signal aborts", async () => {
  const left = sourceOf(["one\ntwo\n"], { ends: false });
  for await (const line of linesOf(left.stream)) {
    assertEquals(line, "one");
    break;
  }
  assertEquals(left.isCancelled(), true);

  const aborted = sourceOf(["one\n"], { ends: false });
  const controller = new AbortController();
  const lines = linesOf(aborted.stream, controller);
  assertEquals((await lines.next()).value, "one");
  const next = lines.next();
  controller.abort();
  assertEquals((await next).done, true);
  assertEquals(aborted.isCancelled(), true);
});

Deno.test("linesOf() refuses a line without end", async () => {
  const { stream, isCancelled } = sourceOf(["x".repeat(MAX_LINE_BYTES + 10)], { ends: false });
  assertEquals((await assertRejects(() => collect(linesOf(stream)), ProtocolError)).code, "LINE_TOO_LONG");
  assertEquals(isCancelled(), true);
});
