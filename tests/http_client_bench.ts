/**
 * What the cases of the HTTP client's contract stand on: real sockets, on any runtime, or memory.
 *
 * @module
 */

import { type Address, formatAddress } from "../src/base/address.ts";
import { systemClock } from "../src/base/clock.ts";
import { withDeadline } from "../src/base/deadline.ts";
import { fetchHttpClient } from "../src/net/fetch_http_client.ts";
import type { HttpHandler, HttpServer } from "../src/net/http.ts";
import type { HttpClient } from "../src/net/http_client.ts";
import { MemoryHttpServers } from "../src/net/memory_http.ts";
import { nodeHttpServers } from "../src/net/node_http.ts";
import type { HttpClientBench, HttpClientCase } from "./http_client_contract.ts";

/** A bench that can be closed. */
export interface ClosableBench extends HttpClientBench {
  /** Closes all of its servers. */
  close(): Promise<void>;
}

/** A bench on loopback. */
export function socketBench(): ClosableBench {
  const servers = new Map<string, HttpServer>();
  const errors: string[] = [];
  return {
    client: fetchHttpClient(),
    errors,
    async serve(handler: HttpHandler): Promise<Address> {
      const onError = (error: unknown, what: string): void => void errors.push(`${what}: ${error}`);
      const server = await nodeHttpServers({ drainMs: 0, onError }).serve({ host: "127.0.0.1", port: 0 }, handler);
      servers.set(formatAddress(server.address), server);
      return server.address;
    },
    async kill(at): Promise<void> {
      await servers.get(formatAddress(at))?.close();
    },
    async close(): Promise<void> {
      for (const server of servers.values()) await server.close();
    },
  };
}

/** A bench in memory. */
export function memoryBench(): ClosableBench {
  const servers = new MemoryHttpServers();
  const client: HttpClient = servers.client("127.0.0.1");
  return {
    client,
    get errors(): string[] {
      return servers.failures.map(String);
    },
    async serve(handler): Promise<Address> {
      return (await servers.serve({ host: "127.0.0.1", port: 0 }, handler)).address;
    },
    // deno-lint-ignore require-await -- as with sockets
    async kill(at): Promise<void> {
      servers.faults.cut(formatAddress(at), "refused");
    },
    close: () => Promise.resolve(),
  };
}

/** Runs one case, and closes what it opened. */
export async function runHttpClientCase({ name, run }: HttpClientCase, bench: ClosableBench): Promise<void> {
  try {
    await withDeadline(systemClock(), { deadlineMs: 30_000, what: name }, () => run(bench));
  } finally {
    await bench.close();
  }
}
