import { assertEquals, assertThrows } from "@std/assert";
import { ProtocolError } from "../protocol/protocol_error.ts";
import { type IndexAction, IndexDialogue } from "./index_dialogue.ts";

/** What came before, by the phase that it leads to. */
const BEFORE = {
  first: [],
  greeted: ["HELLO"],
  registering: ["REGISTER CS1 7001 7002"],
  listing: ["REGISTER CS1 7001 7002", "ADD_FILE CS1 a 1"],
} as const;

type Phase = keyof typeof BEFORE;

/** The code of a refusal, or what is to be done. */
type Outcome = string | IndexAction;

const SHA256 = "0a".repeat(32);
const REGISTRATION = { id: "CS1", tcpPort: 7001, udpPort: 7002 };

function take(phase: Phase, line: string): Outcome {
  const dialogue = new IndexDialogue();
  for (const earlier of BEFORE[phase]) dialogue.take(earlier);
  try {
    return dialogue.take(line);
  } catch (error) {
    if (!(error instanceof ProtocolError)) throw error;
    return error.code;
  }
}

/** Each line with what comes of it first, after HELLO, and during a registration. */
const TABLE: [line: string, first: Outcome, greeted: Outcome, registering: Outcome][] = [
  ["HELLO", { kind: "greet" }, "INVALID_COMMAND", "INVALID_FILE_ENTRY"],
  ["HELLO x", "UNKNOWN_FIRST_COMMAND", "INVALID_COMMAND", "INVALID_FILE_ENTRY"],
  ["hello", "UNKNOWN_FIRST_COMMAND", "INVALID_COMMAND", "INVALID_FILE_ENTRY"],
  ["", "UNKNOWN_FIRST_COMMAND", "INVALID_COMMAND", "INVALID_FILE_ENTRY"],
  ["FOO", "UNKNOWN_FIRST_COMMAND", "INVALID_COMMAND", "INVALID_FILE_ENTRY"],
  ["GET my file", ...question({ kind: "lookup", name: "my file" })],
  ["GET", "INVALID_COMMAND", "INVALID_COMMAND", "INVALID_FILE_ENTRY"],
  ["LOCATE a", ...question({ kind: "locate", name: "a" })],
  ["LOCATE ", "INVALID_COMMAND", "INVALID_COMMAND", "INVALID_FILE_ENTRY"],
  ["LIST_FILES", ...question({ kind: "list-files" })],
  ["LIST_FILES x", "UNKNOWN_FIRST_COMMAND", "INVALID_COMMAND", "INVALID_FILE_ENTRY"],
  ["LIST_SERVERS", ...question({ kind: "list-servers" })],
  ["LIST_SERVERS x", "UNKNOWN_FIRST_COMMAND", "INVALID_COMMAND", "INVALID_FILE_ENTRY"],
  [
    "REGISTER CS1 7001 7002",
    { kind: "begin", registration: REGISTRATION },
    "INVALID_COMMAND",
    "INVALID_FILE_ENTRY",
  ],
  [
    "REGISTER_AT CS1 10.0.0.1 7001 7002",
    { kind: "begin", registration: { ...REGISTRATION, host: "10.0.0.1" } },
    "INVALID_COMMAND",
    "INVALID_FILE_ENTRY",
  ],
  [
    `RENEW CS1 7001 7002 sha256:${SHA256}`,
    { kind: "renew", registration: REGISTRATION, sha256: SHA256 },
    "INVALID_COMMAND",
    "INVALID_FILE_ENTRY",
  ],
  [
    `RENEW_AT CS1 10.0.0.1 7001 7002 sha256:${SHA256}`,
    { kind: "renew", registration: { ...REGISTRATION, host: "10.0.0.1" }, sha256: SHA256 },
    "INVALID_COMMAND",
    "INVALID_FILE_ENTRY",
  ],
  ["RENEW CS1 7001 7002", "INVALID_RENEW", "INVALID_COMMAND", "INVALID_FILE_ENTRY"],
  ["REGISTER CS1 7001", "INVALID_REGISTER", "INVALID_COMMAND", "INVALID_FILE_ENTRY"],
  ["REGISTER CS1 0 7002", "INVALID_REGISTER", "INVALID_COMMAND", "INVALID_FILE_ENTRY"],
  ["REGISTER_AT CS1 7001 7002", "INVALID_REGISTER", "INVALID_COMMAND", "INVALID_FILE_ENTRY"],
  [
    "ADD_FILE CS1 a%20b 20",
    "UNKNOWN_FIRST_COMMAND",
    "INVALID_COMMAND",
    { kind: "stage", file: { name: "a%20b", sizeBytes: 20 } },
  ],
  ["ADD_FILE CS2 a 1", "UNKNOWN_FIRST_COMMAND", "INVALID_COMMAND", "INVALID_FILE_ENTRY"],
  ["ADD_FILE CS1 a", "UNKNOWN_FIRST_COMMAND", "INVALID_COMMAND", "INVALID_FILE_ENTRY"],
  ["ADD_FILE CS1 a -1", "UNKNOWN_FIRST_COMMAND", "INVALID_COMMAND", "INVALID_FILE_ENTRY"],
  ["DONE_FILES", "UNKNOWN_FIRST_COMMAND", "INVALID_COMMAND", { kind: "commit" }],
  ["DONE_FILES x", "UNKNOWN_FIRST_COMMAND", "INVALID_COMMAND", "INVALID_FILE_ENTRY"],
  [
    "SERVER_DOWN CS1 1767225600",
    { kind: "bury", id: "CS1", unixSeconds: 1_767_225_600 },
    "INVALID_COMMAND",
    "INVALID_FILE_ENTRY",
  ],
  [
    "SERVER_DOWN CS1",
    { kind: "bury", id: "CS1", unixSeconds: undefined },
    "INVALID_COMMAND",
    "INVALID_FILE_ENTRY",
  ],
  ["SERVER_DOWN", "INVALID_SERVER_DOWN", "INVALID_COMMAND", "INVALID_FILE_ENTRY"],
  ["SERVER_DOWN CS1 1 2", "INVALID_SERVER_DOWN", "INVALID_COMMAND", "INVALID_FILE_ENTRY"],
  ["PING", "UNKNOWN_FIRST_COMMAND", "INVALID_COMMAND", "INVALID_FILE_ENTRY"],
];

/** A question may be asked at once or after HELLO. */
function question(action: IndexAction): [first: Outcome, greeted: Outcome, registering: Outcome] {
  return [action, action, "INVALID_FILE_ENTRY"];
}

for (const [line, first, greeted, registering] of TABLE) {
  Deno.test(`IndexDialogue.take() of ${JSON.stringify(line)} in every phase`, () => {
    assertEquals(take("first", line), first, "first");
    assertEquals(take("greeted", line), greeted, "after HELLO");
    assertEquals(take("registering", line), registering, "after REGISTER");
    assertEquals(take("listing", line), registering, "after ADD_FILE");
  });
}

Deno.test("IndexDialogue.take() refuses the files of another server by name", () => {
  const dialogue = new IndexDialogue();
  dialogue.take("REGISTER CS1 7001 7002");
  const refusal = "Cannot add a file for CS2: CS1 registered here";
  assertThrows(() => dialogue.take("ADD_FILE CS2 a 1"), ProtocolError, refusal);
});
