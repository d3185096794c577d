/**
 * Our own roles as processes, however they are started, under all transcripts.
 *
 * @module
 */

import { assert } from "@std/assert";
import { systemClock } from "../../src/base/clock.ts";
import { denoNet } from "../../src/net/deno.ts";
import { CDN_ROLES, type Launcher, type Role } from "../launchers.ts";
import { PortClaims } from "../port_claims.ts";
import { ProcessCluster } from "../process_cluster.ts";
import { ProcessCast } from "./process_cast.ts";
import { renderFailure, renderTable } from "./report.ts";
import { type Player, SERVED, type Stage } from "./stage.ts";
import { loadSections, runSections } from "./suite.ts";

const HOST = "127.0.0.1";
/** Half of the documented times, for all that has a flag: a busy machine must not take somebody for dead. */
const SECOND_MS = 500;
/** Cases wait much, and what they start works for a moment. */
const PARALLEL = 12;
const INDEX = ["--index-host", "{index_host}", "--index-port", "{index_port}"];

const MONITOR_PACE = ["--timeout", inSeconds(8), "--check-interval", inSeconds(1)];

/** The flags of each role. What stands in braces is put in for each case. */
const FLAGS: Readonly<Record<Role, readonly string[]>> = {
  index: [
    ...["--host", "{host}", "--port", "{tcp_port}"],
    ...["--monitor-host", "{monitor_host}", "--monitor-tcp-port", "{monitor_port}"],
  ],
  monitor: [
    ...["--host", "{host}", "--udp-port", "{udp_port}", "--tcp-port", "{tcp_port}", ...INDEX],
    ...MONITOR_PACE,
  ],
  content: [
    ...["--host", "{host}", "--tcp-port", "{tcp_port}", "--udp-port", "{udp_port}", ...INDEX],
    ...["--monitor-host", "{monitor_host}", "--monitor-udp-port", "{heartbeat_port}"],
    ...["--server-id", "{id}", "--files", "{folder}", "--drain", "0"],
    ...["--heartbeat-interval", inSeconds(3), "--register-interval", inSeconds(15)],
  ],
  client: ["get", "{file}", "--out", "{out}", ...INDEX, "--retry", "0"],
};

/** Options of {@link assertConforms}. */
export interface ConformOptions {
  /** How roles are started. */
  readonly launch: Launcher;
  /**
   * Whether the cases are had, too, for which somebody is started anew: he meets the suite alone, whatever else runs.
   * Default: true.
   */
  readonly withStarts?: boolean;
}

/** Requires that every conversation holds with a network of roles that are started in this way. */
export async function assertConforms({ launch, withStarts = true }: ConformOptions): Promise<void> {
  await using cluster = await ProcessCluster.create({ launch });
  for (const [name, text] of Object.entries(SERVED)) await cluster.put(["CS1"], name, new TextEncoder().encode(text));
  await cluster.startAll(["CS1"], ...MONITOR_PACE);
  const claims = new PortClaims();
  const commands = Object.fromEntries(
    CDN_ROLES.map((role) => [role, [...launch(role), ...FLAGS[role]].map((word) => `"${word}"`).join(" ")]),
  );
  const net = denoNet();
  const clock = systemClock();
  let claimed = 0;
  const freePort = (): number => claims.port(String(claimed++));
  const stage: Stage = {
    net,
    clock,
    host: HOST,
    players: playersOf(cluster),
    cast: withStarts ? new ProcessCast({ net, clock, host: HOST, commands, freePort }) : undefined,
    variables: { file: "hello.txt", empty: "file1.txt" },
    label: "launched",
    secondMs: SECOND_MS,
    slackMs: 3_000,
    deadlineMs: 15_000,
  };
  try {
    const results = await runSections(stage, await loadSections(), { parallel: PARALLEL });
    const unheld = results.filter(({ outcome }) => {
      if (outcome.kind === "not-run") return withStarts || !outcome.reason.startsWith("no --start-");
      return outcome.kind === "failed";
    });
    assert(unheld.length === 0, `${unheld.map(renderFailure).join("\n\n")}\n\n${renderTable(results)}`);
  } finally {
    claims.release();
  }
}

function playersOf(cluster: ProcessCluster): Stage["players"] {
  const forever = { stop: () => Promise.resolve(), kill: () => Promise.resolve() };
  const monitor: Player["places"] = {
    monitor: cluster.address("monitor"),
    "monitor-udp": cluster.address("heartbeats"),
  };
  return {
    index: { places: { index: cluster.address("index") }, ...forever },
    content: { places: { content: cluster.address("CS1") }, ...forever },
    monitor: { places: monitor, ...forever },
  };
}

function inSeconds(count: number): string {
  return String((count * SECOND_MS) / 1000);
}
