import { assertEquals, assertStringIncludes } from "@std/assert";
import { ansiPaint, plainPaint } from "./paint.ts";
import { type MemberStatus, renderStatus, summarize } from "./status.ts";

const ALIVE = { alive: true, note: "load 2", heardSeconds: 1 };
const MEMBERS: readonly MemberStatus[] = [
  { label: "monitor", process: "up" },
  { label: "index", process: "starting" },
  { label: "CS1", process: "up", sighting: ALIVE },
  { label: "CS2", process: "up", sighting: { alive: false, note: "load 0", heardSeconds: 12 } },
];

Deno.test("renderStatus() shows each role, and of live servers their load and last heartbeat", () => {
  const { text, columns } = renderStatus(MEMBERS, 200, plainPaint);
  assertEquals(text, "monitor up  index starting  CS1 alive, load 2, heard 1 s ago  CS2 dead");
  assertEquals(columns, text.length);
});

Deno.test("renderStatus() tells how a role ended, and that nobody has noticed yet", () => {
  const cases: ReadonlyArray<readonly [MemberStatus, string]> = [
    [{ label: "index", process: "ended", end: "exit code 3" }, "index dead (exit code 3)"],
    [{ label: "CS1", process: "ended", end: "SIGKILL", sighting: { ...ALIVE, alive: false } }, "CS1 dead (SIGKILL)"],
    [
      { label: "CS1", process: "ended", end: "SIGKILL", sighting: { ...ALIVE, heardSeconds: 5 } },
      "CS1 gone (SIGKILL), not noticed yet, silent 5 s",
    ],
    [{ label: "CS9", process: "none", sighting: { alive: true, note: "load 0" } }, "CS9 alive, load 0"],
    [{ label: "C\x1bS", process: "none", sighting: { alive: false, note: "load 0" } }, "C\\u001bS dead"],
  ];
  for (const [member, text] of cases) assertEquals(renderStatus([member], 200, plainPaint).text, text);
});

Deno.test("renderStatus() leaves out particulars where there is no room, and is never wider than it may be", () => {
  const narrow = renderStatus(MEMBERS, 60, plainPaint);
  assertEquals(narrow.text, "monitor up  index starting  CS1 alive  CS2 dead");
  const gone: MemberStatus = { label: "CS1", process: "ended", end: "SIGKILL", sighting: ALIVE };
  assertEquals(renderStatus([gone], 20, plainPaint).text, "CS1 gone (SIGKILL)");
  for (let columns = 0; columns < 120; columns++) {
    const line = renderStatus([...MEMBERS, gone], columns, plainPaint);
    assertEquals(line.columns, line.text.length);
    assertEquals(line.columns <= columns, true);
  }
});

Deno.test("renderStatus() names a few of the servers that were started elsewhere and counts the others", () => {
  const strangers = Array.from({ length: 9 }, (_, at): MemberStatus => ({
    label: `X${at}`,
    process: "none",
    sighting: { alive: true, note: "load 0" },
  }));
  const { text } = renderStatus([...MEMBERS, ...strangers], 500, plainPaint);
  assertStringIncludes(text, "CS2 dead  X0 alive");
  assertStringIncludes(text, "X3 alive, load 0  +5 more");
});

Deno.test("renderStatus() counts columns without the colours", () => {
  const plain = renderStatus(MEMBERS, 200, plainPaint);
  const painted = renderStatus(MEMBERS, 200, ansiPaint);
  assertEquals(painted.columns, plain.columns);
  assertStringIncludes(painted.text, "\x1b[31mCS2 dead\x1b[0m");
});

Deno.test("summarize() changes when somebody dies, and not with loads and times", () => {
  const later = MEMBERS.map((member) => ({
    ...member,
    sighting: member.sighting && { ...member.sighting, note: "load 7", heardSeconds: 3 },
  }));
  assertEquals(summarize(MEMBERS), "monitor up, index starting, CS1 alive, CS2 dead");
  assertEquals(summarize(later), summarize(MEMBERS));
});
