/**
 * Orders that change roles on a machine: what is sent, how long it may take, and what came of it in words.
 *
 * @module
 */

import { unreachable } from "../../src/base/invariant.ts";
import { renderUnit } from "../../src/cli/service_unit.ts";
import { shortVersion } from "./launch_script.ts";
import type { Machine, ShippedRole } from "./machine.ts";
import type { AfterFailure, MachineReport, RoleOutcome } from "./machine_report.ts";
import type { Call } from "./orders.ts";
import type { Change, RoleStep } from "./up_plan.ts";

/** What may come on top of a role's drain until it has stopped: its management port closes, and it says goodbye. */
const STOP_SLACK_S = 15;
/** How long a role takes at the most to start, and a killed one to be gone; as in `machine.sh`, and some more. */
const START_S = 30;
/** What an order takes beside its roles: a slow machine logs in and looks. */
const ORDER_SLACK_S = 30;
/** The drain of a role of which nobody knows the flags. */
const DEFAULT_DRAIN_MS = 5_000;

/** How long a role may take to stop before it is killed, in seconds. */
export function stopSeconds(role: Pick<ShippedRole, "settings"> | undefined): number {
  return Math.ceil((role?.settings.drainMs ?? DEFAULT_DRAIN_MS) / 1000) + STOP_SLACK_S;
}

/** How long an order may take, in milliseconds: each role stops and starts, and perhaps once more to go back. */
export function changeDeadlineMs(roles: ReadonlyArray<Pick<ShippedRole, "settings"> | undefined>): number {
  const seconds = roles.map((role) => 2 * (stopSeconds(role) + START_S)).reduce((sum, one) => sum + one, 0);
  return (seconds + ORDER_SLACK_S) * 1_000;
}

/** Has a role put in place and started. */
export function upCall(
  { name: machine }: Machine,
  { role, program, sha256, script }: RoleStep,
  report: MachineReport,
): Call {
  const { folder, manager } = report;
  const { name, kind, settings } = role;
  const unit = renderUnit({
    name: `microcdn-${name}`,
    description: `Micro-CDN ${kind.word} ${name} of ${machine}`,
    command: ["/bin/sh", `${folder}/roles/${name}/current`],
    manager: "user",
    folder,
    reads: [],
    ports: [],
    drainMs: settings.drainMs,
  });
  return ["up", ...look(role), manager, program, sha256, script, unit];
}

/** Has a role stopped and started. */
export function restartCall(role: ShippedRole): Call {
  return ["restart", ...look(role)];
}

/** Has a role go back to the version before. */
export function rollbackCall(role: ShippedRole): Call {
  return ["rollback", ...look(role)];
}

/** Has a role stopped for good. */
export function stopCall(name: string, role: ShippedRole | undefined): Call {
  return ["stop", name, String(stopSeconds(role))];
}

function look(role: ShippedRole): [name: string, seconds: string, voice: string] {
  return [role.name, String(stopSeconds(role)), role.settings.isQuiet ? "quiet" : "loud"];
}

/** What came of an errand to a machine. */
export interface Result {
  /** What to say, in a line. */
  readonly line: string;
  /** Whether all of it worked. */
  readonly isGood: boolean;
}

const REMAINS: Readonly<Record<AfterFailure, string>> = {
  kept: "nothing was changed",
  restored: "the version before runs again",
  down: "it does not run now",
};

/** Says what came of orders, role by role. */
export function describeOutcomes(
  outcomes: readonly RoleOutcome[],
  words: (name: string) => string,
): { readonly parts: readonly string[]; readonly isGood: boolean } {
  const parts = outcomes.map((outcome) => {
    switch (outcome.kind) {
      case "started":
        return `${outcome.name} ${words(outcome.name)} (pid ${outcome.pid})`;
      case "stopped":
        return outcome.pid === undefined ? `${outcome.name} did not run` : `${outcome.name} stopped`;
      case "failed":
        return `${outcome.name} FAILED: ${outcome.reason}; ${REMAINS[outcome.now]}`;
      default:
        return unreachable(outcome);
    }
  });
  return { parts, isGood: outcomes.every(({ kind }) => kind !== "failed") };
}

/** Says in a word or two why a role was touched. */
export function describeChange(change: Change, program: string): string {
  switch (change) {
    case "new":
      return `installed ${shortVersion(program)}`;
    case "program":
      return `updated to ${shortVersion(program)}`;
    case "flags":
      return "restarted with new flags";
    case "damaged":
      return `mended ${shortVersion(program)}`;
    case "stopped":
      return "started";
    case "unchanged":
      return "unchanged";
    default:
      return unreachable(change);
  }
}
