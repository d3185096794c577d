/**
 * The HTTP contract: requests, and what is refused as none.
 *
 * @module
 */

import { assert, assertEquals, assertInstanceOf, assertMatch } from "@std/assert";
import { NetError } from "../src/net/net_error.ts";
import { type HttpRequest, textResponse } from "../src/protocol/http.ts";
import { always, echo, type HttpCase, requestText } from "./http_bench.ts";

const CHUNKED = "Transfer-Encoding: chunked\r\n";

/** What never reaches a handler, and the status that it is answered with. */
const REFUSED: readonly (readonly [what: string, request: string, status: RegExp])[] = [
  ["two Host fields", requestText("/", { headers: "host: other\r\n" }), /400/],
  ["no Host field", "GET / HTTP/1.1\r\n\r\n", /400/],
  [
    "an unknown transfer coding",
    requestText("/", { method: "POST", headers: "Transfer-Encoding: xchunked\r\n" }),
    /400|501/,
  ],
  [
    "a second transfer coding",
    requestText("/", { method: "POST", headers: "Transfer-Encoding: gzip, chunked\r\n" }),
    /501/,
  ],
  [
    "a coding after chunked",
    requestText("/", { method: "POST", headers: "Transfer-Encoding: chunked, identity\r\n" }),
    /400|501/,
  ],
  [
    "two transfer codings",
    requestText("/", { method: "POST", headers: CHUNKED + CHUNKED, body: "0\r\n\r\n" }),
    /400|501/,
  ],
  ["a transfer coding in HTTP/1.0", `POST / HTTP/1.0\r\nHost: a\r\n${CHUNKED}\r\n0\r\n\r\n`, /400/],
  [
    "a length and a transfer coding",
    requestText("/", { method: "POST", headers: `Content-Length: 5\r\n${CHUNKED}`, body: "0\r\n\r\n" }),
    /400/,
  ],
  [
    "two lengths",
    requestText("/", { method: "POST", headers: "Content-Length: 1\r\nContent-Length: 2\r\n", body: "ab" }),
    /400/,
  ],
  ["a length with a sign", requestText("/", { method: "POST", headers: "Content-Length: +1\r\n", body: "a" }), /400/],
  ["bare line feeds", "GET / HTTP/1.1\nHost: a\n\n", /400/],
  ["a folded field", requestText("/", { headers: "X-A: 1\r\n 2\r\n" }), /400/],
  ["a space before the colon", requestText("/", { headers: "X-A : 1\r\n" }), /400/],
  ["a NUL in a field", requestText("/", { headers: "X-A: \0\r\n" }), /400/],
  ["no HTTP at all", "HELLO\n\r\n\r\n", /400/],
  ["a head over the limit", requestText("/", { headers: `X-A: ${"a".repeat(20_000)}\r\n` }), /431/],
];

