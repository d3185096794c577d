/**
 * The transport contract on the runtimes that the bundle is for: one test a runtime, one step a case.
 */

import { NET_CASES } from "./net_contract.ts";
import { SOCKET_CASES } from "./net_socket_cases.ts";
import { runOnRuntime, RUNTIMES } from "./real_runtime.ts";

for (const runtime of RUNTIMES) {
  Deno.test(`nodeNet() on real ${runtime} keeps the transport contract`, async (t) => {
    const count = NET_CASES.length + SOCKET_CASES.length;
    await runOnRuntime(t, runtime, { entry: "tests/net_contract_node.ts", count });
  });
}
