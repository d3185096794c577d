/**
 * The first words to the user: what runs, where, and what to type next.
 *
 * @module
 */

import { indexPort, LOOPBACK, type MemberPlan } from "./plan.ts";
import type { Paint } from "./paint.ts";

/** Options of {@link renderBanner}. */
export interface BannerOptions {
  /** Added to every port. */
  offset: number;
  /** How the user starts tasks: `deno task`. */
  task: string;
  /** What `stop` needs to find this cluster, beside its name. */
  stopFlags: readonly string[];
  /** Colours, or none. */
  paint: Paint;
}

const ROLES: Readonly<Record<string, string>> = {
  monitor: "notices when a content server dies",
  index: "knows which server has which file",
  CS1: "serves content/cs1",
  CS2: "serves content/cs2",
};

/** Writes the lines. */
export function renderBanner(
  plan: readonly MemberPlan[],
  { offset, task, stopFlags, paint }: BannerOptions,
): readonly string[] {
  const toIndex = offset === 0 ? "" : ` --index-port ${indexPort(offset)}`;
  const next: ReadonlyArray<readonly [string, string]> = [
    [`${task} microcdn ls${toIndex}`, "what is there"],
    [`${task} microcdn get hello.txt${toIndex}`, "download it"],
    [`${task} microcdn servers${toIndex}`, "who is alive"],
    [[task, "stop", ...stopFlags].join(" "), "end all this, as Ctrl-C does here"],
  ];
  const portsWidth = Math.max(...plan.map((member) => renderPorts(member).length));
  const width = Math.max(...next.map(([command]) => command.length));
  return [
    paint("bold", `Micro-CDN on ${LOOPBACK}, each role a process of its own:`),
    ...plan.map((member) =>
      `  ${member.label.padEnd(8)} ${renderPorts(member).padEnd(portsWidth)}  ${ROLES[member.label]}`
    ),
    paint(
      "dim",
      `  Each also shows its state, 10,000 above its TCP port: curl ${LOOPBACK}:${adminPort(plan)}/state (index)`,
    ),
    "",
    paint("bold", "Next, in another terminal in this folder:"),
    ...next.map(([command, meaning]) => `  ${paint("cyan", command.padEnd(width))}  ${paint("dim", meaning)}`),
    "",
  ];
}

function renderPorts({ ports }: MemberPlan): string {
  return ports.filter(({ purpose }) => purpose !== "state").map(({ transport, port, purpose }) =>
    `${transport} ${port} ${purpose}`
  ).join(", ");
}

function adminPort(plan: readonly MemberPlan[]): number {
  return plan.find(({ label }) => label === "index")!.ports.at(-1)!.port;
}
