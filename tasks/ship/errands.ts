/**
 * What `deno task ship` does on one machine.
 *
 * @module
 */

import { sha256 } from "../../src/base/digest.ts";
import { EXIT } from "../../src/cli/exit_codes.ts";
import { CommandError } from "../../src/cli/failure.ts";
import type { Artefact, Artefacts } from "./artefacts.ts";
import {
  changeDeadlineMs,
  describeChange,
  describeOutcomes,
  restartCall,
  type Result,
  rollbackCall,
  stopCall,
  upCall,
} from "./changes.ts";
import type { Machine, ShippedRole } from "./machine.ts";
import type { MachineReport } from "./machine_report.ts";
import type { Remote } from "./remote.ts";
import { sideBySide } from "./side_by_side.ts";
import type { RoleStatus } from "./status_row.ts";
import { targetOf } from "./system_target.ts";
import { planUp, type UpPlan } from "./up_plan.ts";

/** How many connections to one machine at once: an ssh server turns away those beyond ten that log in at a time. */
const QUESTIONS_AT_ONCE = 4;

/** What an errand is about. */
export interface Errand {
  /** The machine, with the roles that were asked for. */
  readonly remote: Remote;
  /** Whether all of its roles were. */
  readonly isWhole: boolean;
  /** Told what is being done. */
  readonly onStep: (step: string) => void;
}

/** Makes a machine what the inventory says: copies what it lacks, and starts what is new, changed or stopped. */
export async function bringUp({ remote, isWhole, onStep }: Errand, artefacts: Artefacts): Promise<Result> {
  const { machine } = remote;
  onStep("looks");
  const report = await remote.report({ checksPrograms: true, mayLinger: true });
  const plan = planUp(machine, { report, artefacts: await findArtefacts(artefacts, machine, report), digest });
  for (const { artefact, program } of plan.uploads) {
    onStep(`copies ${artefact.name}`);
    await remote.send(artefact, program);
  }
  const touched = plan.steps.filter(({ change }) => change !== "unchanged");
  const roles = touched.map(({ role }) => role);
  onStep(`starts ${roles.map(({ name }) => name).join(", ")}`);
  const calls = touched.map((step) => upCall(machine, step, report));
  const outcomes = touched.length === 0 ? [] : await remote.change(calls, changeDeadlineMs(roles));
  return describeUp(plan, { outcomes, report, isWhole });
}

async function findArtefacts(
  artefacts: Artefacts,
  { roles }: Machine,
  { system, canHash }: MachineReport,
): Promise<ReadonlyMap<string, Artefact>> {
  if (!canHash) {
    throw new CommandError(EXIT.network, "Cannot compare hashes there: it has no sha256sum, shasum or openssl");
  }
  const target = targetOf(system);
  if (target === undefined) {
    throw new CommandError(
      EXIT.network,
      `Cannot send anything to a machine that is ${system}: nothing is compiled for it`,
    );
  }
  const names = [...new Set(roles.map(({ kind }) => kind.program.name))];
  const found = await Promise.all(names.map((name) => artefacts.find({ name, target })));
  return new Map(found.map((artefact) => [artefact.name, artefact]));
}

interface UpEnd {
  readonly outcomes: Parameters<typeof describeOutcomes>[0];
  readonly report: MachineReport;
  readonly isWhole: boolean;
}

function describeUp({ steps, strangers }: UpPlan, { outcomes, report, isWhole }: UpEnd): Result {
  const changes = new Map(steps.map(({ role, change, program }) => [role.name, describeChange(change, program)]));
  const { parts, isGood } = describeOutcomes(outcomes, (name) => changes.get(name) ?? "started");
  const same = steps.filter(({ change }) => change === "unchanged").map(({ role }) => `${role.name} unchanged`);
  const notes = [
    ...isWhole && strangers.length > 0 ? [`not in the inventory: ${strangers.join(", ")}`] : [],
    ...outcomes.length > 0 && report.manager === "detached" ? [`detached: ${report.whyDetached}`] : [],
  ];
  return { line: [...parts, ...same].join(", ") + notes.map((note) => ` (${note})`).join(""), isGood };
}

/** Stops roles and starts them again. */
export async function restart({ remote, onStep }: Errand): Promise<Result> {
  const { roles } = remote.machine;
  onStep("restarts");
  const outcomes = await remote.change(roles.map(restartCall), changeDeadlineMs(roles));
  return toResult(outcomes, "restarted");
}

/** Goes back to the version before, of each role. */
export async function rollBack({ remote, onStep }: Errand): Promise<Result> {
  const { roles } = remote.machine;
  onStep("goes back");
  const outcomes = await remote.change(roles.map(rollbackCall), changeDeadlineMs(roles));
  return toResult(outcomes, "runs the version before");
}

/** Stops roles for good; if all were asked for, those too that the inventory does not name any more. */
export async function stop({ remote, isWhole, onStep }: Errand): Promise<Result> {
  const named = new Map<string, ShippedRole>(remote.machine.roles.map((role) => [role.name, role]));
  onStep("stops");
  const report = await remote.report({ checksPrograms: false, mayLinger: false });
  const names = report.roles.map(({ name }) => name).filter((name) => isWhole || named.has(name));
  if (names.length === 0) return { line: "nothing is there", isGood: true };
  const calls = names.map((name) => stopCall(name, named.get(name)));
  const outcomes = await remote.change(calls, changeDeadlineMs(names.map((name) => named.get(name))));
  return toResult(outcomes, "stopped");
}

/** Returns how every role is: those that were asked for, and if all were, those too that are merely there. */
export async function inspect({ remote, isWhole, onStep }: Errand): Promise<readonly RoleStatus[]> {
  const { name: machine, roles } = remote.machine;
  onStep("looks");
  const report = await remote.report({ checksPrograms: false, mayLinger: false });
  const there = new Map(report.roles.map((role) => [role.name, role]));
  const named = await sideBySide(roles, QUESTIONS_AT_ONCE, async (role): Promise<RoleStatus> => {
    const { admin } = role.settings;
    const own = there.get(role.name);
    const canAsk = own?.pid !== undefined && admin !== undefined && admin.port > 0;
    const finding = canAsk ? await remote.health(admin) : undefined;
    return { label: `${machine}/${role.name}`, report: own, finding, isNamed: true };
  });
  const names = new Set(roles.map(({ name }) => name));
  const strangers = isWhole ? report.roles.filter(({ name }) => !names.has(name)) : [];
  return [
    ...named,
    ...strangers.map((own) => ({ label: `${machine}/${own.name}`, report: own, finding: undefined, isNamed: false })),
  ];
}

function toResult(outcomes: Parameters<typeof describeOutcomes>[0], words: string): Result {
  const { parts, isGood } = describeOutcomes(outcomes, () => words);
  return { line: parts.join(", "), isGood };
}

function digest(text: string): string {
  const digest = sha256();
  digest.update(new TextEncoder().encode(text));
  return digest.hex();
}
