/**
 * The cluster of the `cdn` family: a monitor, an index and two content servers.
 *
 * @module
 */

import { admin, adminPort, flag, type MemberPlan, type PlanOptions, supervision } from "./plan.ts";

/** The documented ports. */
const PORTS = {
  index: 5050,
  monitorUdp: 6000,
  monitorTcp: 6001,
  CS1: { tcp: 7001, udp: 7002 },
  CS2: { tcp: 7101, udp: 7102 },
} as const;

/** Plans the cluster, in the order in which it starts. */
export function planCdn(options: PlanOptions): readonly MemberPlan[] {
  return [planMonitor(options), planIndex(options), planContent("CS1", options), planContent("CS2", options)];
}

/** The port of a plan's index, for clients. */
export function indexPort(offset: number, moved = 0): number {
  return PORTS.index + offset + moved;
}

/** The port at which a plan's monitor takes questions. */
export function monitorPort(offset: number): number {
  return PORTS.monitorTcp + offset;
}

function planMonitor({ offset, moved, timeoutMs, isVerbose }: PlanOptions): MemberPlan {
  const [udp, tcp] = [PORTS.monitorUdp + offset, PORTS.monitorTcp + offset];
  const ports = [...flag("udp-port", udp), ...flag("tcp-port", tcp), ...flag("index-port", indexPort(offset, moved))];
  return {
    label: "monitor",
    meaning: "notices when a content server dies",
    colour: "magenta",
    permissions: "monitor",
    args: ["monitor", ...ports, ...flag("timeout", timeoutMs / 1000), ...supervision(tcp, isVerbose)],
    byHand: ["monitor", ...unlessDefault(offset + (moved ?? 0), ports), ...admin(tcp)],
    ports: [
      { transport: "UDP", port: udp, purpose: "heartbeats" },
      { transport: "TCP", port: tcp, purpose: "questions" },
      adminPort(tcp),
    ],
  };
}

function planIndex({ offset, moved, isVerbose }: PlanOptions): MemberPlan {
  const tcp = indexPort(offset, moved);
  const ports = [...flag("port", tcp), ...flag("monitor-tcp-port", monitorPort(offset))];
  return {
    label: "index",
    meaning: "knows which server has which file",
    colour: "cyan",
    mayMove: true,
    permissions: "index",
    args: ["index", ...ports, ...supervision(tcp, isVerbose)],
    byHand: ["index", ...unlessDefault(offset + (moved ?? 0), ports), ...admin(tcp)],
    ports: [{ transport: "TCP", port: tcp, purpose: "lookups" }, adminPort(tcp)],
  };
}

function planContent(label: "CS1" | "CS2", { offset, moved, isVerbose, contentFolder }: PlanOptions): MemberPlan {
  const [tcp, udp] = [PORTS[label].tcp + offset, PORTS[label].udp + offset];
  const own = ["content", "--server-id", label, ...flag("tcp-port", tcp), ...flag("udp-port", udp)];
  const peers = [
    ...flag("index-port", indexPort(offset, moved)),
    ...flag("monitor-udp-port", PORTS.monitorUdp + offset),
  ];
  const files = ["--files", `${contentFolder}/${label.toLowerCase()}`];
  return {
    label,
    meaning: `serves content/${label.toLowerCase()}`,
    colour: label === "CS1" ? "green" : "blue",
    permissions: "content",
    args: [...own, ...peers, ...files, ...supervision(tcp, isVerbose)],
    // The folder follows from the id.
    byHand: [...own, ...unlessDefault(offset + (moved ?? 0), peers), ...admin(tcp)],
    ports: [
      { transport: "TCP", port: tcp, purpose: "downloads" },
      { transport: "UDP", port: udp, purpose: "heartbeats" },
      adminPort(tcp),
    ],
  };
}

function unlessDefault(offset: number, flags: readonly string[]): readonly string[] {
  return offset === 0 ? [] : flags;
}
