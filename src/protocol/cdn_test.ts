import { assertEquals, assertThrows } from "@std/assert";
import {
  type ContentRequest,
  type IndexRequest,
  type MonitorRequest,
  parseContentRequest,
  parseIndexRequest,
  parseMonitorRequest,
} from "./cdn.ts";
import { ProtocolError } from "./protocol_error.ts";

/** Fields that are no number from 1 to 65535. */
const NO_PORTS = [
  "",
  "0",
  "65536",
  "7x",
  "-1",
  "+1",
  "1e3",
  "1.5",
  "0x50",
  "9007199254740992",
  "\t1",
  "1\r",
  "1\0",
  "７",
];
/** Fields that are no length. */
const NO_SIZES = ["", "7x", "-1", "+1", "1e3", "1.5", "9007199254740992", "\t1", "1\r", "1\0", "７"];
const NO_IDS = ["", "x".repeat(129), "a\tb", "a\0", "é"];
const NO_HOSTS = ["", "x".repeat(256), "[::1]", "a/b", "a\0", "é"];
const DIGEST = `sha256:${"0a".repeat(32)}`;
const NO_DIGESTS = ["", "sha256:", "0a".repeat(32), `sha256:${"0A".repeat(32)}`, `sha256:${"0a".repeat(33)}`];
/** Lines that no listener knows, whatever it listens to. */
const NO_COMMANDS = [
  "",
  " ",
  "\t",
  "\r",
  "\0",
  "FOO",
  "FOO a b c",
  " HELLO",
  "\tHELLO",
  "\uFEFFHELLO",
  "GETX a",
  "GET\ta",
  "hello",
  "Hello",
  "get a",
  "Get a",
  "hash a",
  "range 0 1 a",
  "locate a",
  "list_files",
  "list_servers",
  "ping",
  "register CS1 7001 7002",
  `renew CS1 7001 7002 ${DIGEST}`,
  "register_index 127.0.0.1 5050",
  "add_file CS1 a 1",
  "done_files",
  "server_down CS1 1",
  "ERROR FILE_NOT_FOUND",
  "OK 1",
  "GÉT a",
];

function assertRefused(parse: (line: string) => unknown, code: string, lines: readonly string[]): void {
  for (const line of lines) {
    const error = assertThrows(() => parse(line), ProtocolError, undefined, JSON.stringify(line));
    assertEquals(error.code, code, JSON.stringify(line));
  }
}

/** The line with its field at `at` replaced by each of `fields`. */
function withField(line: string, at: number, fields: readonly string[]): string[] {
  return fields.map((field) => line.split(" ").with(at, field).join(" "));
}

Deno.test("parseIndexRequest() reads every command of its shape", () => {
  const registration = { id: "CS1", tcpPort: 7001, udpPort: 7002 };
  const good: [line: string, request: IndexRequest][] = [
    ["HELLO", { kind: "hello" }],
    ["GET hello.txt", { kind: "get", name: "hello.txt" }],
    ["GET a b", { kind: "get", name: "a b" }],
    ["GET  a ", { kind: "get", name: " a " }],
    ["GET  ", { kind: "get", name: " " }],
    ["GET Größe\t1", { kind: "get", name: "Größe\t1" }],
    ["LOCATE a%20b", { kind: "locate", name: "a%20b" }],
    ["LIST_FILES", { kind: "list-files" }],
    ["LIST_SERVERS", { kind: "list-servers" }],
    ["REGISTER CS1 7001 7002", { kind: "register", registration }],
    ["REGISTER CS1 07001 007002", { kind: "register", registration }],
    ["REGISTER CS1 1 65535", { kind: "register", registration: { id: "CS1", tcpPort: 1, udpPort: 65_535 } }],
    ["REGISTER_AT CS1 ::1 7001 7002", { kind: "register", registration: { ...registration, host: "::1" } }],
    ["ADD_FILE CS1 hello.txt 20", { kind: "add-file", id: "CS1", file: { name: "hello.txt", sizeBytes: 20 } }],
    ["ADD_FILE CS1 a%20b 0", { kind: "add-file", id: "CS1", file: { name: "a%20b", sizeBytes: 0 } }],
    ["ADD_FILE CS1 100%é 007", { kind: "add-file", id: "CS1", file: { name: "100%25%C3%A9", sizeBytes: 7 } }],
    ["ADD_FILE CS1 a 9007199254740991", { kind: "add-file", id: "CS1", file: { name: "a", sizeBytes: 2 ** 53 - 1 } }],
    ["DONE_FILES", { kind: "done-files" }],
    [`RENEW CS1 7001 7002 ${DIGEST}`, { kind: "renew", registration, sha256: "0a".repeat(32) }],
    [
      `RENEW_AT CS1 cs1.lab 7001 7002 ${DIGEST}`,
      { kind: "renew", registration: { ...registration, host: "cs1.lab" }, sha256: "0a".repeat(32) },
    ],
    ["SERVER_DOWN CS1", { kind: "server-down", id: "CS1" }],
    ["SERVER_DOWN CS1 1767225600", { kind: "server-down", id: "CS1", unixSeconds: 1_767_225_600 }],
  ];
  for (const [line, request] of good) assertEquals(parseIndexRequest(line), request, line);
});

