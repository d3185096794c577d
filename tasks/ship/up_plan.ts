/**
 * What is to be done on a machine, by what it reports and what it should be.
 *
 * @module
 */

import { programFile, renderLaunchScript } from "./launch_script.ts";
import type { Machine, ShippedRole } from "./machine.ts";
import type { MachineReport, RoleReport } from "./machine_report.ts";
import type { Artefact } from "./artefacts.ts";

/** A program that is to be copied. */
export interface Upload {
  /** The program here. */
  readonly artefact: Artefact;
  /** What it is to be called there. */
  readonly program: string;
}

/** Why a role is touched, or that it is not. */
export type Change =
  /** It was not there. */
  | "new"
  /** Its program is another one. */
  | "program"
  /** Its flags are others. */
  | "flags"
  /** Its program's bytes there are not what they were. */
  | "damaged"
  /** It is as it should be, and does not run. */
  | "stopped"
  | "unchanged";

/** A role, and what is to be done about it. */
export interface RoleStep {
  /** The role. */
  readonly role: ShippedRole;
  /** Whether and why it is touched. */
  readonly change: Change;
  /** Its program there. */
  readonly program: string;
  /** The SHA-256 that its program must have. */
  readonly sha256: string;
  /** The script that is to become it. */
  readonly script: string;
}

/** All that is to be done on a machine. */
export interface UpPlan {
  /** What is to be copied first: each program once. */
  readonly uploads: readonly Upload[];
  /** Its roles. */
  readonly steps: readonly RoleStep[];
  /** Roles that are there, and not in the inventory. They are left alone. */
  readonly strangers: readonly string[];
}

/** Options of {@link planUp}. */
export interface UpPlanOptions {
  /** What the machine reports; programs must have been checked. */
  readonly report: MachineReport;
  /** The programs for its system, by name. */
  readonly artefacts: ReadonlyMap<string, Artefact>;
  /** The SHA-256 of a text. */
  readonly digest: (text: string) => string;
}

/** Plans. Every role's program must be among the artefacts. */
export function planUp({ roles }: Machine, { report, artefacts, digest }: UpPlanOptions): UpPlan {
  const there = new Map(report.roles.map((role) => [role.name, role]));
  const intact = new Set(report.roles.flatMap(({ checked }) => checked ?? []));
  const uploads = new Map<string, Upload>();
  const steps = roles.map((role): RoleStep => {
    const artefact = artefacts.get(role.kind.program.name)!;
    const { sha256 } = artefact;
    const program = programFile(artefact.name, sha256);
    if (!intact.has(sha256)) uploads.set(program, { artefact, program });
    const script = renderLaunchScript(role, program);
    const change = changeOf(there.get(role.name), { program, sha256, scriptDigest: digest(script) });
    return { role, change, program, sha256, script };
  });
  const names = new Set(roles.map(({ name }) => name));
  return {
    uploads: [...uploads.values()],
    steps,
    strangers: report.roles.map(({ name }) => name).filter((name) => !names.has(name)),
  };
}

interface Wanted {
  readonly program: string;
  readonly sha256: string;
  readonly scriptDigest: string;
}

function changeOf(there: RoleReport | undefined, { program, sha256, scriptDigest }: Wanted): Change {
  if (there === undefined) return "new";
  if (there.program !== program) return "program";
  if (there.current !== scriptDigest) return "flags";
  if (there.checked !== sha256) return "damaged";
  return there.pid === undefined ? "stopped" : "unchanged";
}
