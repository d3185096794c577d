import { assertEquals, assertRejects, assertThrows } from "@std/assert";
import { NetError } from "../net/net_error.ts";
import type { HttpFields } from "../protocol/http_fields.ts";
import { ProtocolError } from "../protocol/protocol_error.ts";
import { BODY_STALLED, BODY_TOO_LARGE, limitedBody, wholeBody } from "./request_body.ts";

const CHUNKED: HttpFields = [["Transfer-Encoding", "chunked"]];

/** A body that notes how many of its pieces were asked for. */
class Body {
  taken = 0;
  readonly #sizes: readonly number[];
  readonly #end: Error | undefined;

  constructor(sizes: readonly number[], end?: Error) {
    this.#sizes = sizes;
    this.#end = end;
  }

  async *[Symbol.asyncIterator](): AsyncGenerator<Uint8Array, void, void> {
    for (const size of this.#sizes) {
      this.taken++;
      yield await Promise.resolve(new Uint8Array(size).fill(this.taken));
    }
    if (this.#end !== undefined) throw this.#end;
  }
}

function length(bytes: number): HttpFields {
  return [["content-length", String(bytes)]];
}

Deno.test("limitedBody() refuses a body that is too large by its head, without reading any of it", () => {
  const body = new Body([1]);
  const error = assertThrows(() => limitedBody({ headers: length(10 * 2 ** 30), body }, 2 ** 30), ProtocolError);
  assertEquals([error.code, body.taken], [BODY_TOO_LARGE, 0]);
});

Deno.test("limitedBody() refuses a body in chunks when it passes the limit", async () => {
  const body = new Body([4, 6, 1, 1, 1]);
  const error = await assertRejects(() => wholeBody({ headers: CHUNKED, body }, 10), ProtocolError, "over 10 bytes");
  assertEquals([error.code, body.taken], [BODY_TOO_LARGE, 3]);
  assertEquals((await wholeBody({ headers: CHUNKED, body: new Body([4, 6]) }, 10)).length, 10);
});

Deno.test("limitedBody() tells a slow client from one that has gone", async () => {
  const slow = new Body([1], new NetError("timeout", "read the body"));
  const error = await assertRejects(() => wholeBody({ headers: length(5), body: slow }, 10), ProtocolError);
  assertEquals(error.code, BODY_STALLED);
  const gone = new Body([1], new NetError("reset", "read the body"));
  await assertRejects(() => wholeBody({ headers: length(5), body: gone }, 10), NetError, "reset");
});

Deno.test("wholeBody() puts pieces together", async () => {
  assertEquals([...await wholeBody({ headers: CHUNKED, body: new Body([2, 0, 1]) }, 10)], [1, 1, 3]);
  assertEquals([...await wholeBody({ headers: [], body: new Body([]) }, 10)], []);
});