Deno.test("parseIndexRequest() cuts fractions off the time of a death, and lives without a time", () => {
  const times: [word: string, unixSeconds: number | undefined][] = [
    ["1767225600.75", 1_767_225_600],
    ["0.9", 0],
    ["2026-01-01T00:00:00", undefined],
    ["-1", undefined],
    ["1e9", undefined],
    ["", undefined],
    ["9007199254740992", undefined],
    ["9007199254740992.5", undefined],
    [`${"9".repeat(400)}.5`, undefined],
  ];
  for (const [word, unixSeconds] of times) {
    const expected = { kind: "server-down", id: "CS1", ...(unixSeconds === undefined ? {} : { unixSeconds }) };
    assertEquals<unknown>(parseIndexRequest(`SERVER_DOWN CS1 ${word}`), expected, word);
  }
});

Deno.test("parseIndexRequest() refuses REGISTER and REGISTER_AT of another shape as INVALID_REGISTER", () => {
  const register = "REGISTER CS1 7001 7002";
  const registerAt = "REGISTER_AT CS1 10.0.0.1 7001 7002";
  assertRefused(parseIndexRequest, "INVALID_REGISTER", [
    "REGISTER",
    "REGISTER ",
    "REGISTER CS1",
    "REGISTER CS1 7001",
    "REGISTER CS1 7001 7002 7003",
    "REGISTER CS1 7001 7002 ",
    "REGISTER  CS1 7001 7002",
    "REGISTER CS1  7001 7002",
    "REGISTER CS1\t7001 7002",
    "REGISTER_AT",
    "REGISTER_AT CS1 7001 7002",
    "REGISTER_AT CS1 10.0.0.1 7001 7002 7003",
    "REGISTER_AT CS1 10.0.0.1 7001 7002 ",
    ...withField(register, 1, NO_IDS),
    ...withField(register, 2, NO_PORTS),
    ...withField(register, 3, NO_PORTS),
    ...withField(registerAt, 1, NO_IDS),
    ...withField(registerAt, 2, NO_HOSTS),
    ...withField(registerAt, 3, NO_PORTS),
    ...withField(registerAt, 4, NO_PORTS),
  ]);
});

Deno.test("parseIndexRequest() refuses RENEW and RENEW_AT of another shape as INVALID_RENEW", () => {
  const renew = `RENEW CS1 7001 7002 ${DIGEST}`;
  const renewAt = `RENEW_AT CS1 10.0.0.1 7001 7002 ${DIGEST}`;
  assertRefused(parseIndexRequest, "INVALID_RENEW", [
    "RENEW",
    "RENEW ",
    "RENEW CS1 7001 7002",
    `RENEW ${DIGEST}`,
    `RENEW CS1 7001 ${DIGEST}`,
    `RENEW CS1 10.0.0.1 7001 7002 ${DIGEST}`,
    `${renew} `,
    `${renew} 5`,
    `RENEW  CS1 7001 7002 ${DIGEST}`,
    "RENEW_AT",
    `RENEW_AT CS1 7001 7002 ${DIGEST}`,
    `${renewAt} ${DIGEST}`,
    ...withField(renew, 1, NO_IDS),
    ...withField(renew, 2, NO_PORTS),
    ...withField(renew, 3, NO_PORTS),
    ...withField(renew, 4, NO_DIGESTS),
    ...withField(renewAt, 1, NO_IDS),
    ...withField(renewAt, 2, NO_HOSTS),
    ...withField(renewAt, 3, NO_PORTS),
    ...withField(renewAt, 4, NO_PORTS),
    ...withField(renewAt, 5, NO_DIGESTS),
  ]);
});

Deno.test("parseIndexRequest() refuses ADD_FILE and DONE_FILES of another shape as INVALID_FILE_ENTRY", () => {
  const add = "ADD_FILE CS1 hello.txt 20";
  assertRefused(parseIndexRequest, "INVALID_FILE_ENTRY", [
    "ADD_FILE",
    "ADD_FILE ",
    "ADD_FILE CS1",
    "ADD_FILE CS1 hello.txt",
    "ADD_FILE CS1 my file 20",
    "ADD_FILE CS1 hello.txt 20 ",
    "ADD_FILE  CS1 hello.txt 20",
    "DONE_FILES ",
    "DONE_FILES CS1",
    ...withField(add, 1, NO_IDS),
    ...withField(add, 2, ["", "x".repeat(4097), "é".repeat(683)]),
    ...withField(add, 3, NO_SIZES),
  ]);
});

