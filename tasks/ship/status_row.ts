/**
 * How roles are, a row each.
 *
 * @module
 */

import { formatDuration } from "../../src/cli/units.ts";
import { shortVersion } from "./launch_script.ts";
import type { RoleReport } from "./machine_report.ts";
import type { Finding } from "./remote.ts";

/** The columns of a row. */
export const STATUS_COLUMNS = [
  { title: "role" },
  { title: "state" },
  { title: "version" },
  { title: "uptime", align: "right" },
  { title: "pid", align: "right" },
  { title: "health" },
] as const;

/** A role, as far as it is known. */
export interface RoleStatus {
  /** What it is called: `lab1/index`. */
  readonly label: string;
  /** What its machine says of it; `undefined` if it is not there. */
  readonly report: RoleReport | undefined;
  /** How it is; `undefined` if it was not asked, for it has no `admin` flag or does not run. */
  readonly finding: Finding | undefined;
  /** Whether the inventory names it. */
  readonly isNamed: boolean;
}

/** Whether a role is as it should be: it runs, and is not known to be unwell. */
export function isWell({ report, finding, isNamed }: RoleStatus): boolean {
  if (!isNamed) return true;
  return report?.pid !== undefined && (finding === undefined || finding.status === "healthy");
}

/** Writes a role as the cells of its row. */
export function renderStatus({ label, report, finding, isNamed }: RoleStatus): readonly string[] {
  const isRunning = report?.pid !== undefined;
  const state = report === undefined ? "not there" : isRunning ? "running" : "stopped";
  return [
    label,
    isNamed ? state : `${state}, not in the inventory`,
    report === undefined ? "-" : shortVersion(report.program),
    report?.uptimeS === undefined ? "-" : formatUptime(report.uptimeS),
    report?.pid === undefined ? "-" : String(report.pid),
    finding === undefined ? "-" : renderFinding(finding),
  ];
}

/** Writes a duration: as a clock up to a day, then in days and hours. */
export function formatUptime(seconds: number): string {
  if (seconds < 86_400) return formatDuration(seconds * 1_000);
  return `${Math.floor(seconds / 86_400)} d ${Math.floor(seconds / 3_600) % 24} h`;
}

function renderFinding(finding: Finding): string {
  return finding.status === "healthy" ? finding.status : `${finding.status}: ${finding.reason}`;
}
