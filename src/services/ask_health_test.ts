import { assertEquals, assertRejects } from "@std/assert";
import { assertNetError } from "../../tests/net_bench.ts";
import { CLIENT, SERVER, StreamBench } from "../../tests/stream_bench.ts";
import { DeadlineError } from "../base/deadline.ts";
import type { Conn } from "../net/net.ts";
import { MAX_HEALTH_BYTES } from "../protocol/health.ts";
import { ProtocolError } from "../protocol/protocol_error.ts";
import { askHealth } from "./ask_health.ts";
import { StreamServer } from "./stream_server.ts";

const OPTIONS = { deadlineMs: 2_000 };
const HEALTHY = 'HTTP/1.1 200 OK\r\nContent-Type: application/json\r\n\r\n{"status":"healthy"}\n';

/** Asks a server that answers so. */
async function asked(
  answer: (conn: Conn) => Promise<void>,
  check: (asking: ReturnType<typeof askHealth>, bench: StreamBench) => Promise<void>,
): Promise<void> {
  const bench = new StreamBench();
  const { clock, log } = bench;
  const handle = async (conn: Conn): Promise<void> => {
    try {
      await answer(conn);
    } finally {
      conn.close();
    }
  };
  const server = new StreamServer(await bench.listen(), { clock, log, handle });
  await check(askHealth({ net: bench.client, clock }, SERVER, OPTIONS), bench);
  await clock.advance(10);
  assertEquals(bench.network.usage(CLIENT).conns, 0, "the client's streams");
  await clock.until(server.stop(0));
}

async function question(conn: Conn): Promise<string> {
  const bytes = new Uint8Array(1_024);
  const count = await conn.read(bytes);
  return new TextDecoder().decode(bytes.subarray(0, count ?? 0));
}

Deno.test("askHealth() asks for /health, and reads an answer that comes byte by byte", async () => {
  let said = "";
  await asked(async (conn) => {
    said = await question(conn);
    for (const byte of new TextEncoder().encode(HEALTHY)) await conn.write(new Uint8Array([byte]));
  }, async (asking, { clock }) => {
    assertEquals(await clock.until(asking), { status: "healthy" });
  });
  assertEquals(said.split("\r\n")[0], "GET /health HTTP/1.0");
});

Deno.test("askHealth() throws NOT_A_ROLE when somebody else answers, however much", async () => {
  for (const text of ["", "220 smtp ready\r\n", "x".repeat(3 * MAX_HEALTH_BYTES)]) {
    await asked(async (conn) => {
      await question(conn);
      // Whoever asked may have heard enough before all is said.
      await conn.write(new TextEncoder().encode(text)).catch(() => {});
    }, async (asking, { clock }) => {
      const error = await clock.until(assertRejects(() => asking, ProtocolError));
      assertEquals(error.code, "NOT_A_ROLE");
    });
  }
});

Deno.test("askHealth() throws at its deadline when the answer does not end", async () => {
  await asked(async (conn) => {
    await question(conn);
    await conn.write(new TextEncoder().encode(HEALTHY));
    await conn.read(new Uint8Array(1));
  }, async (asking, { clock }) => {
    const startMs = clock.now();
    await clock.until(assertRejects(() => asking, DeadlineError));
    assertEquals(clock.now() - startMs, OPTIONS.deadlineMs);
  });
});

Deno.test("askHealth() throws refused when nobody listens", async () => {
  const bench = new StreamBench();
  const asking = askHealth({ net: bench.client, clock: bench.clock }, SERVER, OPTIONS);
  await bench.clock.until(assertNetError(asking, "refused"));
});
