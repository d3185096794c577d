import { assert, assertEquals, assertRejects } from "@std/assert";
import type { Conn } from "../../src/net/net.ts";
import { NetError } from "../../src/net/net_error.ts";
import { nextOf } from "../../tests/net_bench.ts";
import { SERVER, StreamBench } from "../../tests/stream_bench.ts";
import { ThrottledRelay } from "./throttled_relay.ts";

const BYTES_PER_SECOND = 100_000;

/** A relay on the client's machine to the server's, and what dials through it. */
async function withRelay(
  run: (bench: StreamBench, dial: () => Promise<[server: Conn, client: Conn]>) => Promise<void>,
): Promise<void> {
  const bench = new StreamBench();
  const { clock, client: net } = bench;
  const listener = await bench.listen();
  const relay = await ThrottledRelay.start({ net, clock }, { to: SERVER, bytesPerSecond: BYTES_PER_SECOND });
  await run(bench, () => {
    const dialling = net.dial({ host: "127.0.0.1", port: relay.port });
    return clock.until(Promise.all([nextOf(listener), dialling]));
  });
  await clock.until(relay.close());
  listener.close();
  await bench.assertQuiet();
}

Deno.test("ThrottledRelay passes on what comes back only so fast, all connections together", () =>
  withRelay(async (bench, dial) => {
    const { clock } = bench;
    const pairs = [await dial(), await dial()];
    const beganMs = clock.now();
    const text = "x".repeat(100_000);
    const sending = pairs.map(async ([server]) => {
      await server.write(new TextEncoder().encode(text));
      server.close();
    });
    const received = await Promise.all(pairs.map(([, client]) => bench.receiveAll(client)));
    await Promise.all(sending);
    assertEquals(received, [text, text]);
    const tookMs = clock.now() - beganMs;
    assert(tookMs >= 1_900 && tookMs < 2_200, `${tookMs} ms`);
    for (const [, client] of pairs) client.close();
  }));

Deno.test("ThrottledRelay passes on requests and half-closes, and breaks off with either side", () =>
  withRelay(async (bench, dial) => {
    const [server, client] = await dial();
    await bench.send(client, "GET x\n");
    assertEquals(await bench.receive(server), "GET x\n");
    await client.closeWrite();
    assertEquals(await bench.receive(server), null);
    await bench.send(server, "OK 0\n");
    assertEquals(await bench.receive(client), "OK 0\n");
    server.close();
    assertEquals(await bench.receive(client), null);
    client.close();
  }));

Deno.test("ThrottledRelay closes what goes through it", () =>
  withRelay(async (bench, dial) => {
    const [server, client] = await dial();
    // It ends with the relay, while this read waits.
    const reading = assertRejects(() => server.read(new Uint8Array(1)), NetError).catch(() => {});
    client.close();
    await bench.clock.until(reading);
    server.close();
  }));
