import { VirtualClock } from "../base/virtual_clock.ts";
import { assertEquals } from "@std/assert";
import { StreamBench } from "../../tests/stream_bench.ts";
import type { Address } from "../base/address.ts";
import { Metrics } from "../env/metrics.ts";
import type { HttpHandler, HttpServer } from "../net/http.ts";
import { Background } from "./background.ts";
import { openManagement, openPackets, openStreams } from "./role.ts";

Deno.test("openStreams() and openPackets() warn of what others than this machine can reach", async () => {
  for (const [host, isOpen] of [["127.0.0.1", false], ["::1", false], ["10.0.0.1", true], ["0.0.0.0", true]] as const) {
    const bench = new StreamBench();
    const env = { net: bench.server, log: bench.log };
    const listener = await openStreams(env, { host, port: 0 }, "downloads");
    const socket = await openPackets(env, { host, port: 0 }, "heartbeats");
    assertEquals(bench.events(), Array(isOpen ? 2 : 0).fill("warn: open to the network"));
    const what = bench.records.map(({ fields }) => [fields["what"], fields["host"], fields["port"]]);
    const expected = [["downloads (TCP)", host, listener.address.port], [
      "heartbeats (UDP)",
      host,
      socket.address.port,
    ]];
    assertEquals(what, isOpen ? expected : []);
    listener.close();
    socket.close();
    await bench.assertQuiet();
  }
});

/** An HTTP port that is asked by calling its handler. */
class StubHttp {
  handler: HttpHandler | undefined;
  closed = 0;

  serve(at: Address, handler: HttpHandler): Promise<HttpServer> {
    this.handler = handler;
    return Promise.resolve({
      address: { ...at, port: 8_080 },
      close: () => {
        this.closed++;
        return Promise.resolve();
      },
    });
  }

  /** The status and the text of the answer to GET. */
  async get(target: string): Promise<[status: number, text: string]> {
    async function* noBody(): AsyncGenerator<Uint8Array> {}
    const { status, body } = await this.handler!({
      method: "GET",
      target,
      headers: [],
      body: noBody(),
      peer: { host: "127.0.0.1", port: 1 },
    });
    return [status, new TextDecoder().decode(body as Uint8Array)];
  }
}

Deno.test("openManagement() opens nothing where nothing is wanted", async () => {
  const { log } = new StreamBench();
  const http = new StubHttp();
  const options = { role: "index", admin: undefined, background: new Background(log), describe: () => ({}) };
  const port = await openManagement({ http, log, metrics: new Metrics(), clock: new VirtualClock() }, options);
  await port.close();
  assertEquals([port.addresses, http.handler, http.closed], [{}, undefined, 0]);
});

Deno.test("openManagement() shows the role, its counters, and a loop that has ended", async () => {
  const bench = new StreamBench();
  const { log, clock } = bench;
  const http = new StubHttp(), metrics = new Metrics(), background = new Background(log);
  metrics.counter("microcdn_lookups_total", "Lookups answered.").add(3);
  const port = await openManagement({ http, log, metrics, clock: new VirtualClock() }, {
    role: "index",
    admin: { host: "0.0.0.0", port: 0 },
    background,
    describe: () => ({ state: "RUNNING" }),
  });
  assertEquals(port.addresses, { admin: { host: "0.0.0.0", port: 8_080 } });
  assertEquals(bench.records[0]?.fields, { what: "management (HTTP)", host: "0.0.0.0", port: 8_080 });
  const state = '{"role":"index","state":"RUNNING","counters":{"microcdn_lookups_total":3}}\n';
  assertEquals(await http.get("/state"), [200, state]);
  assertEquals((await http.get("/metrics"))[1].split("\n")[2], "microcdn_lookups_total 3");
  assertEquals(await http.get("/health"), [200, '{"status":"healthy"}\n']);
  background.run("check", () => Promise.reject(new Error("a bug")));
  await clock.advance(0);
  assertEquals(await http.get("/health"), [503, '{"status":"failing","reason":"check: a bug"}\n']);
  await port.close();
  assertEquals(http.closed, 1);
});