/** What requests are promised. */
export const REQUEST_CASES: readonly HttpCase[] = [
  {
    name: "hands on method, target and headers as they were sent",
    async run(bench): Promise<void> {
      let seen: HttpRequest | undefined;
      const { address } = await bench.serve((request) => {
        seen = request;
        return Promise.resolve(textResponse(200, "ok"));
      });
      const client = await bench.dial(address);
      await client.send(
        "PURGE /a/../b%2F?x=%20&y HTTP/1.1\r\nhOST: a\r\nX-A: 1\r\nx-a: 2\r\nCookie: a\r\ncookie: b\r\n\r\n",
      );
      assertEquals((await client.answer()).status, 200);
      assertEquals(seen?.method, "PURGE");
      assertEquals(seen?.target, "/a/../b%2F?x=%20&y");
      assertEquals(seen?.headers, [["hOST", "a"], ["X-A", "1"], ["x-a", "2"], ["Cookie", "a"], ["cookie", "b"]]);
    },
  },
  {
    name: "reads a body with a length and a body in chunks, as plain bytes",
    async run(bench): Promise<void> {
      const { address } = await bench.serve(async ({ body }) => {
        const pieces = [];
        for await (const piece of body) pieces.push(piece);
        assert(pieces.every((piece) => Object.getPrototypeOf(piece) === Uint8Array.prototype));
        return textResponse(200, pieces.map((piece) => new TextDecoder().decode(piece)).join(""));
      });
      const client = await bench.dial(address);
      await client.send(requestText("/", { method: "POST", headers: "Content-Length: 5\r\n", body: "hello" }));
      assertEquals((await client.answer()).body, "hello");
      const chunks = "3\r\nabc\r\n2;ext=1\r\nde\r\n0\r\nX-Trailer: 1\r\n\r\n";
      await client.send(requestText("/", { method: "POST", headers: CHUNKED, body: chunks }));
      assertEquals((await client.answer()).body, "abcde");
      await client.send(requestText());
      assertEquals((await client.answer()).body, "");
      assertEquals(bench.errors, []);
    },
  },
  {
    name: "answers pipelined requests in order, and each only when the one before it is sent",
    async run(bench): Promise<void> {
      let active = 0;
      async function* said(text: string): AsyncGenerator<Uint8Array, void, void> {
        for (const character of text) yield await Promise.resolve(new TextEncoder().encode(character));
        active--;
      }
      const { address } = await bench.serve(({ target }) => {
        assertEquals(++active, 1);
        return Promise.resolve({ status: 200, headers: [["content-length", "2"]], body: said(target) });
      });
      const client = await bench.dial(address);
      await client.send(requestText("/1") + requestText("/2") + requestText("/3"));
      for (const target of ["/1", "/2", "/3"]) assertEquals((await client.answer()).body, target);
    },
  },
  {
    name: "keeps a connection after a body that the handler did not read, or not to its end",
    async run(bench): Promise<void> {
      const { address } = await bench.serve(async ({ target, body }) => {
        if (target === "/part") { for await (const _ of body) break; }
        return textResponse(target === "/next" ? 200 : 413, "");
      });
      for (const target of ["/none", "/part"]) {
        const client = await bench.dial(address);
        const body = "x".repeat(1_000_000);
        await client.send(requestText(target, { method: "POST", headers: "Content-Length: 1000000\r\n", body }));
        assertEquals((await client.answer()).status, 413);
        await client.send(requestText("/next"));
        assertEquals((await client.answer()).status, 200);
      }
    },
  },
  {
    name: "asks a waiting client for the body only when the handler reads it",
    async run(bench): Promise<void> {
      const { address } = await bench.serve((request) => {
        return request.target === "/read" ? echo(request) : Promise.resolve(textResponse(413, ""));
      });
      const headers = "Content-Length: 5\r\nExpect: 100-continue\r\n";
      const reading = await bench.dial(address);
      await reading.send(requestText("/read", { method: "PUT", headers }));
      assertMatch(await reading.until("\r\n\r\n"), /^HTTP\/1.1 100 /);
      await reading.send("hello");
      assertEquals((await reading.answer()).body, "hello");
      const refusing = await bench.exchange(address, requestText("/refuse", { method: "PUT", headers }));
      assertMatch(refusing, /^HTTP\/1.1 413 /);
      assertMatch(refusing, /\r\nconnection: close\r\n/i);
    },
  },
  {
    name: "hands on CONNECT like any other request, and closes after the answer",
    async run(bench): Promise<void> {
      const { address } = await bench.serve(({ method, target }) => {
        return Promise.resolve(textResponse(405, `${method} ${target}`));
      });
      const text = await bench.exchange(address, "CONNECT a:443 HTTP/1.1\r\nHost: a:443\r\n\r\n");
      assertMatch(text, /^HTTP\/1.1 405 /);
      assertMatch(text, /\r\n\r\nCONNECT a:443$/);
      assertEquals(bench.errors, []);
    },
  },
  {
    name: "treats an upgrade that nobody offers as a plain request",
    async run(bench): Promise<void> {
      const { address } = await bench.serve(always(textResponse(200, "plain")));
      const client = await bench.dial(address);
      await client.send(requestText("/", { headers: "Connection: upgrade\r\nUpgrade: websocket\r\n" }));
      assertEquals((await client.answer()).body, "plain");
    },
  },
  ...REFUSED.map(([what, request, status]): HttpCase => ({
    name: `refuses ${what}, and closes`,
    async run(bench): Promise<void> {
      let calls = 0;
      const { address } = await bench.serve(() => {
        calls++;
        return Promise.resolve(textResponse(200, ""));
      });
      const text = await bench.exchange(address, request);
      assertMatch(text.split("\r\n")[0]!, status);
      assertEquals(text.match(/HTTP\/1.1/g)?.length, 1, text);
      assertEquals(calls, 0);
    },
  })),
  {
    name: "lets a handler see that the client left in the middle of its body",
    async run(bench): Promise<void> {
      let failed: (error: unknown) => void = () => {};
      const failure = new Promise((resolve) => failed = resolve);
      const { address } = await bench.serve(async (request) => {
        try {
          return await echo(request);
        } catch (error) {
          failed(error);
          throw error;
        }
      });
      const client = await bench.dial(address);
      await client.send(requestText("/", { method: "POST", headers: "Content-Length: 50\r\n", body: "hello" }));
      client.close();
      const error = await failure;
      assertInstanceOf(error, NetError);
      assertEquals(error.code, "reset");
      assertEquals(bench.errors, []);
    },
  },
];
