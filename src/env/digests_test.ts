import { DIGEST_CASES } from "../../tests/digests_contract.ts";
import { inlineDigests } from "./digests.ts";

for (const { name, run } of DIGEST_CASES) Deno.test(`inlineDigests() ${name}`, () => run(inlineDigests()));
