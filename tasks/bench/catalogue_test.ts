import { assert, assertEquals } from "@std/assert";
import { catalogueName, catalogueOf, sampleNames } from "./catalogue.ts";

Deno.test("catalogueOf() spreads files over servers, few of them over one", () => {
  for (
    const [files, servers, expected] of [
      [10, 100, { servers: 1, filesEach: 10 }],
      [999, 100, { servers: 1, filesEach: 999 }],
      [1_000, 100, { servers: 100, filesEach: 10 }],
      [1_000_000, 100, { servers: 100, filesEach: 10_000 }],
    ] as const
  ) assertEquals(catalogueOf(files, servers), expected);
});

Deno.test("sampleNames() names files of all servers, each only once while there are enough", () => {
  for (const [servers, filesEach] of [[1, 10], [100, 10], [100, 10_000], [7, 13]] as const) {
    const names = sampleNames({ servers, filesEach });
    assertEquals(names.length, Math.min(10_000, servers * filesEach));
    const asked = new Set<number>();
    for (const name of names) {
      const [server, file] = name.match(/\d+/g)!.map(Number);
      assertEquals(name, catalogueName(server!, file!));
      assert(server! < servers && file! < filesEach, name);
      asked.add(server!);
    }
    assertEquals(asked.size, servers);
  }
});
