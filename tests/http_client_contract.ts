/**
 * What an HTTP client promises, as a list of cases that needs no test runner. Runs on Deno, Node and Bun, and in memory.
 *
 * @module
 */

import { assert, assertEquals, assertInstanceOf, assertRejects, assertStringIncludes } from "@std/assert";
import { type Address, formatAddress } from "../src/base/address.ts";
import type { HttpHandler } from "../src/net/http.ts";
import type { HttpAnswer, HttpClient, HttpQuestion } from "../src/net/http_client.ts";
import { releaseBody } from "../src/net/http_framing.ts";
import { NetError } from "../src/net/net_error.ts";
import { writeEdgePath } from "../src/protocol/edge_name.ts";
import { type HttpRequest, type HttpResponse, textResponse } from "../src/protocol/http.ts";

/** What the cases stand on: a client, and servers to ask. */
export interface HttpClientBench {
  /** The client that is looked at. */
  readonly client: HttpClient;
  /** Serves a handler. */
  serve(handler: HttpHandler): Promise<Address>;
  /** Takes a server away at once, whatever is under way. */
  kill(server: Address): Promise<void>;
  /** What servers reported. */
  readonly errors: readonly string[];
}

/** One promise of an HTTP client. */
export interface HttpClientCase {
  /** What holds. */
  readonly name: string;
  /** Checks it; the bench is closed afterwards. */
  run(bench: HttpClientBench): Promise<void>;
}

/** Names in whose URLs some client or server would find something to tidy up. */
const NAMES: readonly string[] = [
  "plain.txt",
  "a%2eb",
  "%2e%2e/x",
  "a\\b",
  "a%5cb",
  "it's|^`{}\"<>",
  "a b+c",
  "q?x=1#f",
  "50%",
  "%zz",
  ".hidden/...",
  "..a/a..",
  "a:b@c;d=e,f&g$h!*()~",
  "[x]",
  "Größe/日本/\u{1f600}",
  "tab\tline\nend\u007f",
  "\u00a0\u2028\ufeff",
];

/** Targets that a URL cannot say as they are. */
const UNSAYABLE: readonly string[] = [
  "/a/../b",
  "/a/%2e%2E/b",
  "/./a",
  "/a?x='y'",
  "/a#b",
  "/a b",
  "/a\\b",
  "/ä",
  "a",
  "",
];

