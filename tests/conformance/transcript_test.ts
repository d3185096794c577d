import { assertEquals, assertThrows } from "@std/assert";
import { type Act, isTimed, needsOf, parseTranscript, TranscriptError } from "./transcript.ts";

function actOf(line: string): Act {
  const { cases } = parseTranscript("a.txt", `= T\n== c (s)\n@ index as a\n@ index as b\n${line}\n`);
  const { line: _line, written: _written, ...act } = cases[0]!.steps.at(-1)!;
  return act;
}

Deno.test("parseTranscript() reads title, cases, comments and lines", () => {
  const text =
    "# About.\n\n= Title [ours]\n\n== one (cdn: index)\n# Why.\n@ index\n> HELLO\n\n== two (Lines)\n@ content\n";
  const section = parseTranscript("a.txt", text);
  assertEquals([section.file, section.title, section.isOurs], ["a.txt", "Title", true]);
  assertEquals(section.cases.map(({ name, source, line }) => [name, source, line]), [
    ["one", "cdn: index", 5],
    ["two", "Lines", 10],
  ]);
  assertEquals(section.cases[0]!.steps.map(({ kind, line, written }) => [kind, line, written]), [
    ["dial", 7, "@ index"],
    ["send", 8, "> HELLO"],
  ]);
  assertEquals(parseTranscript("a.txt", "= Title\n").isOurs, false);
});

Deno.test("parseTranscript() reads every kind of step", () => {
  const table: [line: string, act: Act][] = [
    ["@ content", { kind: "dial", place: "content", name: "content" }],
    ["@ monitor as m until 2.5s", { kind: "dial", place: "monitor", name: "m", untilS: 2.5 }],
    ["@ accept index", { kind: "accept", place: "index", name: "index", verb: undefined }],
    ["@ accept monitor-udp as beats", { kind: "accept", place: "monitor-udp", name: "beats", verb: undefined }],
    ["@ a", { kind: "resume", name: "a" }],
    ["> GET {name}", { kind: "send", text: "GET {name}" }],
    [">", { kind: "send", text: "" }],
    [">| a\\n", { kind: "send-raw", text: "a\\n" }],
    ["< OK <size:n>", { kind: "expect", pattern: { text: "OK <size:n>", uses: [], sets: ["n"] }, count: "one" }],
    ["<? A {b}", { kind: "expect", pattern: { text: "A {b}", uses: ["b"], sets: [] }, count: "optional" }],
    ["<* A ...", { kind: "expect", pattern: { text: "A ...", uses: [], sets: [] }, count: "any" }],
    ["<| \\xff", { kind: "expect-raw", text: "\\xff" }],
    ["! bytes 12", { kind: "bytes", count: "12" }],
    ["! bytes {n}", { kind: "bytes", count: "{n}" }],
    ["! close", { kind: "close" }],
    ["! gone", { kind: "gone" }],
    ["! half-close", { kind: "half-close" }],
    ["! hang-up", { kind: "hang-up" }],
    ["! within 8s", { kind: "within", seconds: 8 }],
    ["! not before 8s", { kind: "not-before", seconds: 8 }],
    ["! quiet 1s", { kind: "quiet", seconds: 1 }],
    ["! nobody 1s", { kind: "nobody", seconds: 1 }],
    ["! wait 1s", { kind: "wait", seconds: 1 }],
    ["! ignore 1s", { kind: "ignore", seconds: 1 }],
    ["& start content", { kind: "start", actor: "content" }],
    ["& start client hello.txt", { kind: "start", actor: "client", file: "hello.txt" }],
    ["& kill content", { kind: "kill", actor: "content" }],
    ["& stop monitor", { kind: "stop", actor: "monitor" }],
    ["& index is RUNNING", { kind: "is", actor: "index", state: "RUNNING" }],
    ["& client went IDLE -> ERROR", { kind: "went", actor: "client", states: ["IDLE", "ERROR"] }],
    ["& client saved a\\n", { kind: "saved", text: "a\\n" }],
    ["& client saved", { kind: "saved", text: "" }],
  ];
  for (const [line, act] of table) assertEquals(actOf(line), act, line);
});

Deno.test("parseTranscript() tells by which word an accepted conversation is known", () => {
  const verbs = (text: string): (string | undefined)[] => {
    const { steps } = parseTranscript("a.txt", `= T\n== c (s)\n${text}`).cases[0]!;
    return steps.filter((step) => step.kind === "accept").map(({ verb }) => verb);
  };
  assertEquals(verbs("@ accept index\n! within 2s\n< REGISTER {id} 1 2\n"), ["REGISTER"]);
  assertEquals(verbs("@ accept index\n< <word> a\n"), [undefined]);
  assertEquals(verbs("@ accept content\n! nobody 1s\n@ accept index\n< HELLO\n"), [undefined, "HELLO"]);
});

Deno.test("parseTranscript() names the line of what it cannot read", () => {
  const bad = [
    ["HELLO", "is no step"],
    ["!! close", "is no step"],
    ["@ nowhere", "no conversation is called"],
    ["@ nowhere as a", "is no place"],
    ["@ index until soon", "is no duration"],
    ["! explode", "is no event"],
    ["! bytes many", "is no number of bytes"],
    ["! within 8", "is no duration"],
    ["< OK <length>", "is not one of ip, port"],
    ["<? OK <size:n>", "sets no variable"],
    [">| \\q", "Cannot read an escape"],
    ["& start somebody", "is nobody who can be started"],
    ["& content sleeps", "is nothing to do"],
    ["<? OK\n! bytes 3", "goes before a line"],
    ["= Another", "one title"],
    ["== c (s)", 'a second case is called "c"'],
  ];
  for (const [line, message] of bad) {
    assertThrows(() => actOf(line!), TranscriptError, message, line);
    assertThrows(() => actOf(line!), TranscriptError, "Cannot read a.txt:", line);
  }
  assertThrows(() => parseTranscript("a.txt", "= T\n> HELLO\n"), TranscriptError, "a.txt:2: a step needs a case");
  assertThrows(() => parseTranscript("a.txt", "= T\n== c (s)\n> A\n"), TranscriptError, "a conversation comes first");
  assertThrows(() => parseTranscript("a.txt", "== c (s)\n"), TranscriptError, "the title comes first");
  assertThrows(() => parseTranscript("a.txt", "# Nothing.\n"), TranscriptError, "it has no title");
});

Deno.test("needsOf() tells who is dialled, who is started, and what has to be known", () => {
  const { cases } = parseTranscript(
    "a.txt",
    "= T\n== c (s)\n@ index\n> GET {file}\n< SERVER <ip:at> <port>\n@ content\n> {at}\n& start monitor\n@ monitor-udp\n> A\n",
  );
  assertEquals(needsOf(cases[0]!), { places: ["index", "content"], actors: ["monitor"], variables: ["file"] });
});

Deno.test("isTimed() tells cases that take their time", () => {
  const timed = (steps: string): boolean => isTimed(parseTranscript("a.txt", `= T\n== c (s)\n${steps}\n`).cases[0]!);
  assertEquals(timed("@ index\n! within 9s\n! close"), false);
  assertEquals(timed("@ monitor until 5s"), false);
  assertEquals(timed("@ monitor until 9s"), true);
  assertEquals(timed("@ index\n! quiet 1s"), true);
});
