import { assertEquals, assertInstanceOf } from "@std/assert";
import { ProtocolError } from "./protocol_error.ts";

Deno.test("ProtocolError has a word for the wire and a message for people", () => {
  const error = new ProtocolError("INVALID_COMMAND", "Cannot parse it: unknown verb");
  assertInstanceOf(error, Error);
  assertEquals(error.code, "INVALID_COMMAND");
  assertEquals(String(error), "ProtocolError: Cannot parse it: unknown verb");
});