/** Everything that a client promises. */
export const HTTP_CLIENT_CASES: readonly HttpClientCase[] = [
  {
    name: "sends method, target, fields and body, and asks for no coding",
    async run({ client, serve }): Promise<void> {
      const seen: HttpRequest[] = [];
      const at = await serve(async (request) => {
        seen.push(request);
        return textResponse(200, await textOf(request.body));
      });
      const headers = [["X-A", "1"], ["if-none-match", '"x"']] as const;
      const answer = await client.ask(at, { method: "PUT", target: "/a%20b?c=d", headers, body: bytesOf("hello") });
      assertEquals([answer.status, await textOf(answer.body)], [200, "hello"]);
      const { method, target, peer } = seen[0]!;
      assertEquals([method, target], ["PUT", "/a%20b?c=d"]);
      assertEquals(fieldOf(seen[0]!, "host"), formatAddress(at));
      assertEquals(fieldOf(seen[0]!, "x-a"), "1");
      assertEquals(fieldOf(seen[0]!, "if-none-match"), '"x"');
      assertEquals(fieldOf(seen[0]!, "accept-encoding"), "identity");
      assertEquals(fieldOf(seen[0]!, "content-length"), "5");
      assertEquals(peer.host, "127.0.0.1");
      assert(peer.port > 0);
    },
  },
  {
    name: "brings the path of every name byte for byte",
    async run({ client, serve }): Promise<void> {
      const at = await serve(({ target }) => Promise.resolve(textResponse(200, target)));
      for (const name of NAMES) {
        const target = `/get/${writeEdgePath(name)}`;
        assertEquals(await textOf((await client.ask(at, { target })).body), target);
      }
    },
  },
  {
    name: "refuses a target that would be changed on its way",
    async run({ client, serve }): Promise<void> {
      const at = await serve(() => Promise.reject(new Error("asked")));
      for (const target of UNSAYABLE) await assertRejects(() => client.ask(at, { target }), TypeError, "Cannot ask");
    },
  },
  {
    name: "sends empty bodies, bodies in pieces, and any number of bytes from a buffer that is used again",
    async run({ client, serve }): Promise<void> {
      const at = await serve(async ({ body, headers }) => {
        let sizeBytes = 0;
        let isRight = true;
        for await (const piece of body) {
          for (const byte of piece) if (byte !== patternAt(sizeBytes++)) isRight = false;
        }
        const told = headers.find(([name]) => name.toLowerCase() === "content-length")?.[1];
        return textResponse(
          200,
          `${sizeBytes} ${isRight} ${told === undefined ? "chunks" : told === String(sizeBytes)}`,
        );
      });
      const ask = async (body: HttpQuestion["body"], headers: HttpQuestion["headers"] = []): Promise<string> => {
        const question = body === undefined
          ? { method: "PUT", target: "/" }
          : { method: "PUT", target: "/", headers, body };
        return await textOf((await client.ask(at, question)).body);
      };
      assertStringIncludes(await ask(undefined), "0 true");
      assertEquals(await ask(new Uint8Array()), "0 true true");
      assertStringIncludes(await ask(patterned([])), "0 true");
      assertEquals(await ask(patterned([1, 70_000, 3, 3_000_000])), "3070004 true chunks");
      // In chunks where the runtime will have it so, but whole in any case.
      const told = await ask(patterned([10, 20]), [["content-length", "30"]]);
      assert(told === "30 true true" || told === "30 true chunks", told);
    },
  },
  {
    name: "hands on every kind of answer as it is",
    async run({ client, serve }): Promise<void> {
      const body = bytesOf("hello");
      const at = await serve(({ target }) => {
        const status = Number(target.slice(1));
        return Promise.resolve({ status, headers: [["etag", '"x"'], ["location", "/200"], ["X-B", "1"]], body });
      });
      for (const status of [200, 201, 206, 301, 302, 307, 400, 401, 404, 416, 500, 503]) {
        const answer = await client.ask(at, { target: `/${status}` });
        assertEquals([answer.status, await textOf(answer.body)], [status, "hello"]);
        const fields = ["etag", "location", "x-b", "content-length"].map((name) => fieldOf(answer, name));
        assertEquals(fields, ['"x"', "/200", "1", "5"]);
        assertEquals([fieldOf(answer, "connection"), fieldOf(answer, "transfer-encoding")], [undefined, undefined]);
      }
      for (const status of [204, 304]) {
        const answer = await client.ask(at, { target: `/${status}` });
        assertEquals([answer.status, fieldOf(answer, "etag"), await textOf(answer.body)], [status, '"x"', ""]);
      }
      const head = await client.ask(at, { method: "HEAD", target: "/200" });
      assertEquals([head.status, fieldOf(head, "content-length"), await textOf(head.body)], [200, "5", ""]);
    },
  },
  {
    name: "reads large answers whole, with a length and without, as plain bytes that stay",
    async run({ client, serve }): Promise<void> {
      const sizes = [1, 100_000, 7, 4_000_000];
      const sizeBytes = sizes.reduce((sum, size) => sum + size);
      const at = await serve(({ target }) => {
        const headers = target === "/told" ? [["content-length", String(sizeBytes)]] as const : [];
        return Promise.resolve({ status: 200, headers, body: patterned(sizes) });
      });
      for (const target of ["/told", "/chunks"]) {
        const pieces: Uint8Array[] = [];
        for await (const piece of (await client.ask(at, { target })).body) pieces.push(piece);
        let readBytes = 0;
        for (const piece of pieces) {
          assert(Object.getPrototypeOf(piece) === Uint8Array.prototype);
          for (const byte of piece) if (byte !== patternAt(readBytes++)) assert(false, `byte ${readBytes - 1}`);
        }
        assertEquals(readBytes, sizeBytes);
      }
    },
  },
  {
    name: "gives the connection back when a body is left in the middle, or not begun",
    async run({ client, serve }): Promise<void> {
      const left = new Signals();
      const at = await serve(() => Promise.resolve({ status: 200, headers: [], body: endless(() => left.give()) }));
      const first = await client.ask(at, { target: "/" });
      for await (const piece of first.body) if (piece.length > 0) break;
      await left.next();
      // What a server has not begun to send, it may never notice: the next question finds out.
      await releaseBody((await client.ask(at, { target: "/" })).body);
      const third = await client.ask(at, { target: "/" });
      for await (const piece of third.body) if (piece.length > 0) break;
      await left.next();
    },
  },
  {
    name: "is called off with the signal's own reason, at every stage",
    async run({ client, serve }): Promise<void> {
      const called = new Signals();
      const at = await serve(async ({ target }) => {
        called.give();
        if (target === "/hang") await new Promise<void>(() => {});
        return { status: 200, headers: [], body: endless(() => {}) };
      });
      const reason = new Error("enough");
      await assertIs(reason, client.ask(at, { target: "/" }, { signal: AbortSignal.abort(reason) }));
      const waiting = new AbortController();
      const asked = client.ask(at, { target: "/hang" }, { signal: waiting.signal });
      await called.next();
      waiting.abort(reason);
      await assertIs(reason, asked);
      const reading = new AbortController();
      const { body } = await client.ask(at, { target: "/" }, { signal: reading.signal });
      await assertIs(reason, readAll(body, () => reading.abort(reason)));
    },
  },
  {
    name: "says that nobody serves there",
    async run({ client, serve, kill }): Promise<void> {
      const at = await serve(() => Promise.resolve(textResponse(200, "")));
      await kill(at);
      assertEquals(await codeOf(client.ask(at, { target: "/" })), "refused");
      const question = { method: "PUT", target: "/", body: patterned([10]) };
      assertEquals(await codeOf(client.ask(at, question)), "refused");
    },
  },
  {
    name: "says that the server broke off, before the answer and in the middle of it",
    async run({ client, serve, kill }): Promise<void> {
      const called = new Signals();
      const at = await serve(async ({ target }) => {
        called.give();
        if (target === "/hang") await new Promise<void>(() => {});
        return { status: 200, headers: [], body: brokenOff(100_000) };
      });
      for (const method of ["GET", "PUT"]) {
        assertEquals(await codeOf(client.ask(at, { method, target: "/" }).then(({ body }) => readAll(body))), "reset");
      }
      const asked = codeOf(client.ask(at, { target: "/hang" }));
      await called.next();
      await called.next();
      await called.next();
      await kill(at);
      assertEquals(await asked, "reset");
    },
  },
  {
    name: "says so if fewer bytes come than the answer promised",
    async run({ client, serve }): Promise<void> {
      const at = await serve(() => {
        return Promise.resolve({ status: 200, headers: [["content-length", "100"]], body: patterned([50]) });
      });
      assertEquals(await codeOf(client.ask(at, { target: "/" }).then(({ body }) => readAll(body))), "reset");
    },
  },
  {
    name: "lets what a body's source throws come through, and breaks off for the server",
    async run({ client, serve }): Promise<void> {
      const seen = new Signals<unknown>();
      const begun = new Signals();
      const at = await serve(async ({ body }) => {
        await readAll(body, () => begun.give()).then(() => seen.give("whole"), (error: unknown) => seen.give(error));
        return textResponse(200, "");
      });
      const failure = new Error("the disk is gone");
      async function* failing(): AsyncGenerator<Uint8Array, void, void> {
        yield bytesOf("hello");
        await begun.next();
        throw failure;
      }
      await assertIs(failure, client.ask(at, { method: "PUT", target: "/", body: failing() }));
      const error = await seen.next();
      assertInstanceOf(error, NetError);
      assertEquals(error.code, "reset");
    },
  },
  {
    name: "hands on an answer that comes before all of the body is sent, and lets go of the rest",
    async run({ client, serve }): Promise<void> {
      const at = await serve(async ({ body }) => {
        for await (const piece of body) if (piece.length > 0) break;
        return textResponse(413, "too much");
      });
      const left = new Signals();
      const answer = await client.ask(at, { method: "PUT", target: "/", body: endless(() => left.give()) });
      assertEquals([answer.status, await textOf(answer.body)], [413, "too much"]);
      await left.next();
    },
  },
  {
    name: "takes no answer in a coding that was not asked for, but for one without a body",
    async run({ client, serve }): Promise<void> {
      const at = await serve(({ target }) => {
        const headers = [["content-encoding", target.slice(1)]] as const;
        return Promise.resolve({ status: 200, headers, body: bytesOf("not really") });
      });
      for (const coding of ["gzip", "x-gzip", "deflate", "br", "zstd", "aws-chunked, GZIP"]) {
        const target = `/${coding.replace(", ", ",")}`;
        assertEquals(await codeOf(client.ask(at, { target })), "unsupported", coding);
      }
      for (const target of ["/identity", "/aws-chunked"]) {
        assertEquals(await textOf((await client.ask(at, { target })).body), "not really");
      }
      const head = await client.ask(at, { method: "HEAD", target: "/gzip" });
      assertEquals(fieldOf(head, "content-encoding"), "gzip");
    },
  },
  {
    name: "asks fifty things at once",
    async run({ client, serve }): Promise<void> {
      const at = await serve(async ({ target, body }) => textResponse(200, `${target} ${await textOf(body)}`));
      const answers = Array.from({ length: 50 }, async (_, at_) => {
        const question = { method: "POST", target: `/${at_}`, body: bytesOf(`${at_}`) };
        return await textOf((await client.ask(at, question)).body);
      });
      assertEquals(await Promise.all(answers), Array.from({ length: 50 }, (_, n) => `/${n} ${n}`));
    },
  },
  {
    name: "outlives servers and clients that go away in the middle, 20 rounds",
    async run(bench): Promise<void> {
      const quiet = await bench.serve(() => Promise.resolve(textResponse(200, "well")));
      for (let round = 0; round < 20; round++) {
        await goAway(bench, round);
        assertEquals(await textOf((await bench.client.ask(quiet, { target: "/" })).body), "well");
      }
    },
  },
];

