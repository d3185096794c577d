/**
 * What a case runs on: the network, those who are looked at, and how fast time goes.
 *
 * @module
 */

import type { Address } from "../../src/base/address.ts";
import type { Clock } from "../../src/base/clock.ts";
import type { Net } from "../../src/net/net.ts";
import type { Actor, Place } from "./transcript.ts";

/** How lines that we send are cut into writes. */
export type Feed = "lines" | "whole" | "bytes" | "cuts";

/** All of them. */
export const FEEDS: readonly Feed[] = ["lines", "whole", "bytes", "cuts"];

/** Somebody under test. What it cannot tell is left out. */
export interface Player {
  /** Where it is reached. */
  readonly places: Readonly<Partial<Record<Place, Address>>>;
  /** Ends it in order. Idempotent. */
  stop(): Promise<void>;
  /** Ends it as a crash does. Idempotent. */
  kill(): Promise<void>;
  /** The state that it is in. */
  state?(): string;
  /** The states that it was in, the first one first. */
  history?(): readonly string[];
  /** The bytes that it saved; undefined if there are none yet. */
  saved?(): Promise<Uint8Array | undefined>;
  /** The last lines that it printed. */
  lastLines?(): readonly string[];
}

/** How somebody is to be started. */
export interface Part {
  /** Who. */
  readonly actor: Actor;
  /** A content server's id. */
  readonly id: string;
  /** The file that a client is to get. */
  readonly file: string;
  /** Where the index is. */
  readonly index: Address;
  /** Where the monitor is asked. */
  readonly monitor: Address;
  /** Where the monitor hears heartbeats. */
  readonly heartbeats: Address;
  /** Where the suite's own content server is. */
  readonly content: Address;
}

/** Somebody under test cannot be started. */
export class StartError extends Error {
  /** The name of this class. */
  override readonly name = "StartError";
}

/** Starts those under test. */
export interface Cast {
  /** Whom it can start. */
  readonly knows: ReadonlySet<Actor>;
  /**
   * Starts one; resolves once it runs. A content server serves {@link SERVED}.
   *
   * @throws {StartError} if it does not start.
   */
  start(part: Part): Promise<Player>;
}

/** The files of a content server that a case starts. */
export const SERVED: Readonly<Record<string, string>> = { "hello.txt": "hello\n", "file1.txt": "" };

/** What a case runs on. */
export interface Stage {
  /** The network, as the suite sees it. */
  readonly net: Net;
  /** Time. */
  readonly clock: Clock;
  /** The host at which the suite listens, and from which it is seen. */
  readonly host: string;
  /** Who runs already. */
  readonly players: Readonly<Partial<Record<Actor, Player>>>;
  /** Who can be started; undefined for nobody. */
  readonly cast?: Cast | undefined;
  /** What is known by name besides: `file`, `empty`. */
  readonly variables: Readonly<Record<string, string>>;
  /** Makes ids and names differ from those of other runs. */
  readonly label: string;
  /** Milliseconds that a documented second lasts. Default: 1,000. */
  readonly secondMs?: number;
  /** Milliseconds by which a documented time may be missed. Default: 500. */
  readonly slackMs?: number;
  /** Milliseconds to wait for anything else. Default: 5,000. */
  readonly deadlineMs?: number;
  /** Decides where random cuts are. Default: 1. */
  readonly seed?: number;
}
