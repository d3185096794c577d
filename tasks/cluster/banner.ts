/**
 * The first words to the user: what runs, where, and what to type next.
 *
 * @module
 */

import type { ClusterFamily, NextOptions } from "./cluster_family.ts";
import type { Paint } from "./paint.ts";
import { LOOPBACK, type MemberPlan } from "./plan.ts";

/** Options of {@link renderBanner}. */
export interface BannerOptions extends Pick<NextOptions, "offset" | "moved" | "contentFolder"> {
  /** The family. */
  family: ClusterFamily;
  /** How the user starts tasks: `deno task`. */
  task: string;
  /** What `stop` needs to find this cluster, beside its name. */
  stopFlags: readonly string[];
  /** Colours, or none. */
  paint: Paint;
}

/** Writes the lines. */
export function renderBanner(
  plan: readonly MemberPlan[],
  { family, task, stopFlags, paint, ...place }: BannerOptions,
): readonly string[] {
  const next = [
    ...family.next({ ...place, program: `${task} microcdn` }),
    [[task, "stop", ...family.words, ...stopFlags].join(" "), "end all this, as Ctrl-C does here"] as const,
  ];
  const portsWidth = Math.max(...plan.map((member) => renderPorts(member).length));
  const width = Math.max(...next.map(([command]) => command.length));
  return [
    paint("bold", `Micro-CDN on ${LOOPBACK}, each role a process of its own:`),
    ...plan.map((member) => `  ${member.label.padEnd(8)} ${renderPorts(member).padEnd(portsWidth)}  ${member.meaning}`),
    paint(
      "dim",
      `  Each also shows its state, 10,000 above its TCP port: ` +
        `curl ${LOOPBACK}:${statePort(plan, family.shown)}/state (${family.shown})`,
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

function statePort(plan: readonly MemberPlan[], shown: string): number {
  return plan.find(({ label }) => label === shown)!.ports.at(-1)!.port;
}
