import { OpenAPIHono, type z } from "@hono/zod-openapi";
import { assert, assertEquals } from "@std/assert";
import { invalidJson, validationError } from "./edge_detail.ts";
import * as edge from "./edge_json.ts";

/** What is wrong with a body: `Lat: missing`, `FileList.0.Name: value_error`. */
function problems(schema: edge.Schema<unknown>, body: unknown): string[] {
  const result = schema.safeParse(body);
  if (result.success) return [];
  const { detail } = validationError(result.error.issues, body);
  return detail.map(({ loc: [part, ...path], type }) => {
    assertEquals(part, "body");
    return `${path.join(".")}: ${type}`;
  });
}

const NODE = { Type: 0, IP: "localhost:4000", Lat: 37.7749, Lng: -122.4194 };

Deno.test("registerRequest takes what nodes send, and says what is wrong", () => {
  assertEquals(edge.registerRequest.parse(NODE), NODE);
  assertEquals(edge.registerRequest.parse({ IP: "a:1", Lat: 90, Lng: -180, More: 1 }), {
    Type: 0,
    IP: "a:1",
    Lat: 90,
    Lng: -180,
  });
  const table: [change: Record<string, unknown>, expected: string[]][] = [
    [{ Lat: 91 }, ["Lat: less_than_equal"]],
    [{ Lat: -90.01 }, ["Lat: greater_than_equal"]],
    [{ Lng: 181 }, ["Lng: less_than_equal"]],
    [{ Lng: "west" }, ["Lng: float_type"]],
    [{ Lng: null }, ["Lng: float_type"]],
    [{ Lat: undefined }, ["Lat: missing"]],
    [{ Lat: undefined, Lng: "x", IP: 5 }, ["IP: string_type", "Lat: missing", "Lng: float_type"]],
    [{ IP: "" }, ["IP: string_too_short"]],
    [{ IP: "x".repeat(262) }, ["IP: string_too_long"]],
    [{ Type: 1.5 }, ["Type: int_type"]],
    [{ Type: -1 }, ["Type: greater_than_equal"]],
  ];
  for (const [change, expected] of table) {
    assertEquals(problems(edge.registerRequest, { ...NODE, ...change }), expected, JSON.stringify(change));
  }
});

Deno.test("a body that is no object is one problem", () => {
  for (const body of [null, [], "text", 5]) assertEquals(problems(edge.registerRequest, body), [": dict_type"]);
  assertEquals(problems(edge.registerRequest, undefined), [": missing"]);
  assertEquals(invalidJson(), { detail: [{ loc: ["body"], msg: "JSON decode error", type: "json_invalid" }] });
});

Deno.test("validationError() speaks the words that clients know", () => {
  const body = { Type: 0, IP: "", Lat: 91 };
  const result = edge.registerRequest.safeParse(body);
  assert(!result.success);
  assertEquals(validationError(result.error.issues, body), {
    detail: [
      { loc: ["body", "IP"], msg: "String should have at least 1 characters", type: "string_too_short" },
      { loc: ["body", "Lat"], msg: "Input should be less than or equal to 90", type: "less_than_equal" },
      { loc: ["body", "Lng"], msg: "Field required", type: "missing" },
    ],
  });
  assertEquals(
    validationError([{ code: "custom", path: ["file_name"], message: "No such thing" }], { file_name: "x" }, "query"),
    { detail: [{ loc: ["query", "file_name"], msg: "No such thing", type: "value_error" }] },
  );
});

Deno.test("validationError() names a hundred problems at most", () => {
  const body = { Lat: 0, Lng: 0, FileList: Array.from({ length: 5_000 }, () => ({})) };
  assertEquals(problems(edge.clientRequest, body).length, 100);
});

