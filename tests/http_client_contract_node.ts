/**
 * Runs the HTTP client's contract on the runtime that it is started with, for Node and Bun: a line a case, and exit code 1
 * if a promise is not kept. Bundle it first; `http_client_contract_test.ts` does.
 *
 * @module
 */

import process from "node:process";
import { runHttpClientCase, socketBench } from "./http_client_bench.ts";
import { HTTP_CLIENT_CASES } from "./http_client_contract.ts";

function say(line: string): void {
  process.stdout.write(`${line}\n`);
}

for (const clientCase of HTTP_CLIENT_CASES) {
  try {
    await runHttpClientCase(clientCase, socketBench());
    say(`passed ${clientCase.name}`);
  } catch (error) {
    process.exitCode = 1;
    say(`FAILED ${clientCase.name}`);
    say(`${(error instanceof Error ? error.stack : undefined) ?? error}`.replaceAll(/^/gm, "  "));
  }
}
