import { OpenAPIHono, type z } from "@hono/zod-openapi";
import { assertEquals } from "@std/assert";
import { validationError } from "./edge_detail.ts";
import type { Schema } from "./edge_json.ts";
import * as meta from "./edge_meta_json.ts";

const VERSION = {
  file_name: "a.txt",
  file_hash: "v1",
  timestamp: "t1",
  sha256: "a".repeat(64),
  generation: 1_767_225_600_123_456,
};

Deno.test("schemas of the meta server's own paths take what fits, and say what does not", () => {
  const bad = "value_error";
  const hold = { ...VERSION, cdn_id: 1 };
  const beat = { cdn_id: 1, cdn_address: "localhost:4000" };
  const plan = { client_lat: 1, client_lng: 2, files: [{ file_name: "a" }] };
  const table: [Schema<unknown>, body: unknown, problems: string[]][] = [
    [meta.publishRequest, { files: [VERSION] }, []],
    [meta.publishRequest, { files: [VERSION], cdn_id: 3 }, []],
    [meta.publishRequest, {}, ["files missing"]],
    [meta.publishRequest, { files: [{ ...VERSION, sha256: "A".repeat(64) }] }, [`files.0.sha256 ${bad}`]],
    [meta.publishRequest, { files: [{ ...VERSION, generation: 2 ** 53 }] }, ["files.0.generation less_than_equal"]],
    [meta.publishRequest, { files: [{ ...VERSION, generation: 1.5 }] }, ["files.0.generation int_type"]],
    [meta.publishRequest, { files: [{ ...VERSION, file_hash: "a\0" }] }, [`files.0.file_hash ${bad}`]],
    [meta.publishRequest, { files: [{ ...VERSION, timestamp: "\ud800" }] }, [`files.0.timestamp ${bad}`]],
    [meta.publishRequest, { files: [{ ...VERSION, file_name: "../a" }] }, [`files.0.file_name ${bad}`]],
    [meta.publishRequest, { files: Array(10_001).fill(VERSION) }, ["files too_long"]],
    [meta.heartbeatRequest, beat, []],
    [meta.heartbeatRequest, { ...beat, dropped: ["a", "b/c"] }, []],
    [meta.heartbeatRequest, { ...beat, dropped: "a" }, ["dropped list_type"]],
    [meta.holdRequest, hold, []],
    [meta.holdRequest, VERSION, ["cdn_id missing"]],
    [meta.planRequest, plan, []],
    [meta.planRequest, { ...plan, client_lat: 91 }, ["client_lat less_than_equal"]],
    [meta.purgeRequest, { file_name: "a" }, []],
    [meta.purgeRequest, { all: true }, []],
    [meta.purgeRequest, { all: false }, [` ${bad}`]],
    [meta.purgeRequest, { file_name: "a", all: true }, [` ${bad}`]],
  ];
  for (const [schema, body, expected] of table) {
    const checked = schema.safeParse(body);
    const detail = checked.success ? [] : validationError(checked.error.issues, body).detail;
    const problems = detail.map(({ loc, type }) => `${loc.slice(1).join(".")} ${type}`);
    assertEquals(problems, expected, JSON.stringify(body).slice(0, 200));
  }
  assertEquals(meta.heartbeatRequest.parse(beat), { ...beat, dropped: [] });
  assertEquals(meta.planRequest.parse(plan).files, [{ file_name: "a", file_hash: "", timestamp: "" }]);
});

Deno.test("every schema of the meta server's own paths has its place in an OpenAPI document", () => {
  const api = new OpenAPIHono();
  for (const [name, schema] of Object.entries(meta)) {
    if (typeof schema === "object") {
      api.openAPIRegistry.register(`${name[0]!.toUpperCase()}${name.slice(1)}`, schema as unknown as z.ZodType);
    }
  }
  const document = api.getOpenAPI31Document({ openapi: "3.1.0", info: { title: "edge", version: "1" } });
  const { StoredVersion } = document.components!.schemas! as Record<string, { properties: Record<string, unknown> }>;
  assertEquals(Object.keys(StoredVersion!.properties), Object.keys(VERSION));
});
