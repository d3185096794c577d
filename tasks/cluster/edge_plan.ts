/**
 * The cluster of the `edge` family: a meta server, a store, an origin and two nodes far apart.
 *
 * @module
 */

import { admin, adminPort, flag, LOOPBACK, type MemberPlan, type PlanOptions, supervision } from "./plan.ts";

/** The documented ports, and another one for a second node. */
const PORTS = { meta: 8002, store: 5050, origin: 8001, SF: 4000, NY: 4100 } as const;

/** Where the nodes say that they are. The store is in Los Angeles unless it is told otherwise. */
const PLACES = {
  SF: { name: "San Francisco", lat: 37.7749, lng: -122.4194 },
  NY: { name: "New York", lat: 40.7128, lng: -74.006 },
} as const;

/** The documented place of a client; it is that of the node in San Francisco. */
export const CLIENT_PLACE = PLACES.SF;

/** Plans the cluster, in the order in which it starts. */
export function planEdge(options: PlanOptions): readonly MemberPlan[] {
  return [
    planMeta(options),
    planStore(options),
    planOrigin(options),
    planNode("SF", options),
    planNode("NY", options),
  ];
}

/** The port of a plan's origin, for clients. */
export function originPort(offset: number): number {
  return PORTS.origin + offset;
}

/** The port of a plan's meta server. */
export function metaPort(offset: number): number {
  return PORTS.meta + offset;
}

/** The port of a plan's store. */
function storePort({ offset, moved = 0 }: Pick<PlanOptions, "offset" | "moved">): number {
  return PORTS.store + offset + moved;
}

function planMeta(options: PlanOptions): MemberPlan {
  const port = metaPort(options.offset);
  return planRole(options, {
    label: "meta",
    meaning: "knows every file and node, and who has what",
    colour: "magenta",
    port,
    purpose: "metadata",
    own: ["--catalogue", `sqlite:${options.dataFolder}/catalogue.sqlite`],
    pace: flag("timeout", options.timeoutMs / 1000),
    peers: storeFlag(options),
  });
}

function planStore(options: PlanOptions): MemberPlan {
  const plan = planRole(options, {
    label: "store",
    meaning: "keeps every file",
    colour: "yellow",
    port: storePort(options),
    purpose: "objects",
    own: ["--objects", `file:${options.dataFolder}/objects`],
    peers: metaFlag(options),
  });
  return { ...plan, mayMove: true };
}

function planOrigin(options: PlanOptions): MemberPlan {
  return planRole(options, {
    label: "origin",
    meaning: "tells clients which node is best for them",
    colour: "cyan",
    port: originPort(options.offset),
    purpose: "clients' questions",
    own: [],
    peers: [...metaFlag(options), ...storeFlag(options)],
  });
}

function planNode(label: "SF" | "NY", options: PlanOptions): MemberPlan {
  const { name, lat, lng } = PLACES[label];
  return planRole(options, {
    label,
    role: "node",
    meaning: `serves what it has, near ${name}`,
    colour: label === "SF" ? "green" : "blue",
    port: PORTS[label] + options.offset,
    purpose: "downloads",
    own: [
      ...flag("lat", lat),
      ...flag("lng", lng),
      "--cache",
      `disk:${options.dataFolder}/cache-${label.toLowerCase()}`,
    ],
    peers: [...metaFlag(options), ...storeFlag(options)],
  });
}

interface RoleParts extends Pick<MemberPlan, "label" | "meaning" | "colour"> {
  /** The word for it. Default: its label. */
  readonly role?: string;
  readonly port: number;
  readonly purpose: string;
  /** Flags for what is its own. */
  readonly own: readonly string[];
  /** Flags for what is left out by hand. */
  readonly pace?: readonly string[];
  /** Flags for where the others are. */
  readonly peers: readonly string[];
}

function planRole(
  { offset, moved = 0, isVerbose }: PlanOptions,
  { role, port, purpose, own, pace = [], peers, ...shown }: RoleParts,
): MemberPlan {
  const word = role ?? shown.label;
  const start = ["edge", word, ...flag("port", port), ...own];
  return {
    ...shown,
    permissions: `edge-${word}`,
    args: [...start, ...pace, ...peers, ...supervision(port, isVerbose)],
    byHand: [...start, ...offset + moved === 0 ? [] : peers, ...admin(port)],
    ports: [{ transport: "TCP", port, purpose }, adminPort(port)],
  };
}

function metaFlag({ offset }: PlanOptions): string[] {
  return ["--meta", `${LOOPBACK}:${metaPort(offset)}`];
}

function storeFlag(options: PlanOptions): string[] {
  return ["--store", `${LOOPBACK}:${storePort(options)}`];
}
