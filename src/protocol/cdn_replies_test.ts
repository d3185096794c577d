import { assertEquals, assertLess, assertThrows } from "@std/assert";
import {
  encodeDigest,
  encodeFileEntry,
  encodeHeartbeat,
  encodeLocation,
  encodeOk,
  encodeServerStatus,
  MAX_HEARTBEAT_BYTES,
  parseDigest,
  parseFileEntry,
  parseHeartbeat,
  parseLocation,
  parseOk,
  parseServerStatus,
} from "./cdn.ts";
import { ProtocolError } from "./protocol_error.ts";

const NO_PORTS = ["", "0", "65536", "7x", "-1", "+1", "1e3", "\t1", "1\0"];
const NO_COUNTS = ["", "7x", "-1", "+1", "1e3", "0.5", "9007199254740992", "\t1", "1\0"];
const NO_IDS = ["", "x".repeat(129), "a\tb", "a\0", "é"];
const NO_HOSTS = ["", "x".repeat(256), "[::1]", "a/b", "é"];

function bytes(text: string): Uint8Array {
  return new TextEncoder().encode(text);
}

function withField(line: string, at: number, fields: readonly string[]): string[] {
  return fields.map((field) => line.split(" ").with(at, field).join(" "));
}

function assertInvalidReply(parse: (line: string) => unknown, lines: readonly string[]): void {
  for (const line of ["", " ", "ERROR FILE_NOT_FOUND", "END", ...lines]) {
    const error = assertThrows(() => parse(line), ProtocolError, undefined, JSON.stringify(line));
    assertEquals(error.code, "INVALID_REPLY", JSON.stringify(line));
  }
}

/** A good line and what spoils it: more or fewer words, blanks, another case. */
function spoilt(line: string): string[] {
  const [verb, ...words] = line.split(" ");
  return [
    verb!,
    `${verb} `,
    [verb, ...words.slice(1)].join(" "),
    `${line} 1`,
    `${line} `,
    ` ${line}`,
    `${line}\r`,
    line.replace(" ", "  "),
    line.replace(" ", "\t"),
    verb!.toLowerCase() + line.slice(verb!.length),
    `\uFEFF${line}`,
  ];
}

Deno.test("parseHeartbeat() reads six words, with or without a line end", () => {
  const heartbeat = { id: "CS1", host: "127.0.0.1", tcpPort: 7001, load: 3, files: 12 };
  for (const end of ["", "\n", "\r\n"]) {
    assertEquals(parseHeartbeat(bytes(`HEARTBEAT CS1 127.0.0.1 7001 3 12${end}`)), heartbeat, JSON.stringify(end));
  }
  assertEquals(parseHeartbeat(bytes("HEARTBEAT ! ::1 065535 0 00")), {
    id: "!",
    host: "::1",
    tcpPort: 65_535,
    load: 0,
    files: 0,
  });
});

Deno.test("parseHeartbeat() refuses any other datagram as INVALID_HEARTBEAT", () => {
  const line = "HEARTBEAT CS1 127.0.0.1 7001 3 12";
  const lines = [
    "",
    "\n",
    "\0",
    ...spoilt(line),
    `${line}\n\n`,
    `${line}\n${line}`,
    ...withField(line, 1, NO_IDS),
    ...withField(line, 2, NO_HOSTS),
    ...withField(line, 3, NO_PORTS),
    ...withField(line, 4, NO_COUNTS),
    ...withField(line, 5, NO_COUNTS),
  ];
  const datagrams = [...lines.map(bytes), Uint8Array.of(0xff, 0xfe), new Uint8Array(65_507)];
  for (const datagram of datagrams) {
    const error = assertThrows(() => parseHeartbeat(datagram), ProtocolError, undefined, `${datagram}`);
    assertEquals(error.code, "INVALID_HEARTBEAT");
  }
});

Deno.test("parseHeartbeat() takes no datagram over 512 bytes, and the longest heartbeat is shorter", () => {
  assertThrows(() => parseHeartbeat(new Uint8Array(MAX_HEARTBEAT_BYTES + 1)), ProtocolError, "513 bytes");
  assertThrows(() => parseHeartbeat(new Uint8Array(MAX_HEARTBEAT_BYTES)), ProtocolError, "expected HEARTBEAT");
  const longest = encodeHeartbeat({
    id: "i".repeat(128),
    host: "h".repeat(255),
    tcpPort: 65_535,
    load: Number.MAX_SAFE_INTEGER,
    files: Number.MAX_SAFE_INTEGER,
  });
  assertLess(longest.length, MAX_HEARTBEAT_BYTES);
});

