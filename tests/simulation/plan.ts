/**
 * What one simulated day consists of, as data: a seed decides it up front, a reduction leaves parts of it out.
 *
 * @module
 */

import type { LinkFaults } from "../../src/net/memory.ts";
import type { OldPeers } from "./old_peers.ts";

/** How new bytes come to a name. */
export type PutWay =
  /** Another file takes the name. */
  | "replace"
  /** The bytes change under whoever has the file open. */
  | "overwrite"
  /** As `overwrite`, but half of the bytes come a moment later. */
  | "overwrite-slowly"
  /** A hidden file is written, and renamed. */
  | "rename";

/** One thing that happens from outside, whatever the roles do meanwhile. */
export type Action =
  /** A program is started on a machine; nothing if one runs. */
  | { readonly kind: "start"; readonly machine: string }
  /** A program is asked to stop. */
  | { readonly kind: "stop"; readonly machine: string }
  /** All of a machine ends at once. Silently, the power goes and nobody is told. */
  | { readonly kind: "crash"; readonly machine: string; readonly silently: boolean }
  /** A worker of a content server is killed, by its number; nothing if it does not run. */
  | { readonly kind: "kill-worker"; readonly machine: string; readonly number: number }
  /** Two machines cannot reach each other, or only the first not the second. */
  | {
    readonly kind: "partition";
    readonly a: string;
    readonly b: string;
    readonly oneWay: boolean;
    readonly forMs: number;
  }
  /** Nobody reaches a machine. */
  | { readonly kind: "isolate"; readonly machine: string; readonly forMs: number }
  /** The streams of a machine break. */
  | { readonly kind: "reset"; readonly machine: string }
  /** All links do something for a while. */
  | { readonly kind: "weather"; readonly faults: Partial<LinkFaults>; readonly forMs: number }
  /** A machine sends slowly for a while. */
  | { readonly kind: "uplink"; readonly machine: string; readonly bytesPerSecond: number; readonly forMs: number }
  /** A machine's wall clock is set. */
  | { readonly kind: "jump"; readonly machine: string; readonly deltaMs: number }
  /** A machine's disk takes no more bytes for a while. */
  | { readonly kind: "full"; readonly machine: string; readonly forMs: number }
  /** A file of a content server gets new bytes, or comes to be. */
  | {
    readonly kind: "put";
    readonly machine: string;
    readonly name: string;
    readonly sizeBytes: number;
    readonly content: number;
    readonly way: PutWay;
  }
  /** A file of a content server goes. */
  | { readonly kind: "remove"; readonly machine: string; readonly name: string }
  /** A client wants a file, and tries until it has it. */
  | {
    readonly kind: "want";
    readonly machine: string;
    readonly name: string;
    readonly parallel: number;
    readonly limitBytesPerSecond: number | undefined;
  }
  /** Somebody asks the index where a file is. */
  | {
    readonly kind: "look";
    readonly machine: string;
    readonly verb: "GET" | "HELLO" | "LOCATE";
    readonly name: string;
  }
  /** Somebody connects, says half of something, and waits. */
  | {
    readonly kind: "loiter";
    readonly machine: string;
    readonly at: string;
    readonly text: string;
    readonly forMs: number;
  };

/** An action at its time. */
export type PlannedAction = Action & { readonly atMs: number };

/** A stretch of trouble, and the calm after it, when all is looked at. */
export interface Episode {
  /** When the trouble is over, in milliseconds since the start. */
  readonly calmAtMs: number;
  /** Machines that are off in the calm; all others run. */
  readonly deadAtCalm: readonly string[];
  /** What happens until then. */
  readonly actions: readonly PlannedAction[];
}

/** All that one seed decides. */
export interface Plan {
  /** The seed. */
  readonly seed: number;
  /** Content server machines. */
  readonly contents: readonly string[];
  /** Client machines. */
  readonly clients: readonly string[];
  /** How many workers content servers have, by machine. Default: none. */
  readonly workers?: Readonly<Record<string, number>>;
  /** What all links do all the time. */
  readonly faults: Partial<LinkFaults>;
  /** Who speaks the common contract only; nobody if undefined. */
  readonly old?: OldPeers | undefined;
  /** Whether the index tells the monitor where to report. */
  readonly announces: boolean;
  /** In their order. */
  readonly episodes: readonly Episode[];
}

/** Writes an action in a line. */
export function describeAction({ atMs, kind, ...rest }: PlannedAction): string {
  const words = Object.entries(rest)
    .filter(([, value]) => value !== undefined)
    .map(([key, value]) => `${key}=${JSON.stringify(value)}`);
  return `${atMs.toFixed(3)} ${[kind, ...words].join(" ")}`;
}
