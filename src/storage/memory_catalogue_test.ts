import { CATALOGUE_CASES } from "../../tests/meta_catalogue_contract.ts";
import { MemoryCatalogue } from "./memory_catalogue.ts";

for (const { name, run } of CATALOGUE_CASES) {
  Deno.test(`MemoryCatalogue: ${name}`, async () => {
    const catalogue = new MemoryCatalogue();
    await run(catalogue);
    await catalogue.close();
  });
}
