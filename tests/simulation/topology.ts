/**
 * Machines of a simulated network, and how many of each kind a seed gives.
 *
 * @module
 */

import { type Random, randomInt } from "../../src/base/random.ts";

/** Where the index is. */
export const INDEX = { host: "10.0.0.1", port: 5050 };
/** Where the monitor hears heartbeats. */
export const HEARTBEATS = { host: "10.0.0.2", port: 6000 };
/** Where the monitor is asked. */
export const CONTROL = { host: "10.0.0.2", port: 6001 };
/** Who looks whether all is well. */
export const EXAMINER = "10.0.3.1";
/** Where content servers serve, each on a machine of its own. */
export const CONTENT_PORT = 7001;
/** The most content servers. */
export const MAX_CONTENTS = 50;

const CONTENT_NETWORK = "10.0.1.";
const CLIENT_NETWORK = "10.0.2.";

/** The machine of content server `CS<number>`. */
export function contentMachine(number: number): string {
  return `${CONTENT_NETWORK}${number}`;
}

/** The machine of a client. */
export function clientMachine(number: number): string {
  return `${CLIENT_NETWORK}${number}`;
}

/** The id of the content server on a machine. */
export function serverIdOf(machine: string): string {
  return `CS${machine.slice(CONTENT_NETWORK.length)}`;
}

/** The machine of a content server, by its id. */
export function machineOf(serverId: string): string {
  return `${CONTENT_NETWORK}${serverId.slice(2)}`;
}

/** What runs on a machine. */
export type MachineKind = "index" | "monitor" | "content" | "client";

/** Says what runs on a machine. */
export function kindOf(machine: string): MachineKind {
  if (machine === INDEX.host) return "index";
  if (machine === CONTROL.host) return "monitor";
  return machine.startsWith(CONTENT_NETWORK) ? "content" : "client";
}

/** Draws the machines of one network: mostly small ones, now and then up to 50 content servers. */
export function drawTopology(random: Random): { contents: string[]; clients: string[] } {
  const draw = random.next();
  const contents = draw < 0.75
    ? 1 + randomInt(random, 5)
    : draw < 0.96
    ? 6 + randomInt(random, 10)
    : 16 + randomInt(random, 35);
  const clients = 1 + randomInt(random, 4);
  return {
    contents: Array.from({ length: Math.min(MAX_CONTENTS, contents) }, (_, at) => contentMachine(at + 1)),
    clients: Array.from({ length: clients }, (_, at) => clientMachine(at + 1)),
  };
}
