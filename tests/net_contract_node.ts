/**
 * Runs the transport contract on the runtime that it is started with, for Node and Bun: a line a case, and exit code 1
 * if a promise is not kept. Bundle it first; `net_contract_test.ts` does.
 *
 * @module
 */

import process from "node:process";
import { nodeNet } from "../src/net/node.ts";
import { canRunNetCase, NET_CASES, runNetCase } from "./net_contract.ts";
import { SOCKET_CASES } from "./net_socket_cases.ts";

function say(line: string): void {
  process.stdout.write(`${line}\n`);
}

const net = nodeNet();
for (const netCase of [...NET_CASES, ...SOCKET_CASES]) {
  if (!await canRunNetCase(net, netCase)) {
    say(`skipped ${netCase.name}`);
    continue;
  }
  try {
    await runNetCase(net, netCase);
    say(`passed ${netCase.name}`);
  } catch (error) {
    process.exitCode = 1;
    say(`FAILED ${netCase.name}`);
    say(`${(error instanceof Error ? error.stack : undefined) ?? error}`.replaceAll(/^/gm, "  "));
  }
}
