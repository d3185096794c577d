import { HTTP_CASES, runHttpCase } from "../../tests/http_contract.ts";

for (const httpCase of HTTP_CASES) {
  Deno.test(`nodeHttpServers() ${httpCase.name}`, () => runHttpCase(httpCase));
}
