/**
 * The HTTP contract: limits, and closing.
 *
 * @module
 */

import { assert, assertEquals, assertMatch, assertRejects } from "@std/assert";
import { NetError } from "../src/net/net_error.ts";
import { nodeHttpServers } from "../src/net/node_http.ts";
import { textResponse } from "../src/protocol/http.ts";
import { always, echo, type HttpCase, requestText } from "./http_bench.ts";
import { until } from "./until.ts";

const OK = always(textResponse(200, "ok"));

/** A promise, and the way to settle it. */
function gate(): { opened: Promise<void>; open: () => void } {
  let open: () => void = () => {};
  const opened = new Promise<void>((resolve) => open = resolve);
  return { opened, open };
}

/** What limits and closing promise. */
export const LIMIT_CASES: readonly HttpCase[] = [
  {
    name: "closes a connection whose head does not come to its end, and one that says nothing",
    async run(bench): Promise<void> {
      const { address } = await bench.serve(OK, { headTimeoutMs: 100 });
      const [slow] = await Promise.all([
        bench.exchange(address, "GET / HTTP/1.1\r\nHost: a\r\n"),
        bench.exchange(address, ""),
      ]);
      assertMatch(slow, /^HTTP\/1.1 408 /);
    },
  },
  {
    name: "closes a connection whose body does not come to its end",
    async run(bench): Promise<void> {
      const { address } = await bench.serve(echo, { headTimeoutMs: 50, stallTimeoutMs: 100 });
      const text = await bench.exchange(
        address,
        requestText("/", { method: "POST", headers: "Content-Length: 5\r\n" }),
      );
      assertMatch(text, /^HTTP\/1.1 408 /);
    },
  },
  {
    name: "cuts off a client that sends a body byte by byte",
    async run(bench): Promise<void> {
      const { address } = await bench.serve(echo, { headTimeoutMs: 50, stallTimeoutMs: 200 });
      const client = await bench.dial(address);
      await client.send(requestText("/", { method: "PUT", headers: "Content-Length: 100000\r\n" }));
      let isOver = false;
      const rest = client.rest().finally(() => isOver = true);
      await until(async () => {
        if (!isOver) await client.send("x").catch(() => {});
        return isOver;
      });
      assertMatch(await rest, /^HTTP\/1.1 408 /);
    },
  },
  {
    name: "closes an idle connection",
    async run(bench): Promise<void> {
      const { address } = await bench.serve(OK, { idleTimeoutMs: 50 });
      assertMatch(await bench.exchange(address, requestText()), /^HTTP\/1.1 200 /);
    },
  },
  {
    name: "closes a connection that holds back the rest of a body which the handler did not want",
    async run(bench): Promise<void> {
      const { address } = await bench.serve(OK, { idleTimeoutMs: 50 });
      const text = await bench.exchange(address, requestText("/", { method: "PUT", headers: "Content-Length: 5\r\n" }));
      assertMatch(text, /^HTTP\/1.1 200 /);
    },
  },
  {
    name: "cuts off a client that has stopped reading, and reports it",
    async run(bench): Promise<void> {
      const cut = gate();
      const body = new Uint8Array(64 * 1_048_576);
      const onError = (error: unknown): void => {
        bench.errors.push(error instanceof NetError ? error.code : String(error));
        cut.open();
      };
      const { address } = await bench.serve(always({ status: 200, headers: [], body }), {
        stallTimeoutMs: 100,
        onError,
      });
      const client = await bench.dial(address);
      await client.send(requestText());
      await cut.opened;
      assert((await client.rest()).length < body.length);
      assertEquals(bench.errors, ["timeout"]);
    },
  },
  {
    name: "takes no more connections than it may",
    async run(bench): Promise<void> {
      const { address } = await bench.serve(OK, { maxConnections: 2 });
      const clients = [await bench.dial(address), await bench.dial(address)];
      for (const client of clients) await client.send(requestText());
      for (const client of clients) assertEquals((await client.answer()).status, 200);
      assertEquals(await (await bench.dial(address)).rest(), "");
      clients[0]!.close();
      // The server may notice the end of one only after the beginning of the next.
      for (let status = 0; status !== 200;) {
        const client = await bench.dial(address);
        const text = await client.send(requestText()).then(() => client.until("\r\n\r\n")).catch(() => "");
        status = text.startsWith("HTTP/1.1 200 ") ? 200 : 0;
      }
    },
  },
  {
    name: "cuts off a client that asks on and on without waiting",
    async run(bench): Promise<void> {
      const answers = gate();
      const { address } = await bench.serve(async () => {
        await answers.opened;
        return textResponse(200, "");
      });
      assertEquals(await bench.exchange(address, requestText().repeat(150)), "");
      answers.open();
    },
  },
  {
    name: "rejects an address that belongs to another",
    async run(bench): Promise<void> {
      const { address } = await bench.serve(OK);
      const error = await assertRejects(() => nodeHttpServers().serve(address, OK), NetError);
      assertEquals(error.code, "in-use");
      const foreign = await assertRejects(() => nodeHttpServers().serve({ host: "192.0.2.1", port: 0 }, OK), NetError);
      assertEquals(foreign.code, "unavailable");
    },
  },
  {
    name: "close() ends idle and half-begun connections at once, and waits for answers under way",
    async run(bench): Promise<void> {
      const begun = gate();
      const finish = gate();
      const server = await bench.serve(async ({ target }) => {
        if (target === "/slow") {
          begun.open();
          await finish.opened;
        }
        return textResponse(200, "ok");
      });
      const idle = await bench.dial(server.address);
      await idle.send(requestText());
      await idle.answer();
      const half = await bench.dial(server.address);
      await half.send("GET / HTTP/1.1\r\nHost: a\r\n");
      const slow = await bench.dial(server.address);
      await slow.send(requestText("/slow"));
      await begun.opened;
      const closing = server.close();
      assertEquals(server.close(), closing);
      assertEquals(await idle.rest(), "");
      assertEquals(await half.rest(), "");
      await assertRejects(() => bench.dial(server.address), NetError);
      finish.open();
      const answer = await slow.rest();
      assertMatch(answer, /\r\nconnection: close\r\n/i);
      assertMatch(answer, /\r\n\r\nok$/);
      await closing;
    },
  },
  {
    name: "close() cuts off what is not done in time",
    async run(bench): Promise<void> {
      const begun = gate();
      const never = gate();
      const server = await bench.serve(async () => {
        begun.open();
        await never.opened;
        return textResponse(200, "");
      }, { drainMs: 50 });
      const client = await bench.dial(server.address);
      await client.send(requestText());
      await begun.opened;
      await server.close();
      assertEquals(await client.rest(), "");
      never.open();
    },
  },
];
