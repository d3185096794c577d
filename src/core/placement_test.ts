import { assertEquals } from "@std/assert";
import { LeastLoad } from "./placement.ts";

function servers(count: number): { id: string }[] {
  return Array.from({ length: count }, (_, at) => ({ id: `CS${at + 1}` }));
}

function choose(loads: LeastLoad, candidates: readonly { id: string }[], times: number): string[] {
  return Array.from({ length: times }, () => loads.choose(candidates)!.id);
}

Deno.test("LeastLoad.choose() has no answer without candidates", () => {
  assertEquals(new LeastLoad().choose([]), undefined);
});

Deno.test("LeastLoad.choose() takes the least loaded", () => {
  const loads = new LeastLoad();
  loads.report("CS1", 5);
  loads.report("CS2", 2);
  loads.report("CS3", 9);
  assertEquals(choose(loads, servers(3), 1), ["CS2"]);
});

Deno.test("LeastLoad.choose() counts those it sent, until loads are equal, and then takes turns", () => {
  const loads = new LeastLoad();
  loads.report("CS1", 3);
  assertEquals(choose(loads, servers(2), 7), ["CS2", "CS2", "CS2", "CS1", "CS2", "CS1", "CS2"]);
  assertEquals([loads.loadOf("CS1"), loads.loadOf("CS2")], [5, 5]);
});

Deno.test("LeastLoad.choose() shares equal servers out evenly, whatever the order of the candidates", () => {
  for (const count of [2, 3, 7]) {
    const loads = new LeastLoad();
    const candidates = servers(count);
    const chosen = new Map<string, number>();
    for (let round = 0; round < count * 50; round++) {
      const rotated = [...candidates.slice(round % count), ...candidates.slice(0, round % count)];
      const { id } = loads.choose(rotated)!;
      chosen.set(id, (chosen.get(id) ?? 0) + 1);
    }
    assertEquals([...chosen.values()], Array.from({ length: count }, () => 50));
  }
});

Deno.test("LeastLoad.choose() takes turns with equal servers even when each report clears the counts", () => {
  const loads = new LeastLoad();
  const candidates = servers(3);
  const chosen: string[] = [];
  for (let round = 0; round < 9; round++) {
    for (const { id } of candidates) loads.report(id, round % 2);
    chosen.push(...choose(loads, candidates, 1));
  }
  const expected = ["CS1", "CS2", "CS3"];
  assertEquals(chosen, [...expected, ...expected, ...expected]);
});

Deno.test("LeastLoad.choose() counts the only candidate too", () => {
  const loads = new LeastLoad();
  assertEquals(choose(loads, servers(1), 2), ["CS1", "CS1"]);
  assertEquals(loads.loadOf("CS1"), 2);
});

Deno.test("LeastLoad.report() replaces the count by a load that differs from the last", () => {
  const loads = new LeastLoad();
  choose(loads, servers(1), 8);
  loads.report("CS1", 6);
  assertEquals(loads.loadOf("CS1"), 6);
  choose(loads, servers(1), 3);
  loads.report("CS1", 5);
  assertEquals(loads.loadOf("CS1"), 5);
});

Deno.test("LeastLoad.report() halves the count when the load is the last one again, down to nothing", () => {
  const loads = new LeastLoad();
  loads.report("CS1", 2);
  choose(loads, servers(1), 9);
  const seen = Array.from({ length: 5 }, () => {
    loads.report("CS1", 2);
    return loads.loadOf("CS1");
  });
  assertEquals(seen, [6, 4, 3, 2, 2]);
});

Deno.test("LeastLoad.order() lists the best first, keeps equal ones in their order, and counts nothing", () => {
  const loads = new LeastLoad();
  loads.report("CS1", 2);
  const candidates = servers(4);
  const expected = ["CS2", "CS3", "CS4", "CS1"];
  assertEquals(loads.order(candidates).map(({ id }) => id), expected);
  assertEquals(loads.order(candidates).map(({ id }) => id), expected);
  assertEquals(candidates.map(({ id }) => id), ["CS1", "CS2", "CS3", "CS4"]);
  loads.choose(candidates);
  assertEquals(loads.order(candidates).map(({ id }) => id), ["CS3", "CS4", "CS2", "CS1"]);
});

Deno.test("LeastLoad.forget() drops what was known of a server", () => {
  const loads = new LeastLoad();
  loads.report("CS1", 7);
  loads.forget("CS1");
  loads.forget("CS9");
  assertEquals(loads.loadOf("CS1"), 0);
});

Deno.test("LeastLoad.fadeAllBut() lets the counts fade of whoever nothing is heard of", () => {
  const loads = new LeastLoad();
  for (let i = 0; i < 8; i++) loads.choose([{ id: "a" }]);
  for (let i = 0; i < 8; i++) loads.choose([{ id: "b" }]);
  loads.fadeAllBut(new Set(["a"]));
  assertEquals([loads.loadOf("a"), loads.loadOf("b")], [8, 4]);
  for (let i = 0; i < 3; i++) loads.fadeAllBut(new Set());
  assertEquals([loads.loadOf("a"), loads.loadOf("b")], [1, 0]);
});
