import { assertEquals } from "@std/assert";
import fc from "fast-check";
import {
  type ContentRequest,
  encodeContentRequest,
  encodeDigest,
  encodeFileEntry,
  encodeHeartbeat,
  encodeIndexRequest,
  encodeLocation,
  encodeOk,
  encodeServerStatus,
  type IndexRequest,
  parseContentRequest,
  parseDigest,
  parseFileEntry,
  parseHeartbeat,
  parseIndexRequest,
  parseLocation,
  parseMonitorRequest,
  parseOk,
  parseServerStatus,
  type Registration,
} from "./cdn.ts";
import { encodeFileName } from "./file_name.ts";
import { ProtocolError } from "./protocol_error.ts";
import { encodeError, parseError } from "./replies.ts";

const VISIBLE = Array.from({ length: 94 }, (_, at) => String.fromCharCode(0x21 + at));
const HOST_CHARACTERS = [..."0123456789ABCXYZabcxyz._:%-"];

const id = fc.string({ unit: fc.constantFrom(...VISIBLE), minLength: 1, maxLength: 128 });
const host = fc.string({ unit: fc.constantFrom(...HOST_CHARACTERS), minLength: 1, maxLength: 255 });
const port = fc.integer({ min: 1, max: 65_535 });
const count = fc.oneof(fc.nat(), fc.maxSafeNat());
/** A name as a peer may send it in a request: anything but a line end. */
const rawName = fc.string({ unit: "binary", minLength: 1 }).filter((name) => !/[\r\n]/.test(name));
const canonicalName = fc.string({ unit: "grapheme", minLength: 1, maxLength: 64 }).map(encodeFileName);
const file = fc.record({ name: canonicalName, sizeBytes: count });
const registration: fc.Arbitrary<Registration> = fc.oneof(
  fc.record({ id, tcpPort: port, udpPort: port }),
  fc.record({ id, tcpPort: port, udpPort: port, host }),
);

const sha256 = fc.string({ unit: fc.constantFrom(..."0123456789abcdef"), minLength: 64, maxLength: 64 });

function kind<const K extends string>(name: K): fc.Arbitrary<K> {
  return fc.constant(name);
}

const indexRequest: fc.Arbitrary<IndexRequest> = fc.oneof(
  fc.record({ kind: kind("hello") }),
  fc.record({ kind: kind("get"), name: rawName }),
  fc.record({ kind: kind("locate"), name: rawName }),
  fc.record({ kind: kind("list-files") }),
  fc.record({ kind: kind("list-servers") }),
  fc.record({ kind: kind("register"), registration }),
  fc.record({ kind: kind("add-file"), id, file }),
  fc.record({ kind: kind("done-files") }),
  fc.record({ kind: kind("renew"), registration, sha256 }),
  fc.record({ kind: kind("server-down"), id }),
  fc.record({ kind: kind("server-down"), id, unixSeconds: count }),
);
const contentRequest: fc.Arbitrary<ContentRequest> = fc.oneof(
  fc.record({ kind: kind("get"), name: rawName }),
  fc.record({ kind: kind("hash"), name: rawName }),
  fc.record({ kind: kind("range"), offsetBytes: count, lengthBytes: count, name: rawName }),
);

/** Checks that `parse` undoes `encode` for everything that `arbitrary` makes. */
function assertRoundTrip<T, W>(
  arbitrary: fc.Arbitrary<T>,
  encode: (message: T) => W,
  parse: (wire: W) => T,
): void {
  fc.assert(fc.property(arbitrary, (message) => assertEquals(parse(encode(message)), message)));
}

Deno.test("parseIndexRequest() undoes encodeIndexRequest()", () => {
  assertRoundTrip(indexRequest, encodeIndexRequest, parseIndexRequest);
});

Deno.test("parseContentRequest() undoes encodeContentRequest()", () => {
  assertRoundTrip(contentRequest, encodeContentRequest, parseContentRequest);
});

Deno.test("parseHeartbeat() undoes encodeHeartbeat()", () => {
  const heartbeat = fc.record({ id, host, tcpPort: port, load: count, files: count });
  assertRoundTrip(heartbeat, encodeHeartbeat, parseHeartbeat);
});

Deno.test("parsers of replies undo their encoders", () => {
  const status = fc.record({ id, host, tcpPort: port, load: count, alive: fc.boolean() });
  assertRoundTrip(status, encodeServerStatus, parseServerStatus);
  assertRoundTrip(fc.record({ id, host, tcpPort: port, sizeBytes: count }), encodeLocation, parseLocation);
  assertRoundTrip(file, encodeFileEntry, parseFileEntry);
  assertRoundTrip(count, encodeOk, parseOk);
  assertRoundTrip(fc.record({ sizeBytes: count, sha256 }), encodeDigest, parseDigest);
  assertRoundTrip<string | undefined, string>(
    fc.string({ minLength: 1 }),
    (code) => encodeError(code ?? ""),
    parseError,
  );
});

const PARSERS: Record<string, (line: string) => unknown> = {
  parseIndexRequest,
  parseContentRequest,
  parseMonitorRequest,
  parseServerStatus,
  parseLocation,
  parseFileEntry,
  parseOk,
  parseDigest,
  parseError,
  parseHeartbeat: (line) => parseHeartbeat(new TextEncoder().encode(line)),
};

/** Lines that begin like real ones and go on anyhow: they come further into a parser than noise does. */
const VERBS = (
  "HELLO GET LOCATE LIST_FILES LIST_SERVERS REGISTER REGISTER_AT ADD_FILE DONE_FILES RENEW RENEW_AT " +
  "SERVER_DOWN RANGE HASH PING REGISTER_INDEX HEARTBEAT SERVER FILE OK ERROR END"
).split(" ");
const word = fc.oneof(fc.string({ unit: "binary" }), id, host, fc.integer().map(String), fc.double().map(String));
const line = fc.oneof(
  fc.string({ unit: "binary" }),
  fc.tuple(fc.constantFrom(...VERBS), fc.array(word, { maxLength: 6 })).map(([verb, rest]) =>
    [verb, ...rest].join(" ")
  ),
);

/** Runs a parser, and lets only what is not the peer's fault through. */
function attempt(run: () => unknown): void {
  try {
    run();
  } catch (error) {
    if (!(error instanceof ProtocolError)) throw error;
    assertEquals(/^[A-Z_]+$/.test(error.code), true, error.code);
  }
}

for (const [name, parse] of Object.entries(PARSERS)) {
  Deno.test(`${name}() throws nothing but ProtocolError, whatever the line`, () => {
    fc.assert(fc.property(line, (text) => attempt(() => parse(text))), { numRuns: 300 });
  });
}

Deno.test("parseHeartbeat() throws nothing but ProtocolError, whatever the bytes", () => {
  const datagram = fc.uint8Array({ maxLength: 600 });
  fc.assert(fc.property(datagram, (bytes) => attempt(() => parseHeartbeat(bytes))));
});
