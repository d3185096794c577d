import { assertEquals } from "@std/assert";
import type { RoleReport } from "./machine_report.ts";
import { formatUptime, isWell, renderStatus, type RoleStatus } from "./status_row.ts";

const RUNNING: RoleReport = {
  name: "index",
  manager: "detached",
  current: "aa",
  previous: undefined,
  program: "microcdn-index-0123456789abcdef",
  checked: undefined,
  pid: 17,
  uptimeS: 75,
};
const STOPPED: RoleReport = { ...RUNNING, pid: undefined, uptimeS: undefined };
const FAILING = { status: "failing", reason: "check: a bug" } as const;
const NAMED = { label: "lab1/index", isNamed: true } as const;

const TABLE: ReadonlyArray<readonly [status: RoleStatus, cells: string, isWell: boolean]> = [
  [{ ...NAMED, report: RUNNING, finding: undefined }, "running|01234567|1:15|17|-", true],
  [{ ...NAMED, report: RUNNING, finding: { status: "healthy" } }, "running|01234567|1:15|17|healthy", true],
  [{ ...NAMED, report: RUNNING, finding: FAILING }, "running|01234567|1:15|17|failing: check: a bug", false],
  [
    { ...NAMED, report: RUNNING, finding: { status: "unreachable", reason: "connection refused" } },
    "running|01234567|1:15|17|unreachable: connection refused",
    false,
  ],
  [{ ...NAMED, report: STOPPED, finding: undefined }, "stopped|01234567|-|-|-", false],
  [{ ...NAMED, report: undefined, finding: undefined }, "not there|-|-|-|-", false],
  [
    { ...NAMED, isNamed: false, report: STOPPED, finding: undefined },
    "stopped, not in the inventory|01234567|-|-|-",
    true,
  ],
];

Deno.test("renderStatus() writes a role as cells, and isWell() tells whether it is as it should be", () => {
  for (const [status, cells, well] of TABLE) {
    assertEquals(renderStatus(status).join("|"), `lab1/index|${cells}`);
    assertEquals(isWell(status), well, cells);
  }
});

Deno.test("formatUptime() writes days from a day on", () => {
  assertEquals([0, 59, 3_600, 86_399].map(formatUptime), ["0:00", "0:59", "1:00:00", "23:59:59"]);
  assertEquals([86_400, 93_600, 864_000].map(formatUptime), ["1 d 0 h", "1 d 2 h", "10 d 0 h"]);
});
