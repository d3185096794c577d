import { assertEquals, assertThrows } from "@std/assert";
import { AnswerError, parseLogs, parseOutcomes, parseReport, parseUptime } from "./machine_report.ts";

const X = "2d711642b726b04401627ca9fbac32f5c8530fb1903cc4db02258717921a4881";
const REPORT = `Welcome to lab1!
microcdn system Linux x86_64
microcdn hash ${X}
microcdn manager detached there is no systemctl
microcdn folder /home/cdn/two words
microcdn role index systemd aa bb microcdn-index-0123456789abcdef cc 17 3600
microcdn role cs-1.b detached dd - microcdn-content-ff - - -
microcdn done
`;

Deno.test("parseReport() reads what a machine tells, whatever its login shell says in between", () => {
  assertEquals(parseReport(REPORT), {
    system: "Linux x86_64",
    canHash: true,
    manager: "detached",
    whyDetached: "there is no systemctl",
    folder: "/home/cdn/two words",
    roles: [
      {
        name: "index",
        manager: "systemd",
        current: "aa",
        previous: "bb",
        program: "microcdn-index-0123456789abcdef",
        checked: "cc",
        pid: 17,
        uptimeS: 3600,
      },
      {
        name: "cs-1.b",
        manager: "detached",
        current: "dd",
        previous: undefined,
        program: "microcdn-content-ff",
        checked: undefined,
        pid: undefined,
        uptimeS: undefined,
      },
    ],
  });
});

Deno.test("parseReport() knows a machine that cannot hash, and one with systemd", () => {
  const report = parseReport(REPORT.replace(X, "-").replace("detached there is no systemctl", "systemd "));
  assertEquals([report.canHash, report.manager, report.whyDetached], [false, "systemd", ""]);
});

Deno.test("parseReport() refuses what is no report, and every part of one", () => {
  const end = REPORT.indexOf("microcdn done");
  for (let length = 0; length < end; length += 7) {
    assertThrows(() => parseReport(REPORT.slice(0, length)), AnswerError, "Cannot understand the answer");
  }
  for (const [from, to] of [["detached", "upstart"], [" 17 3600", ""], [" 17 3600", " 17 3600 x"]] as const) {
    assertThrows(() => parseReport(REPORT.replaceAll(from, to)), AnswerError, "Cannot understand the answer");
  }
});

Deno.test("parseUptime() reads seconds, and what ps writes", () => {
  const table: ReadonlyArray<readonly [text: string, seconds: number | undefined]> = [
    ["0", 0],
    ["86399", 86_399],
    ["00:07", 7],
    ["08:09", 489],
    ["01:02:03", 3_723],
    ["2-03:04:05", 183_845],
    ["", undefined],
    ["-", undefined],
    ["1:2:3:4", undefined],
    ["-5", undefined],
  ];
  for (const [text, seconds] of table) assertEquals(parseUptime(text), seconds, text);
});

Deno.test("parseOutcomes() reads what came of each role", () => {
  const answer = [
    "noise",
    "microcdn started index 12",
    "microcdn stopped cs1 -",
    "microcdn stopped cs2 9",
    "microcdn failed a kept no space left",
    "microcdn failed b restored ",
    "microcdn failed c down exec: not found",
    "microcdn done",
  ].join("\n");
  assertEquals(parseOutcomes(answer), [
    { kind: "started", name: "index", pid: 12 },
    { kind: "stopped", name: "cs1", pid: undefined },
    { kind: "stopped", name: "cs2", pid: 9 },
    { kind: "failed", name: "a", now: "kept", reason: "no space left" },
    { kind: "failed", name: "b", now: "restored", reason: "" },
    { kind: "failed", name: "c", now: "down", reason: "exec: not found" },
  ]);
});

Deno.test("parseOutcomes() passes on a refusal, and knows an answer that broke off", () => {
  const refusal = assertThrows(() => parseOutcomes("microcdn error Nothing is there\n"), AnswerError);
  assertEquals([refusal.message, refusal.isRefusal], ["Nothing is there", true]);
  for (const answer of ["", "microcdn started index 12\n", "microcdn failed a gone x\nmicrocdn done\n"]) {
    assertEquals(assertThrows(() => parseOutcomes(answer), AnswerError).isRefusal, false);
  }
});

Deno.test("parseLogs() reads lines with their roles, empty ones too", () => {
  const answer = "microcdn log a one  two \nmicrocdn log b \nmicrocdn log c\nmicrocdn done\n";
  assertEquals(parseLogs(answer), [["a", "one  two "], ["b", ""], ["c", ""]]);
});