Deno.test("file names are checked wherever they stand", () => {
  assertEquals(problems(edge.deleteRequest, { file_name: "a/../b" }), ["file_name: value_error"]);
  assertEquals(problems(edge.queryRequest, { file_name: "", client_lat: 0, client_lng: 0 }), [
    "file_name: value_error",
  ]);
  assertEquals(edge.deleteRequest.parse({ file_name: "Größe 1/50%?#" }), { file_name: "Größe 1/50%?#" });
});

Deno.test("time stamps are text, also those that are sent as numbers", () => {
  const request = { file_name: "a", file_hash: "h", cdn_id: -1 };
  assertEquals(edge.updateRequest.parse({ ...request, timestamp: 1_700_000_000 }), {
    ...request,
    timestamp: "1700000000",
  });
  assertEquals(edge.updateRequest.parse({ ...request, timestamp: "2026" }), { ...request, timestamp: "2026" });
  assertEquals(problems(edge.updateRequest, { ...request, timestamp: null }), ["timestamp: value_error"]);
  assertEquals(problems(edge.updateRequest, { ...request, timestamp: "1", cdn_id: -2 }), [
    "cdn_id: greater_than_equal",
  ]);
});

Deno.test("clientRequest fills in what a client may leave out", () => {
  assertEquals(edge.clientRequest.parse({ Lat: 1, Lng: 2, FileList: [{ Name: "a" }] }), {
    Type: 1,
    IP: "",
    Lat: 1,
    Lng: 2,
    FileList: [{ Name: "a", Hash: "", TimeStamp: "" }],
  });
  assertEquals(edge.clientRequest.parse({ Lat: 1, Lng: 2, FileList: [] }).FileList, []);
  assertEquals(problems(edge.clientRequest, { Lat: 1, Lng: 2 }), ["FileList: missing"]);
  assertEquals(problems(edge.clientRequest, { Lat: 1, Lng: 2, FileList: {} }), ["FileList: list_type"]);
  assertEquals(problems(edge.clientRequest, { Lat: 1, Lng: 2, FileList: [{ Name: "a" }, { Hash: "h" }] }), [
    "FileList.1.Name: missing",
  ]);
  const FileList = Array.from({ length: edge.MAX_FILES_A_REQUEST + 1 }, () => ({ Name: "a" }));
  assertEquals(problems(edge.clientRequest, { Lat: 1, Lng: 2, FileList }), ["FileList: too_long"]);
});

Deno.test("putEnvelope takes its three fields and no other", () => {
  const envelope = { content: "a", file_hash: "h", timestamp: "t" };
  assertEquals(edge.putEnvelope.parse(envelope), envelope);
  for (const change of [{ more: "x" }, { content: undefined }, { content: 5 }, { timestamp: 5 }]) {
    const value = JSON.parse(JSON.stringify({ ...envelope, ...change }));
    assertEquals(edge.putEnvelope.safeParse(value).success, false, JSON.stringify(change));
  }
});

Deno.test("every schema has its place in an OpenAPI document", () => {
  const api = new OpenAPIHono();
  const schemas = Object.entries(edge).filter(([name]) => /(Request|Reply|Location|Envelope)$/.test(name));
  assert(schemas.length >= 18, `${schemas.length}`);
  for (const [name, schema] of schemas) {
    api.openAPIRegistry.register(`${name[0]!.toUpperCase()}${name.slice(1)}`, schema as unknown as z.ZodType);
  }
  const document = api.getOpenAPI31Document({ openapi: "3.1.0", info: { title: "edge", version: "1" } });
  const { RegisterRequest, UpdateRequest, ClientFile } = document.components!.schemas! as Record<string, {
    required?: string[];
    properties: Record<string, Record<string, unknown>>;
  }>;
  assertEquals(RegisterRequest!.required, ["IP", "Lat", "Lng"]);
  assertEquals(RegisterRequest!.properties.Lat, { type: "number", minimum: -90, maximum: 90, example: 37.7749 });
  assertEquals(UpdateRequest!.properties.timestamp!.type, "string");
  assertEquals(Object.keys(ClientFile!.properties), ["Name", "Hash", "TimeStamp"]);
});
