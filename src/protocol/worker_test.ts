import { assertEquals, assertThrows } from "@std/assert";
import { ProtocolError } from "./protocol_error.ts";
import {
  encodeWorkerNews,
  encodeWorkerOrder,
  parseWorkerNews,
  parseWorkerOrder,
  type WorkerNews,
  type WorkerOrder,
} from "./worker.ts";

const ORDERS: ReadonlyArray<readonly [line: string, order: WorkerOrder]> = [
  ["LOOK 0", { kind: "look", round: 0 }],
  ["LOOK 17", { kind: "look", round: 17 }],
  ["REPORT", { kind: "report" }],
  ["STOP", { kind: "stop" }],
];

const NEWS: ReadonlyArray<readonly [line: string, news: WorkerNews]> = [
  ["READY", { kind: "ready" }],
  ["LOOKED 17", { kind: "looked", round: 17 }],
  ["COUNTER 0 sent_bytes_total", { kind: "counter", series: "sent_bytes_total", value: 0 }],
  ["COUNTER 9007199254740991 a", { kind: "counter", series: "a", value: Number.MAX_SAFE_INTEGER }],
  ['GAUGE 3 load{of="a b"}', { kind: "gauge", series: 'load{of="a b"}', value: 3 }],
  ["REPORTED", { kind: "reported" }],
];

Deno.test("parseWorkerOrder() reads what encodeWorkerOrder() writes", () => {
  for (const [line, order] of ORDERS) {
    assertEquals(encodeWorkerOrder(order), line);
    assertEquals(parseWorkerOrder(line), order);
  }
});

Deno.test("parseWorkerNews() reads what encodeWorkerNews() writes", () => {
  for (const [line, news] of NEWS) {
    assertEquals(encodeWorkerNews(news), line);
    assertEquals(parseWorkerNews(line), news);
  }
});

Deno.test("parseWorkerOrder() refuses everything else", () => {
  for (const line of ["", "look 1", "LOOK", "LOOK ", "LOOK -1", "LOOK 1 2", "REPORT 1", "STOP ", "READY", "GET a"]) {
    assertEquals(assertThrows(() => parseWorkerOrder(line), ProtocolError).code, "UNKNOWN_ORDER", line);
  }
});

Deno.test("parseWorkerNews() refuses everything else", () => {
  const bad = ["", "READY 1", "LOOKED", "LOOKED x", "LOOKED 1 2", "COUNTER 1", "COUNTER 1.5 a", "COUNTER -1 a"];
  for (const line of [...bad, "GAUGE NaN a", "GAUGE a 1", "gauge 1 a", "GAUGE 1 ", "REPORT", "STOP"]) {
    assertEquals(assertThrows(() => parseWorkerNews(line), ProtocolError).code, "UNKNOWN_NEWS", line);
  }
});
