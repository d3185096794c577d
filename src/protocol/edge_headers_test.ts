import { assertEquals, assertThrows } from "@std/assert";
import {
  GENERATION_BELOW_FIELD,
  NODE_FIELD,
  readEdgeObject,
  readGenerationBelow,
  readNodeId,
  readPublishedVersion,
  writeEdgeObject,
  writePublishedVersion,
} from "./edge_headers.ts";
import type { HttpFields } from "./http_fields.ts";
import { ProtocolError } from "./protocol_error.ts";

const OBJECT = {
  hash: "100% Größe\r\nX-Evil: 1, 2",
  timestamp: "2026-01-31T12:00:00.000Z",
  sha256: "ab".repeat(32),
  generation: 1_769_860_800_000_001,
  sizeBytes: 0,
  modifiedMs: 1_769_860_800_123,
};

Deno.test("writeEdgeObject() and readEdgeObject() carry every object in plain ASCII", () => {
  for (const object of [OBJECT, { ...OBJECT, hash: "", timestamp: "" }]) {
    const fields = writeEdgeObject(object);
    assertEquals(readEdgeObject(fields.map(([name, value]) => [name.toLowerCase(), value] as const)), object);
    for (const [, value] of fields) assertEquals(/^[\x21-\x7e]*$/.test(value), true, value);
  }
});

Deno.test("readEdgeObject() knows nothing of an object whose fields are not all there and right", () => {
  const fields = writeEdgeObject(OBJECT);
  assertEquals(readEdgeObject([]), undefined);
  const wrong: HttpFields = [
    ["X-File-SHA256", "AB".repeat(32)],
    ["X-File-Generation", "9007199254740993"],
    ["X-File-Size", "-1"],
    ["X-File-Modified", "1e3"],
    ["X-File-Hash", "%ff"],
  ];
  for (const [name, value] of wrong) {
    const others = fields.filter(([one]) => one !== name);
    assertEquals(readEdgeObject([...others, [name, value]]), undefined, name);
    if (name !== "X-File-Hash") assertEquals(readEdgeObject(others), undefined, name);
  }
});

Deno.test("writePublishedVersion() and readPublishedVersion() carry what a publisher says", () => {
  for (const version of [{ hash: "ä b", timestamp: "" }, { hash: "", timestamp: "1,2" }, { hash: "", timestamp: "" }]) {
    assertEquals(readPublishedVersion(writePublishedVersion(version)), version);
  }
  assertEquals(writePublishedVersion({ hash: "\ud800", timestamp: "" }), [["X-File-Hash", "%EF%BF%BD"]]);
  for (
    const fields of [[["x-file-hash", "%zz"]], [["x-file-hash", "%00"]], [[
      "X-File-Timestamp",
      "a".repeat(65),
    ]]] as const
  ) {
    assertThrows(() => readPublishedVersion(fields), ProtocolError, "Cannot read X-File-");
  }
});

Deno.test("readNodeId() and readGenerationBelow() read numbers, and nothing else", () => {
  assertEquals([readNodeId([]), readGenerationBelow([])], [undefined, undefined]);
  assertEquals([readNodeId([[NODE_FIELD, "7"]]), readGenerationBelow([[GENERATION_BELOW_FIELD, "8"]])], [7, 8]);
  for (const text of ["", "-1", "1.5", "x", "99999999999999999"]) {
    assertThrows(() => readNodeId([[NODE_FIELD, text]]), ProtocolError, "it is no number");
  }
});
