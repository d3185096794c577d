import { HALF_CLOSE_UNREAD } from "../../tests/net_break_cases.ts";
import { canRunNetCase, NET_CASES, runNetCase } from "../../tests/net_contract.ts";
import { SOCKET_CASES } from "../../tests/net_socket_cases.ts";
import { nodeNet } from "./node.ts";

for (const netCase of [...NET_CASES, ...SOCKET_CASES]) {
  // Deno's node:net looks for an end before it writes, and takes a closed direction for a closed stream. Node and Bun
  // do not; tests/net_contract_test.ts runs all of the cases there.
  if (netCase.name === HALF_CLOSE_UNREAD) continue;
  const ignore = !await canRunNetCase(nodeNet(), netCase);
  Deno.test({ name: `nodeNet() ${netCase.name}`, ignore, fn: () => runNetCase(nodeNet(), netCase) });
}
