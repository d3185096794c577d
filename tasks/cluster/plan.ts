/**
 * What the cluster consists of: four roles, their ports, and how each is started.
 *
 * @module
 */

/** The roles of the cluster, by the names that they have on the screen. */
export type Label = "monitor" | "index" | "CS1" | "CS2";

/** A port that a role listens on. */
export interface PortUse {
  /** Which kind of port. */
  readonly transport: "TCP" | "UDP";
  /** Its number. */
  readonly port: number;
  /** What comes in there, in a word or two. */
  readonly purpose: string;
}

/** One role as it is to be started. */
export interface MemberPlan {
  /** Its name on the screen. */
  readonly label: Label;
  /** Its set in `permissions` of deno.json. */
  readonly permissions: "monitor" | "index" | "content";
  /** The words after `microcdn` that start it. */
  readonly args: readonly string[];
  /** The fewest words after `microcdn` that start it by hand, its state served as before. */
  readonly byHand: readonly string[];
  /** Where it listens. */
  readonly ports: readonly PortUse[];
}

/** Options of {@link planCluster}. */
export interface PlanOptions {
  /** Added to every port: 0 to {@link MAX_OFFSET}. */
  offset: number;
  /** A server silent for longer is dead, in milliseconds. */
  timeoutMs: number;
  /** Whether the roles log every message. */
  isVerbose: boolean;
  /** The folder with `cs1` and `cs2` in it. */
  contentFolder: string;
}

/** The documented ports. */
const PORTS = {
  index: 5050,
  monitorUdp: 6000,
  monitorTcp: 6001,
  CS1: { tcp: 7001, udp: 7002 },
  CS2: { tcp: 7101, udp: 7102 },
} as const;

/** How far above a role's TCP port its management port is. */
const ADMIN_ABOVE = 10_000;

/** The largest offset: with it, CS2's management port is 65,535. */
export const MAX_OFFSET = 65_535 - PORTS.CS2.tcp - ADMIN_ABOVE;

/**
 * How far apart to put clusters: up to 30 such steps share no port. Steps of 100 or 1,000 would, for CS2 is 100 above CS1,
 * and CS1 1,000 above the monitor.
 */
export const OFFSET_STEP = 300;

/** The host of it all. */
export const LOOPBACK = "127.0.0.1";

/** Plans the cluster, in the order in which it starts. */
export function planCluster(options: PlanOptions): readonly MemberPlan[] {
  return [planMonitor(options), planIndex(options), planContent("CS1", options), planContent("CS2", options)];
}

/** The port of a plan's index, for clients. */
export function indexPort(offset: number): number {
  return PORTS.index + offset;
}

/** The port at which a plan's monitor takes questions. */
export function monitorPort(offset: number): number {
  return PORTS.monitorTcp + offset;
}

function planMonitor({ offset, timeoutMs, isVerbose }: PlanOptions): MemberPlan {
  const [udp, tcp] = [PORTS.monitorUdp + offset, PORTS.monitorTcp + offset];
  const ports = [...flag("udp-port", udp), ...flag("tcp-port", tcp), ...flag("index-port", indexPort(offset))];
  return {
    label: "monitor",
    permissions: "monitor",
    args: ["monitor", ...ports, ...flag("timeout", timeoutMs / 1000), ...supervision(tcp, isVerbose)],
    byHand: ["monitor", ...unlessDefault(offset, ports), ...admin(tcp)],
    ports: [
      { transport: "UDP", port: udp, purpose: "heartbeats" },
      { transport: "TCP", port: tcp, purpose: "questions" },
      adminPort(tcp),
    ],
  };
}

function planIndex({ offset, isVerbose }: PlanOptions): MemberPlan {
  const tcp = indexPort(offset);
  const ports = [...flag("port", tcp), ...flag("monitor-tcp-port", monitorPort(offset))];
  return {
    label: "index",
    permissions: "index",
    args: ["index", ...ports, ...supervision(tcp, isVerbose)],
    byHand: ["index", ...unlessDefault(offset, ports), ...admin(tcp)],
    ports: [{ transport: "TCP", port: tcp, purpose: "lookups" }, adminPort(tcp)],
  };
}

function planContent(label: "CS1" | "CS2", { offset, isVerbose, contentFolder }: PlanOptions): MemberPlan {
  const [tcp, udp] = [PORTS[label].tcp + offset, PORTS[label].udp + offset];
  const own = ["content", "--server-id", label, ...flag("tcp-port", tcp), ...flag("udp-port", udp)];
  const peers = [...flag("index-port", indexPort(offset)), ...flag("monitor-udp-port", PORTS.monitorUdp + offset)];
  const files = ["--files", `${contentFolder}/${label.toLowerCase()}`];
  return {
    label,
    permissions: "content",
    args: [...own, ...peers, ...files, ...supervision(tcp, isVerbose)],
    // The folder follows from the id.
    byHand: [...own, ...unlessDefault(offset, peers), ...admin(tcp)],
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

function adminPort(tcp: number): PortUse {
  return { transport: "TCP", port: tcp + ADMIN_ABOVE, purpose: "state" };
}

function supervision(tcp: number, isVerbose: boolean): string[] {
  return [...admin(tcp), "--log", "json", "--supervised", ...isVerbose ? ["--verbose"] : []];
}

function admin(tcp: number): string[] {
  return ["--admin", `${LOOPBACK}:${tcp + ADMIN_ABOVE}`];
}

function flag(name: string, value: number): string[] {
  return [`--${name}`, String(value)];
}
