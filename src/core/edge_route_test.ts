import { assertEquals } from "@std/assert";
import { nextRoute } from "./edge_route.ts";

Deno.test("nextRoute() follows the origin, and turns to the store when a node has failed", () => {
  const node = { address: "n:1", isStore: false };
  const store = { address: "s:1", isStore: true };
  const cases: (readonly [what: string, named: string, store: string | undefined, failed: string[], object])[] = [
    ["nothing failed", "n:1", "s:1", [], node],
    ["another node failed, and the origin knows", "n:1", "s:1", ["n:2"], node],
    ["the node failed, and the origin does not know yet", "n:1", "s:1", ["n:1"], store],
    ["the same without knowing the store", "n:1", undefined, ["n:1"], node],
    ["all failed", "n:1", "s:1", ["n:1", "s:1"], node],
    ["the store is named", "s:1", "s:1", [], store],
    ["the store is named and failed", "s:1", "s:1", ["s:1"], store],
    ["the store is named, failed, and the only one that is known", "s:1", undefined, ["s:1"], store],
  ];
  for (const [what, named, known, failed, wanted] of cases) {
    const choice = { named, store: known, failed: new Set(failed) };
    assertEquals(nextRoute(choice, named === "s:1"), wanted, what);
  }
});
