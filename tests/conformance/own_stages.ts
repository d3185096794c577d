/**
 * Stages with our own roles: over real sockets, and over the memory network on a virtual clock.
 *
 * @module
 */

import { systemClock } from "../../src/base/clock.ts";
import { denoNet } from "../../src/net/deno.ts";
import { SocketCluster } from "../socket_cluster.ts";
import { until } from "../until.ts";
import { VirtualCluster } from "../virtual_cluster.ts";
import { type LogReader, OwnCast, paceOf, playRole } from "./own_cast.ts";
import { SERVED, type Stage } from "./stage.ts";

/** A stage, and what has to be ended after it. */
export interface OwnStage extends AsyncDisposable {
  /** The stage. */
  readonly stage: Stage;
  /** Waits for a run on it. */
  run<T>(promise: Promise<T>): Promise<T>;
}

/** A quarter of the documented times. */
const SECOND_MS = 250;
const VARIABLES = { file: "hello.txt", empty: "file1.txt" };
const OUR_HOST = "10.0.2.1";

/** Real sockets and real files, at four times the documented pace. */
export async function openSocketStage(label: string): Promise<OwnStage> {
  const { timeoutMs, checkMs, heartbeatMs, registerMs, pollMs, graceMs } = paceOf(SECOND_MS);
  const cluster = await SocketCluster.start({ monitor: { timeoutMs, checkMs }, index: { pollMs, graceMs } });
  const folderOf = async (id: string): Promise<string> => {
    const folder = await cluster.files(id);
    for (const [name, text] of Object.entries(SERVED)) await Deno.writeTextFile(`${folder}/${name}`, text);
    return folder;
  };
  await folderOf("CS1");
  const content = await cluster.startContent("CS1", { heartbeatMs, registerMs });
  await until(() => content.state === "ACTIVE", { deadlineMs: 20_000 });
  const recordsOf = (source: string): LogReader => ({
    records: () => cluster.records.filter((record) => record.source === source),
  });
  let started = 0;
  const host = "127.0.0.1";
  const cast = new OwnCast(async (actor) => {
    const source = `${actor} ${++started}`;
    return { env: cluster.env(source), host, folder: await folderOf(source), ...recordsOf(source) };
  }, { secondMs: SECOND_MS });
  const players = {
    index: playRole(recordsOf("index"), "INIT", cluster.index),
    content: playRole(recordsOf("CS1"), "INIT", content),
    monitor: playRole(recordsOf("monitor"), undefined, cluster.monitor),
  };
  const pace = { secondMs: SECOND_MS, slackMs: 2_000, deadlineMs: 10_000 };
  return {
    stage: { net: denoNet(), clock: systemClock(), host, players, cast, variables: VARIABLES, label, ...pace },
    run: (promise) => promise,
    [Symbol.asyncDispose]: () => cluster[Symbol.asyncDispose](),
  };
}

/** The memory network and a virtual clock, with exactly the documented times. */
export async function openVirtualStage(label: string): Promise<OwnStage> {
  const cluster = new VirtualCluster();
  const { clock, network } = cluster;
  const monitor = await cluster.startMonitor();
  const index = await cluster.startIndex();
  for (const [name, text] of Object.entries(SERVED)) cluster.put(1, name, text);
  const content = await cluster.startContent(1);
  await clock.advance(1_000);
  const recordsOf = (source: string): LogReader => ({ records: () => cluster.events("state", source) });
  let started = 0;
  const cast = new OwnCast((actor) => {
    const host = `10.0.3.${++started}`;
    const source = `${actor} ${started}`;
    for (const [name, text] of Object.entries(SERVED)) cluster.disk(host).write(`files/${name}`, text);
    const crash = (): void => network.crash(host);
    return Promise.resolve({ env: cluster.env(host, source), host, folder: "files", crash, ...recordsOf(source) });
  }, { secondMs: 1_000 });
  const players = {
    index: playRole(recordsOf("index"), "INIT", index),
    content: playRole(recordsOf("CS1"), "INIT", content),
    monitor: playRole(recordsOf("monitor"), undefined, monitor),
  };
  const pace = { slackMs: 10, deadlineMs: 10_000 };
  return {
    stage: { net: network.host(OUR_HOST), clock, host: OUR_HOST, players, cast, variables: VARIABLES, label, ...pace },
    run: (promise) => clock.until(promise, 36_000_000),
    [Symbol.asyncDispose]: () => cluster[Symbol.asyncDispose](),
  };
}
