/**
 * Every family of which a cluster can be run on one machine.
 *
 * @module
 */

import { escapeControls } from "../../src/env/escape_controls.ts";
import { nearest } from "../../src/cli/suggestion.ts";
import { UsageError } from "../../src/cli/usage_error.ts";
import { indexPort, planCdn } from "./cdn_plan.ts";
import { CdnWatch } from "./cdn_watch.ts";
import type { ClusterFamily } from "./cluster_family.ts";
import { CLIENT_PLACE, originPort, planEdge } from "./edge_plan.ts";
import { EdgeWatch } from "./edge_watch.ts";
import { LOOPBACK } from "./plan.ts";

/** Index, monitor and content servers. */
export const CDN_CLUSTER: ClusterFamily = {
  name: "cdn",
  words: [],
  plan: planCdn,
  watch: (env, plan) => new CdnWatch(env, plan),
  // Content servers first: the index and the monitor are to hear that they leave.
  stopOrder: [["CS1", "CS2"], ["index"], ["monitor"]],
  shown: "index",
  next({ program, offset, moved = 0 }): ReturnType<ClusterFamily["next"]> {
    const toIndex = offset + moved === 0 ? "" : ` --index-port ${indexPort(offset, moved)}`;
    return [
      [`${program} ls${toIndex}`, "what is there"],
      [`${program} get hello.txt${toIndex}`, "download it"],
      [`${program} servers${toIndex}`, "who is alive"],
    ];
  },
  victim: { label: "CS1", noun: "content server" },
};

/** Meta server, store, origin and nodes. */
export const EDGE_CLUSTER: ClusterFamily = {
  name: "edge",
  words: ["edge"],
  plan: planEdge,
  watch: (env, plan) => new EdgeWatch(env, plan),
  // Nodes first: the meta server is to hear that they leave. Then whoever asks, before whoever answers.
  stopOrder: [["SF", "NY"], ["origin"], ["store"], ["meta"]],
  shown: "meta",
  next({ program, offset }): ReturnType<ClusterFamily["next"]> {
    const toOrigin = offset === 0 ? "" : ` --origin ${LOOPBACK}:${originPort(offset)}`;
    const here = ` --lat ${CLIENT_PLACE.lat} --lng ${CLIENT_PLACE.lng}`;
    return [
      [`${program} edge sync content/cs1${toOrigin}${here}`, "publish a folder"],
      [`${program} edge get hello.txt${toOrigin}${here}`, "download it"],
      [`${program} edge nodes${toOrigin}`, "who is alive"],
    ];
  },
  victim: { label: "SF", noun: "node" },
};

const CLUSTERS: readonly ClusterFamily[] = [CDN_CLUSTER, EDGE_CLUSTER];

/**
 * Returns the family that a task's command line names; the first one if it names none.
 *
 * @param task The task's name, for messages.
 * @throws {UsageError} if there is no such family, or more than one word.
 */
export function familyOf(task: string, operands: readonly string[]): ClusterFamily {
  const [name = CDN_CLUSTER.name, extra] = operands;
  const family = CLUSTERS.find((one) => one.name === name);
  const names = CLUSTERS.map((one) => one.name);
  const help = `(try deno task ${task} --help)`;
  if (family === undefined) {
    const meant = nearest(name, names);
    const hint = meant === undefined ? "" : `; did you mean ${meant}?`;
    throw new UsageError(`${task} knows ${names.join(" and ")}, got "${escapeControls(name)}"${hint} ${help}`);
  }
  if (extra !== undefined) throw new UsageError(`${task} takes one family, got "${escapeControls(extra)}" too ${help}`);
  return family;
}

/** The families beside one. */
export function othersOf(family: ClusterFamily): readonly ClusterFamily[] {
  return CLUSTERS.filter((one) => one !== family);
}