Deno.test("parseServerStatus() reads the monitor's list, the status in any case", () => {
  const status = { id: "CS1", host: "127.0.0.1", tcpPort: 7001, load: 3 };
  for (const word of ["alive", "ALIVE", "Alive"]) {
    assertEquals(parseServerStatus(`SERVER CS1 127.0.0.1 7001 3 ${word}`), { ...status, alive: true }, word);
  }
  for (const word of ["dead", "DEAD", "Dead"]) {
    assertEquals(parseServerStatus(`SERVER CS1 127.0.0.1 7001 3 ${word}`), { ...status, alive: false }, word);
  }
  const line = "SERVER CS1 127.0.0.1 7001 3 alive";
  assertInvalidReply(parseServerStatus, [
    ...spoilt(line),
    ...withField(line, 1, NO_IDS),
    ...withField(line, 2, NO_HOSTS),
    ...withField(line, 3, NO_PORTS),
    ...withField(line, 4, NO_COUNTS),
    ...withField(line, 5, ["", "up", "alive!", "undefined", "0"]),
  ]);
});

Deno.test("parseLocation() reads the answer to a lookup", () => {
  const line = "SERVER 127.0.0.1 7001 CS1 20";
  assertEquals(parseLocation(line), { host: "127.0.0.1", tcpPort: 7001, id: "CS1", sizeBytes: 20 });
  assertInvalidReply(parseLocation, [
    ...spoilt(line),
    ...withField(line, 1, NO_HOSTS),
    ...withField(line, 2, NO_PORTS),
    ...withField(line, 3, NO_IDS),
    ...withField(line, 4, NO_COUNTS),
  ]);
});

Deno.test("parseFileEntry() reads a line of LIST_FILES, and writes its name in canonical form", () => {
  assertEquals(parseFileEntry("FILE a%20b 020"), { name: "a%20b", sizeBytes: 20 });
  assertEquals(parseFileEntry("FILE 50% 0"), { name: "50%25", sizeBytes: 0 });
  const line = "FILE hello.txt 20";
  assertInvalidReply(parseFileEntry, [
    ...spoilt(line),
    ...withField(line, 1, ["", "x".repeat(4097), "a b"]),
    ...withField(line, 2, NO_COUNTS),
  ]);
});

Deno.test("parseOk() reads the head of a download", () => {
  assertEquals(parseOk("OK 0"), 0);
  assertEquals(parseOk("OK 9007199254740991"), Number.MAX_SAFE_INTEGER);
  assertInvalidReply(parseOk, [...spoilt("OK 5"), "OK REGISTERED", ...withField("OK 5", 1, NO_COUNTS)]);
});

Deno.test("parseDigest() reads the answer to HASH", () => {
  const sha256 = "0123456789abcdef".repeat(4);
  const line = `OK 5 sha256:${sha256}`;
  assertEquals(parseDigest(line), { sizeBytes: 5, sha256 });
  assertInvalidReply(parseDigest, [
    ...spoilt(line),
    "OK 5",
    `OK 5 md5:${sha256}`,
    `OK 5 sha256:${sha256.toUpperCase()}`,
    `OK 5 sha256:${sha256}0`,
    `OK 5 sha256:${sha256.slice(1)}`,
    ...withField(line, 1, NO_COUNTS),
  ]);
});

Deno.test("replies are written as the contract says", () => {
  const at = { host: "127.0.0.1", tcpPort: 7001 };
  assertEquals(encodeLocation({ ...at, id: "CS1", sizeBytes: 20 }), "SERVER 127.0.0.1 7001 CS1 20");
  assertEquals(encodeServerStatus({ ...at, id: "CS1", load: 0, alive: true }), "SERVER CS1 127.0.0.1 7001 0 alive");
  assertEquals(encodeServerStatus({ ...at, id: "CS1", load: 2, alive: false }), "SERVER CS1 127.0.0.1 7001 2 dead");
  assertEquals(encodeFileEntry({ name: "a%20b", sizeBytes: 0 }), "FILE a%20b 0");
  assertEquals(encodeOk(20), "OK 20");
  assertEquals(encodeDigest({ sizeBytes: 1, sha256: "ab" }), "OK 1 sha256:ab");
  const heartbeat = encodeHeartbeat({ id: "CS1", ...at, load: 1, files: 2 });
  assertEquals(heartbeat, bytes("HEARTBEAT CS1 127.0.0.1 7001 1 2"));
});
