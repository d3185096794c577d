/**
 * The HTTP client's contract in memory, on Deno, and on the runtimes that the bundle is for.
 */

import { memoryBench, runHttpClientCase, socketBench } from "./http_client_bench.ts";
import { HTTP_CLIENT_CASES } from "./http_client_contract.ts";
import { runOnRuntime, RUNTIMES } from "./real_runtime.ts";

for (const clientCase of HTTP_CLIENT_CASES) {
  Deno.test(`fetchHttpClient() ${clientCase.name}`, () => runHttpClientCase(clientCase, socketBench()));
  Deno.test(`MemoryHttpServers.client() ${clientCase.name}`, () => runHttpClientCase(clientCase, memoryBench()));
}

for (const runtime of RUNTIMES) {
  Deno.test(`fetchHttpClient() on real ${runtime} keeps the HTTP client's contract`, async (t) => {
    await runOnRuntime(t, runtime, { entry: "tests/http_client_contract_node.ts", count: HTTP_CLIENT_CASES.length });
  });
}
