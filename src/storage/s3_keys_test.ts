import { assert, assertEquals, assertMatch } from "@std/assert";
import fc from "fast-check";
import { ODD_NAMES } from "../../tests/objects_contract.ts";
import { dataKey, headKey, headOfData, nameInKey } from "./s3_keys.ts";

Deno.test("headKey() writes a name in characters that every store takes alike", () => {
  assertEquals(headKey("a/b c.txt"), "names/a_2Fb_20c.txt");
  assertEquals(headKey("_"), "names/_5F");
  assertEquals(headKey("..."), "names/_2E_2E_2E");
  assertEquals(headKey("\u00e4"), "names/_C3_A4");
  for (const name of ODD_NAMES) assertMatch(headKey(name), /^(names|long)\/[A-Za-z0-9._-]{1,200}$/);
});

Deno.test("headKey() gives every name a key of its own, from which a moderate one is read", () => {
  const keys = new Set<string>();
  for (const name of ODD_NAMES) {
    const key = headKey(name);
    assert(!keys.has(key));
    keys.add(key);
    assertEquals(nameInKey(key), key.startsWith("names/") ? name : undefined);
  }
  fc.assert(fc.property(fc.string({ unit: "binary", minLength: 1 }), (name) => {
    const key = headKey(name);
    assertEquals(nameInKey(key), key.startsWith("names/") ? name : undefined);
  }));
});

Deno.test("nameInKey() takes nothing that headKey() would not have written", () => {
  for (const key of ["names/", "names/a/b", "names/_2f", "names/_41", "names/_FF", "names/..", "long/abc", "x"]) {
    assertEquals(nameInKey(key), undefined, key);
  }
});

Deno.test("headOfData() names the head that bytes belong to", () => {
  for (const name of ODD_NAMES) assertEquals(headOfData(dataKey(headKey(name), "0123")), headKey(name));
  for (const key of ["data/names/a", "data/other/a/b", "names/a/b"]) assertEquals(headOfData(key), undefined);
});
