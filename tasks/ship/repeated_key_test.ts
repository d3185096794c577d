import { assertEquals } from "@std/assert";
import { findRepeatedKey } from "./repeated_key.ts";

const TABLE: ReadonlyArray<readonly [text: string, key: string | undefined]> = [
  ["{}", undefined],
  ['"a"', undefined],
  ['{"a":1,"b":2}', undefined],
  ['{"a":1,"a":1}', "a"],
  ['{"a":{"a":1},"b":{"a":1}}', undefined],
  ['[{"a":1},{"a":1}]', undefined],
  ['{"a":[1,2,{"b":1,"c":[],"b":2}]}', "b"],
  ['{"a":{"b":1},"c":2,"a":3}', "a"],
  ['{"a":"a","b":"a:a,{}[]"}', undefined],
  ['{"a\\"":1,"a":2}', undefined],
  ['{"a\\u0062":1,"ab":2}', "ab"],
  ['{"\\\\":1,"b":2,"\\\\":3}', "\\"],
  ['{"__proto__":1,"__proto__":2}', "__proto__"],
  ['{ "a" : 1 ,\n "a" : 2 }', "a"],
];

Deno.test("findRepeatedKey() finds a key that one object has twice", () => {
  for (const [text, key] of TABLE) {
    JSON.parse(text);
    assertEquals(findRepeatedKey(text), key, text);
  }
});