/** Has clients and a server leave each other at every stage. */
async function goAway({ client, serve, kill }: HttpClientBench, round: number): Promise<void> {
  const begun = new Signals();
  const at = await serve(async ({ target, body }) => {
    begun.give();
    if (target === "/echo") return { status: 200, headers: [], body };
    if (target === "/hang") await new Promise<void>(() => {});
    if (target === "/broken") return { status: 200, headers: [], body: brokenOff(round * 10_000) };
    return { status: 200, headers: [], body: endless(() => {}) };
  });
  const reason = new Error("gone");
  const leaving = new AbortController();
  const read = async (question: HttpQuestion, signal?: AbortSignal): Promise<void> => {
    await readAll((await client.ask(at, question, { signal })).body);
  };
  const outcomes = [
    read({ target: "/endless" }),
    read({ target: "/hang" }),
    read({ target: "/broken" }),
    read({ method: "PUT", target: "/echo", body: endless(() => {}) }),
    read({ method: "PUT", target: "/hang", body: endless(() => {}) }),
    read({ target: "/endless" }, leaving.signal),
    read({ target: "/hang" }, leaving.signal),
    read({ method: "PUT", target: "/echo", body: endless(() => {}) }, leaving.signal),
  ].map((outcome) => outcome.then(() => "done", (error: unknown) => error));
  for (let count = 0; count < outcomes.length; count++) await begun.next();
  leaving.abort(reason);
  await Promise.all(outcomes.slice(5));
  await kill(at);
  const ends = await Promise.all(outcomes);
  for (const [n, end] of ends.entries()) {
    const isRight = n >= 5 ? end === reason : end instanceof NetError && end.code === "reset";
    assert(isRight, `round ${round}, question ${n}: ${end instanceof Error ? `${end.stack} <- ${end.cause}` : end}`);
  }
}

