/**
 * The HTTP contract: answers.
 *
 * @module
 */

import { assert, assertEquals, assertMatch, assertStringIncludes } from "@std/assert";
import { type HttpResponse, textResponse } from "../src/protocol/http.ts";
import { always, type HttpCase, requestText } from "./http_bench.ts";
import { until } from "./until.ts";

const CHUNKED = /\r\ntransfer-encoding: chunked\r\n/i;
const LENGTH = /\r\ncontent-length: /i;

/** A streamed answer, and whether its body was let go of. */
function streamed(pieces: Iterable<string>, headers: HttpResponse["headers"] = []): {
  response: HttpResponse;
  wasReturned: () => boolean;
} {
  let returned = false;
  async function* body(): AsyncGenerator<Uint8Array, void, void> {
    for (const piece of pieces) yield await Promise.resolve(new TextEncoder().encode(piece));
  }
  const iterator = body();
  const iterable = {
    [Symbol.asyncIterator]: () => ({
      next: () => iterator.next(),
      return(): Promise<IteratorResult<Uint8Array>> {
        returned = true;
        return iterator.return();
      },
    }),
  };
  return { response: { status: 200, headers, body: iterable }, wasReturned: () => returned };
}

function* endless(): Generator<string, void, void> {
  for (;;) yield "x".repeat(65_536);
}

/** Answers that cannot be sent, and what the server reports. */
const UNSENDABLE: readonly (readonly [what: string, response: HttpResponse])[] = [
  ["a status of 42", { status: 42, headers: [], body: new Uint8Array() }],
  ["a status of 101", { status: 101, headers: [], body: new Uint8Array() }],
  ["a line break in a header", { status: 200, headers: [["x-a", "1\r\nset-cookie: b"]], body: new Uint8Array() }],
  ["a header without a name", { status: 200, headers: [["", "1"]], body: new Uint8Array() }],
  ["a wrong length", { status: 200, headers: [["Content-Length", "7"]], body: new Uint8Array(6) }],
];

