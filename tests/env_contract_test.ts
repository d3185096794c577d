import { DIGEST_CASES } from "./digests_contract.ts";
import { FILES_CASES } from "./files_contract.ts";
import { HTTP_CASES } from "./http_contract.ts";
import { OBJECTS_CASES } from "./objects_contract.ts";
import { PROCESS_CASES } from "./processes_contract.ts";
import { runOnRuntime, RUNTIMES } from "./real_runtime.ts";

for (const runtime of RUNTIMES) {
  Deno.test(`systemEnv() on real ${runtime} keeps the contracts of files, digests, processes, HTTP servers and objects`, async (t) => {
    // One more than the lists have: the runtime's own name.
    const lists = [FILES_CASES, DIGEST_CASES, PROCESS_CASES, HTTP_CASES, OBJECTS_CASES];
    const count = lists.reduce((sum, { length }) => sum + length, 1);
    await runOnRuntime(t, runtime, { entry: "tests/env_contract_node.ts", count });
  });
}
