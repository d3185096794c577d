import { assert, assertEquals } from "@std/assert";
import { whatIsMissing } from "../../../tests/missing_programs.ts";
import { withBench } from "../../../tests/tiny_workbench.ts";
import { buildOwnPrograms } from "../own_programs.ts";
import { TELLS_USAGE } from "../process_usage.ts";
import { TINY_SIZES } from "../sizes.ts";
import { measureForms } from "./runtimes.ts";

/** What needs no download. */
const FORMS = ["deno run", "node", "bun"];

Deno.test({
  name: "measureForms() measures every form that there is, and passes on why others are not",
  ignore: !TELLS_USAGE,
  fn: () =>
    withBench(async (bench) => {
      const { measures = [], leftOut } = await measureForms(bench, await buildOwnPrograms(bench, FORMS));
      const left: string[] = [];
      for (const form of ["node", "bun"]) if (await whatIsMissing([form]) !== undefined) left.push(form);
      assertEquals(leftOut, left.map((form) => `${form}: it is not installed`));
      for (const { metric, results } of measures) {
        assertEquals(results.map(({ contender }) => contender), FORMS.filter((form) => !left.includes(form)), metric);
        for (const { values } of results) {
          assertEquals(values.length, TINY_SIZES.rounds);
          assert(values.every((value) => value > 0), metric);
        }
      }
      const [program, both] = measures.map(({ results }) => results.map(({ median }) => median));
      assert(both!.every((bytes, at) => bytes > program![at]!));
    }),
});