/** What answers are promised. */
export const ANSWER_CASES: readonly HttpCase[] = [
  {
    name: "sends headers in the order given, and adds the length of a whole body",
    async run(bench): Promise<void> {
      const headers = [["X-B", "1"], ["X-B", "3"], ["x-a", "2"], ["set-cookie", "a"], ["set-cookie", "b"]] as const;
      const { address } = await bench.serve(always({ status: 203, headers, body: new TextEncoder().encode("hi") }));
      const client = await bench.dial(address);
      await client.send(requestText());
      const { status, head, body } = await client.answer();
      assertEquals({ status, body }, { status: 203, body: "hi" });
      const lines = ["X-B: 1", "X-B: 3", "x-a: 2", "set-cookie: a", "set-cookie: b", "content-length: 2"];
      assertStringIncludes(head, lines.map((line) => `\r\n${line}`).join(""));
    },
  },
  {
    name: "sends 5 MB whole",
    async run(bench): Promise<void> {
      const bytes = Uint8Array.from({ length: 5_000_000 }, (_, at) => 97 + at % 23);
      const { address } = await bench.serve(always({ status: 200, headers: [], body: bytes }));
      const text = await bench.exchange(address, requestText("/", { headers: "Connection: close\r\n" }));
      const body = text.slice(text.indexOf("\r\n\r\n") + 4);
      assertEquals(body.length, bytes.length);
      for (let at = 0; at < bytes.length; at++) if (body.charCodeAt(at) !== bytes[at]) assert(false, `byte ${at}`);
    },
  },
  {
    name: "sends a body in pieces, in chunks or with its length, from a buffer that is used again",
    async run(bench): Promise<void> {
      const { address } = await bench.serve(({ target }) => {
        const buffer = new Uint8Array(100_000);
        async function* body(): AsyncGenerator<Uint8Array, void, void> {
          for (let round = 0; round < 20; round++) yield await Promise.resolve(buffer.fill(97 + round));
          yield new Uint8Array();
        }
        const headers = target === "/length" ? [["content-length", "2000000"] as const] : [];
        return Promise.resolve({ status: 200, headers, body: body() });
      });
      const expected = Array.from({ length: 20 }, (_, round) => String.fromCharCode(97 + round).repeat(100_000)).join(
        "",
      );
      const client = await bench.dial(address);
      await client.send(requestText("/length"));
      const whole = await client.answer();
      assert(!CHUNKED.test(whole.head));
      assert(whole.body === expected);
      await client.send(requestText("/chunks"));
      assertMatch(await client.until("\r\n\r\n"), CHUNKED);
      const chunks = await client.until("\r\n0\r\n\r\n");
      assert(chunks.replaceAll(/(?:\r\n|^)[0-9a-f]+\r\n/g, "").replace(/\r\n$/, "") === expected);
    },
  },
  {
    name: "sends no body in answer to HEAD, with 204 and with 304, and lets go of it",
    async run(bench): Promise<void> {
      const { response, wasReturned } = streamed(["abc"], [["content-length", "3"]]);
      const { address } = await bench.serve(({ target }) => {
        if (target === "/stream") return Promise.resolve(response);
        const status = target === "/whole" ? 200 : Number(target.slice(1));
        return Promise.resolve(textResponse(status, target === "/204" ? "" : "hello"));
      });
      const client = await bench.dial(address);
      await client.send(requestText("/whole", { method: "HEAD" }));
      assertMatch((await client.answer({ bodiless: true })).head, /\r\ncontent-length: 5\r\n/);
      await client.send(requestText("/stream", { method: "HEAD" }));
      assertMatch((await client.answer({ bodiless: true })).head, /\r\ncontent-length: 3\r\n/);
      assert(wasReturned());
      for (const target of ["/204", "/304"]) {
        await client.send(requestText(target));
        const { head } = await client.answer({ bodiless: true });
        assert(!LENGTH.test(head) && !CHUNKED.test(head), head);
      }
      assertEquals(bench.errors, []);
    },
  },
  {
    name: "answers 500 without particulars when a handler throws, reports it, and goes on",
    async run(bench): Promise<void> {
      const { address } = await bench.serve(({ target }) => {
        if (target === "/at-once") throw new Error("secret one");
        return target === "/later" ? Promise.reject(new Error("secret two")) : Promise.resolve(textResponse(200, "ok"));
      });
      const client = await bench.dial(address);
      for (const target of ["/at-once", "/later"]) {
        await client.send(requestText(target));
        const { status, body } = await client.answer();
        assertEquals({ status, body }, { status: 500, body: "Internal Server Error\n" });
      }
      await client.send(requestText("/fine"));
      assertEquals((await client.answer()).status, 200);
      assertEquals(bench.errors, ["GET /at-once: secret one", "GET /later: secret two"]);
    },
  },
  ...UNSENDABLE.map(([what, response]): HttpCase => ({
    name: `answers 500 in place of ${what}, and reports it`,
    async run(bench): Promise<void> {
      const { address } = await bench.serve(always(response));
      const text = await bench.exchange(address, requestText());
      assertMatch(text, /^HTTP\/1.1 500 Internal Server Error\r\n/);
      assertMatch(text, /\r\n\r\nInternal Server Error\n$/);
      assertEquals(bench.errors.length, 1);
    },
  })),
  {
    name: "cuts the connection when a body fails, or is shorter or longer than was said, and reports it",
    async run(bench): Promise<void> {
      async function* failing(): AsyncGenerator<Uint8Array, void, void> {
        yield await Promise.resolve(new Uint8Array(5).fill(97));
        throw new Error("disk on fire");
      }
      const bodies: Record<string, HttpResponse> = {
        "/fails": { status: 200, headers: [], body: failing() },
        "/short": streamed(["abc"], [["content-length", "5"]]).response,
        "/long": streamed(["abc", "def"], [["content-length", "5"]]).response,
      };
      const { address } = await bench.serve(({ target }) => Promise.resolve(bodies[target]!));
      const failed = await bench.exchange(address, requestText("/fails"));
      assert(!failed.endsWith("0\r\n\r\n"), failed);
      const short = await bench.exchange(address, requestText("/short"));
      assert(short.endsWith("\r\n\r\nabc"), short);
      const long = await bench.exchange(address, requestText("/long"));
      assert(long.endsWith("\r\n\r\nabc"), long);
      assertEquals(bench.errors.map((line) => line.split(":")[0]), ["GET /fails", "GET /short", "GET /long"]);
    },
  },
  {
    name: "lets go of the body when the client leaves, twenty times, without a word",
    async run(bench): Promise<void> {
      const answers: ReturnType<typeof streamed>[] = [];
      const { address } = await bench.serve(() => {
        answers.push(streamed(endless()));
        return Promise.resolve(answers.at(-1)!.response);
      });
      for (let round = 0; round < 20; round++) {
        const client = await bench.dial(address);
        await client.send(requestText() + requestText());
        await client.until("xxx");
        client.close();
      }
      await until(() => answers.length >= 20 && answers.every(({ wasReturned }) => wasReturned()));
      assertEquals(bench.errors, []);
    },
  },
  {
    name: "drops the answer of a handler whose client left meanwhile, and lets go of its body",
    async run(bench): Promise<void> {
      const { response, wasReturned } = streamed(endless());
      let finish: () => void = () => {};
      const left = new Promise<void>((resolve) => finish = resolve);
      let began: () => void = () => {};
      const begun = new Promise<void>((resolve) => began = resolve);
      const server = await bench.serve(async () => {
        began();
        await left;
        return response;
      });
      const client = await bench.dial(server.address);
      await client.send(requestText());
      await begun;
      client.close();
      finish();
      await until(wasReturned);
      assertEquals(bench.errors, []);
    },
  },
];
