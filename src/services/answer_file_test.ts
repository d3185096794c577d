import { assertEquals, assertRejects } from "@std/assert";
import type { ByteRange } from "../core/byte_ranges.ts";
import { releaseBody } from "../net/http_framing.ts";
import { readBody } from "../net/memory_http.ts";
import { readEdgeObject } from "../protocol/edge_headers.ts";
import { fieldOf, type HttpFields, writeHttpDate } from "../protocol/http_fields.ts";
import type { HttpResponse } from "../protocol/http.ts";
import { answerFile, type ReadableObject } from "./answer_file.ts";

const MODIFIED_MS = Date.UTC(2026, 0, 31, 12, 0, 0, 500);
const OBJECT = {
  hash: "v1",
  timestamp: "t1",
  sha256: "ab".repeat(32),
  generation: 7,
  sizeBytes: 10,
  modifiedMs: MODIFIED_MS,
};
const TAG = `"${OBJECT.sha256}"`;

/** An object of the bytes 0 to 9 that counts how often it is closed, and may fail after its first piece. */
class Source implements ReadableObject {
  readonly object = OBJECT;
  closed = 0;
  readonly #fails: boolean;

  constructor(fails = false) {
    this.#fails = fails;
  }

  async *read({ start, end }: ByteRange = { start: 0, end: 10 }): AsyncGenerator<Uint8Array, void, void> {
    for (let at = start; at < end; at++) {
      if (this.#fails && at > start) throw new Error("the disk is gone");
      yield await Promise.resolve(Uint8Array.of(at));
    }
  }

  close(): Promise<void> {
    this.closed++;
    return Promise.resolve();
  }
}

async function answer(source: Source, headers: HttpFields = [], method = "GET"): Promise<HttpResponse> {
  const options = { name: "a/b.txt", nowMs: MODIFIED_MS + 1_000, headers: [["x-cache", "MISS"]] as const };
  return await answerFile(source, { method, headers }, options);
}

Deno.test("answerFile() sends an object whole, and says all that is known of it", async () => {
  const source = new Source();
  const response = await answer(source);
  assertEquals(response.status, 200);
  const named = (name: string): string | undefined => fieldOf(response.headers, name);
  assertEquals(["etag", "last-modified", "content-type", "content-length", "accept-ranges", "x-cache"].map(named), [
    TAG,
    writeHttpDate(MODIFIED_MS),
    "text/plain; charset=utf-8",
    "10",
    "bytes",
    "MISS",
  ]);
  assertEquals(readEdgeObject(response.headers), OBJECT);
  assertEquals(source.closed, 0);
  assertEquals([...await readBody(response)], [0, 1, 2, 3, 4, 5, 6, 7, 8, 9]);
  assertEquals(source.closed, 1);
});

Deno.test("answerFile() decides by conditions and ranges, and closes what it does not send", async () => {
  const cases: (readonly [HttpFields, method: string, status: number, bytes: number[] | undefined])[] = [
    [[["range", "bytes=2-4"]], "GET", 206, [2, 3, 4]],
    [[["Range", "bytes=-2"]], "GET", 206, [8, 9]],
    [[["range", "bytes=8-"], ["if-range", TAG]], "GET", 206, [8, 9]],
    [[["range", "bytes=8-"], ["if-range", '"other"']], "GET", 200, [0, 1, 2, 3, 4, 5, 6, 7, 8, 9]],
    [[["range", "bytes=2-4"]], "HEAD", 200, []],
    [[], "HEAD", 200, []],
    [[["range", "bytes=10-"]], "GET", 416, undefined],
    [[["if-none-match", TAG]], "GET", 304, []],
    [[["if-none-match", TAG]], "HEAD", 304, []],
    [[["if-modified-since", writeHttpDate(MODIFIED_MS)]], "GET", 304, []],
    [[["if-match", '"other"']], "GET", 412, undefined],
  ];
  for (const [headers, method, status, bytes] of cases) {
    const source = new Source();
    const response = await answer(source, headers, method);
    assertEquals(response.status, status, `${method} ${headers}`);
    assertEquals(fieldOf(response.headers, "etag"), TAG);
    if (status !== 200 && status !== 206 || method === "HEAD") assertEquals(source.closed, 1);
    const sent = [...await readBody(response)];
    if (bytes !== undefined) assertEquals(sent, bytes);
    if (status === 206) {
      assertEquals(fieldOf(response.headers, "content-range"), `bytes ${bytes![0]}-${bytes!.at(-1)}/10`);
      assertEquals(fieldOf(response.headers, "content-length"), String(bytes!.length));
    }
    if (status === 416) assertEquals(fieldOf(response.headers, "content-range"), "bytes */10");
    if (method === "HEAD" && status === 200) assertEquals(fieldOf(response.headers, "content-length"), "10");
    assertEquals(source.closed, 1, `${method} ${headers}`);
  }
});

Deno.test("answerFile() closes the object when nobody reads it, or not to its end, or when it fails", async () => {
  const unread = new Source();
  await releaseBody((await answer(unread)).body);
  assertEquals(unread.closed, 1);
  const left = new Source();
  for await (const piece of (await answer(left)).body as AsyncIterable<Uint8Array>) if (piece.length > 0) break;
  assertEquals(left.closed, 1);
  const failing = new Source(true);
  const response = await answer(failing);
  await assertRejects(() => readBody(response), Error, "the disk is gone");
  assertEquals(failing.closed, 1);
});
