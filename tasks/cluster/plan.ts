/**
 * What a cluster consists of, whatever its family: roles, their ports, and how each is started.
 *
 * @module
 */

import type { Colour } from "./paint.ts";

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
  readonly label: string;
  /** What it does, in a few words. */
  readonly meaning: string;
  /** What its name is painted in. */
  readonly colour: Colour;
  /** Its set in `permissions` of deno.json. */
  readonly permissions: string;
  /** The words after `microcdn` that start it. */
  readonly args: readonly string[];
  /** The fewest words after `microcdn` that start it by hand, its state served as before. */
  readonly byHand: readonly string[];
  /** Where it listens. */
  readonly ports: readonly PortUse[];
  /** Whether another family has its documented port, too, so that it moves where that one is in use. */
  readonly mayMove?: true;
}

/** Options of a plan. */
export interface PlanOptions {
  /** Added to every port: 0 to {@link MAX_OFFSET}. */
  offset: number;
  /** Added to the port that another family has, too. Default: 0. */
  moved?: number;
  /** A server silent for longer is dead, in milliseconds. */
  timeoutMs: number;
  /** Whether the roles log every message. */
  isVerbose: boolean;
  /** The folder with the project's sample files. */
  contentFolder: string;
  /** The folder for what outlives the cluster. */
  dataFolder: string;
}

/** How far above a role's TCP port its management port is. */
export const ADMIN_ABOVE = 10_000;

/** The highest documented TCP port of any role: origin and meta are the highest. */
const HIGHEST_PORT = 8_002;

/** The largest offset: with it, the highest management port is 65,535. */
export const MAX_OFFSET: number = 65_535 - HIGHEST_PORT - ADMIN_ABOVE;

/**
 * How far apart to put clusters: up to 30 such steps share no port. Steps of 100 or 1,000 would, for CS2 is 100 above CS1,
 * and CS1 1,000 above the monitor.
 */
export const OFFSET_STEP = 300;

/** The host of it all. */
export const LOOPBACK = "127.0.0.1";

/** The port where a role shows its state. */
export function adminPort(tcp: number): PortUse {
  return { transport: "TCP", port: tcp + ADMIN_ABOVE, purpose: "state" };
}

/** Flags that every role of a cluster gets. */
export function supervision(tcp: number, isVerbose: boolean): string[] {
  return [...admin(tcp), "--log", "json", "--supervised", ...isVerbose ? ["--verbose"] : []];
}

/** The flag for a role's management port. */
export function admin(tcp: number): string[] {
  return ["--admin", `${LOOPBACK}:${tcp + ADMIN_ABOVE}`];
}

/** A flag with a number. */
export function flag(name: string, value: number): string[] {
  return [`--${name}`, String(value)];
}