/** Happenings that are waited for, each once. */
class Signals<T = void> {
  readonly #given: T[] = [];
  readonly #waiting: ((value: T) => void)[] = [];

  give(value: T): void {
    const next = this.#waiting.shift();
    if (next === undefined) this.#given.push(value);
    else next(value);
  }

  async next(): Promise<T> {
    if (this.#given.length > 0) return this.#given.shift() as T;
    return await new Promise((resolve) => this.#waiting.push(resolve));
  }
}

function patternAt(at: number): number {
  return (at * 7 + (at >> 8)) & 0xff;
}

/** A body in pieces of these sizes, from one buffer. */
async function* patterned(sizes: readonly number[]): AsyncGenerator<Uint8Array, void, void> {
  const buffer = new Uint8Array(Math.max(0, ...sizes));
  let at = 0;
  for (const size of sizes) {
    await Promise.resolve();
    for (let n = 0; n < size; n++) buffer[n] = patternAt(at++);
    yield buffer.subarray(0, size);
  }
}

/** A body without an end, whose reader must leave. */
async function* endless(left: () => void): AsyncGenerator<Uint8Array, void, void> {
  try {
    for (;;) {
      // A turn of the event loop: whoever takes it all at once would let nobody else in.
      await new Promise<void>((resolve) => setImmediate(resolve));
      yield new Uint8Array(65_536);
    }
  } finally {
    left();
  }
}

/** A body whose source fails after so many bytes. */
async function* brokenOff(afterBytes: number): AsyncGenerator<Uint8Array, void, void> {
  yield await Promise.resolve(new Uint8Array(1));
  for (let at = 0; at < afterBytes; at += 10_000) yield new Uint8Array(10_000);
  throw new NetError("reset", "read from further up");
}

async function readAll(body: AsyncIterable<Uint8Array>, seen: () => void = () => {}): Promise<void> {
  for await (const piece of body) if (piece.length > 0) seen();
}

async function textOf(body: AsyncIterable<Uint8Array>): Promise<string> {
  const decoder = new TextDecoder();
  let text = "";
  for await (const piece of body) text += decoder.decode(piece, { stream: true });
  return text + decoder.decode();
}

function bytesOf(text: string): Uint8Array {
  return new TextEncoder().encode(text);
}

function fieldOf(
  { headers }: Pick<HttpRequest | HttpAnswer | HttpResponse, "headers">,
  wanted: string,
): string | undefined {
  return headers.find(([name]) => name.toLowerCase() === wanted)?.[1];
}

async function codeOf(promise: Promise<unknown>): Promise<string> {
  const error = await promise.then(() => "none", (error: unknown) => error);
  return error instanceof NetError ? error.code : `${error instanceof Error ? error.stack : error}`;
}

async function assertIs(wanted: unknown, promise: Promise<unknown>): Promise<void> {
  const found = await promise.then(() => "none", (error: unknown) => error);
  assert(found === wanted, `${found instanceof Error ? found.stack : found}`);
}