Deno.test("parseIndexRequest() refuses SERVER_DOWN of another shape as INVALID_SERVER_DOWN", () => {
  assertRefused(parseIndexRequest, "INVALID_SERVER_DOWN", [
    "SERVER_DOWN",
    "SERVER_DOWN ",
    "SERVER_DOWN CS1 1 2",
    "SERVER_DOWN CS1 1 ",
    "SERVER_DOWN  CS1",
    ...withField("SERVER_DOWN CS1 1767225600", 1, NO_IDS),
  ]);
});

Deno.test("parseIndexRequest() refuses GET and LOCATE without a name as INVALID_COMMAND", () => {
  assertRefused(parseIndexRequest, "INVALID_COMMAND", ["GET", "GET ", "LOCATE", "LOCATE "]);
});

Deno.test("parseIndexRequest() refuses all else as UNKNOWN_FIRST_COMMAND", () => {
  const decorated = ["HELLO", "LIST_FILES", "LIST_SERVERS"].flatMap((verb) => [`${verb} `, `${verb} x`, `${verb}\r`]);
  const others = ["PING", "HASH a", "RANGE 0 1 a", "REGISTER_INDEX 127.0.0.1 5050", "HEARTBEAT CS1 h 1 0 0"];
  assertRefused(parseIndexRequest, "UNKNOWN_FIRST_COMMAND", [...NO_COMMANDS, ...decorated, ...others]);
});

Deno.test("parseContentRequest() reads every command of its shape", () => {
  const good: [line: string, request: ContentRequest][] = [
    ["GET hello.txt", { kind: "get", name: "hello.txt" }],
    ["GET a b ", { kind: "get", name: "a b " }],
    ["GET ../../etc/passwd", { kind: "get", name: "../../etc/passwd" }],
    ["HASH a b", { kind: "hash", name: "a b" }],
    ["RANGE 0 0 a", { kind: "range", offsetBytes: 0, lengthBytes: 0, name: "a" }],
    ["RANGE 010 20 a b", { kind: "range", offsetBytes: 10, lengthBytes: 20, name: "a b" }],
    ["RANGE 1 2  a\r", { kind: "range", offsetBytes: 1, lengthBytes: 2, name: " a\r" }],
  ];
  for (const [line, request] of good) assertEquals(parseContentRequest(line), request, line);
});

Deno.test("parseContentRequest() refuses all else as INVALID_COMMAND", () => {
  assertRefused(parseContentRequest, "INVALID_COMMAND", [
    ...NO_COMMANDS,
    "GET",
    "GET ",
    "HASH",
    "HASH ",
    "HELLO",
    "PING",
    "RANGE",
    "RANGE ",
    "RANGE 0",
    "RANGE 0 1",
    "RANGE 0 1 ",
    "RANGE  0 1 a",
    "RANGE 0  1 a",
    "RANGE 0\t1 a",
    ...withField("RANGE 0 1 a", 1, NO_SIZES),
    ...withField("RANGE 0 1 a", 2, NO_SIZES),
  ]);
});

Deno.test("parseMonitorRequest() reads every command of its shape", () => {
  const good: [line: string, request: MonitorRequest][] = [
    ["LIST_SERVERS", { kind: "list-servers" }],
    ["PING", { kind: "ping" }],
    ["REGISTER_INDEX 127.0.0.1 5050", { kind: "register-index", index: { host: "127.0.0.1", port: 5050 } }],
    ["REGISTER_INDEX ::1 05050", { kind: "register-index", index: { host: "::1", port: 5050 } }],
  ];
  for (const [line, request] of good) assertEquals(parseMonitorRequest(line), request, line);
});

Deno.test("parseMonitorRequest() refuses all else as UNKNOWN_COMMAND", () => {
  const register = "REGISTER_INDEX 127.0.0.1 5050";
  assertRefused(parseMonitorRequest, "UNKNOWN_COMMAND", [
    ...NO_COMMANDS,
    "LIST_SERVERS ",
    "LIST_SERVERS x",
    "PING ",
    "PING x",
    "HELLO",
    "GET a",
    "REGISTER_INDEX",
    "REGISTER_INDEX ",
    "REGISTER_INDEX 127.0.0.1",
    "REGISTER_INDEX 127.0.0.1 5050 x",
    "REGISTER_INDEX 127.0.0.1 5050 ",
    "REGISTER_INDEX 127.0.0.1:5050",
    ...withField(register, 1, NO_HOSTS),
    ...withField(register, 2, NO_PORTS),
  ]);
});

Deno.test("a refusal quotes the line, cut short and without control characters", () => {
  const error = assertThrows(() => parseIndexRequest(`\x1b[31m${"x".repeat(5000)}`), ProtocolError);
  assertEquals(error.message, `Cannot parse "\\u001b[31m${"x".repeat(75)}...": unknown verb`);
});
