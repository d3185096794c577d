import { assertEquals } from "@std/assert";
import { jsonResponse, textResponse } from "./http.ts";

Deno.test("textResponse() is whole, in UTF-8, and says so", () => {
  assertEquals(textResponse(404, "Größe"), {
    status: 404,
    headers: [["content-type", "text/plain; charset=utf-8"]],
    body: new TextEncoder().encode("Größe"),
  });
  assertEquals(textResponse(200, "", "text/html").headers, [["content-type", "text/html"]]);
});

Deno.test("jsonResponse() is one line of JSON", () => {
  assertEquals(jsonResponse(200, { status: "healthy", at: undefined }), {
    status: 200,
    headers: [["content-type", "application/json"]],
    body: new TextEncoder().encode('{"status":"healthy"}\n'),
  });
});
