import { assertEquals, assertThrows } from "@std/assert";
import { decodeHealthAnswer, encodeHealthQuestion, type Health } from "./health.ts";
import { ProtocolError } from "./protocol_error.ts";

const GOOD: ReadonlyArray<readonly [text: string, health: Health]> = [
  ['HTTP/1.1 200 OK\r\nA: b\r\n\r\n{"status":"healthy"}\n', { status: "healthy" }],
  ['HTTP/1.0 200\r\n\r\n{"status":"healthy"}', { status: "healthy" }],
  ['HTTP/1.1 200 OK\n\n{ "more": [], "status": "healthy" }', { status: "healthy" }],
  [
    'HTTP/1.1 503 Service Unavailable\r\n\r\n{"status":"failing","reason":"check: a bug"}',
    { status: "failing", reason: "check: a bug" },
  ],
  ['HTTP/1.1 503 x\r\n\r\n{"status":"failing","reason":""}', { status: "failing", reason: "" }],
];

const BAD: ReadonlyArray<readonly [text: string, message: string]> = [
  ["", "no answer before the end"],
  ["SSH-2.0-OpenSSH_9.2\r\n", "the answer is no HTTP"],
  ["ERROR UNKNOWN_FIRST_COMMAND\n", "the answer is no HTTP"],
  ["HTTP/1.1 200 OK\r\nA: b\r\n", "the answer is no HTTP"],
  ["HTTP/2 200\r\n\r\n{}", "the answer is no HTTP"],
  ["HTTP/1.1 20 OK\r\n\r\n{}", "the answer is no HTTP"],
  ["HTTP/1.1 200 OK\r\n\r\n<html>", "status 200, and not as a role answers"],
  ["HTTP/1.1 200 OK\r\n\r\nnull", "status 200, and not as a role answers"],
  ['HTTP/1.1 200 OK\r\n\r\n"healthy"', "status 200, and not as a role answers"],
  ['HTTP/1.1 200 OK\r\n\r\n{"status":"failing","reason":"x"}', "status 200, and not as a role answers"],
  ['HTTP/1.1 503 No\r\n\r\n{"status":"healthy"}', "status 503, and not as a role answers"],
  ['HTTP/1.1 503 No\r\n\r\n{"status":"failing"}', "status 503, and not as a role answers"],
  ['HTTP/1.1 503 No\r\n\r\n{"status":"failing","reason":1}', "status 503, and not as a role answers"],
  ['HTTP/1.1 404 No\r\n\r\n{"status":"healthy"}', "status 404, and not as a role answers"],
];

Deno.test("decodeHealthAnswer() reads what a role answers", () => {
  for (const [text, health] of GOOD) assertEquals(decodeHealthAnswer(text), health, text);
});

Deno.test("decodeHealthAnswer() refuses what no role answers", () => {
  for (const [text, message] of BAD) assertThrows(() => decodeHealthAnswer(text), ProtocolError, message);
});

Deno.test("decodeHealthAnswer() refuses every answer that breaks off before its body", () => {
  const [whole] = GOOD[3]!;
  for (let length = 0; length < whole.length; length++) {
    assertThrows(() => decodeHealthAnswer(whole.slice(0, length)), ProtocolError);
  }
});

Deno.test("encodeHealthQuestion() asks for an answer that ends with the connection", () => {
  assertEquals(encodeHealthQuestion("a:1"), "GET /health HTTP/1.0\r\nHost: a:1\r\nConnection: close\r\n\r\n");
});
