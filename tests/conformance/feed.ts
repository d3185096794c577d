/**
 * What goes out together, and in which pieces.
 *
 * @module
 */

import { type Random, randomInt } from "../../src/base/random.ts";
import { fillIn, type Variables, variablesOf } from "./pattern.ts";
import { parseRaw, renderRaw } from "./raw_text.ts";
import type { Feed } from "./stage.ts";
import type { Step } from "./transcript.ts";

/** Options of {@link takeSends}. */
export interface TakeOptions {
  /** Whether everything goes out at once that depends on no answer. */
  readonly isTogether: boolean;
  /** Whether a line has an end, as it has in a stream and not in a datagram. */
  readonly hasLineEnds: boolean;
  /** What is known by name. */
  readonly variables: Variables;
}

/** What goes out, and what is left to do then. */
export interface Sends {
  /** The bytes. */
  readonly bytes: Uint8Array;
  /** The steps as a report shows them. */
  readonly shown: readonly string[];
  /** The steps that are left. */
  readonly left: Step[];
}

/** From how many bytes on a line is cut short in a report. */
const LONG_BYTES = 250;
const encoder = new TextEncoder();

/** Takes the first step, which sends something, and with `isTogether` all later ones up to the next event. */
export function takeSends(steps: readonly Step[], { isTogether, hasLineEnds, variables }: TakeOptions): Sends {
  const left: Step[] = [];
  const shown: string[] = [];
  const bytes: number[] = [];
  let isOver = false;
  for (const step of steps) {
    const isOurs = step.kind === "send" || step.kind === "send-raw";
    const isTheirs = step.kind === "expect" || step.kind === "expect-raw";
    const text = isOurs ? fillIn(step.text, variables) : "";
    // What depends on an answer cannot go out before it.
    isOver ||= !(isOurs || isTheirs) || (isOurs && variablesOf(text).length > 0);
    if (isOver || !isOurs) {
      left.push(step);
      continue;
    }
    const said = step.kind === "send" ? encoder.encode(hasLineEnds ? `${text}\n` : text) : parseRaw(text);
    for (const byte of said) bytes.push(byte);
    shown.push(said.length > LONG_BYTES ? `>| ${renderRaw(said)}` : fillIn(step.written, variables));
    isOver = !isTogether;
  }
  if (shown.length === 0) throw new Error(`Cannot send "${steps[0]?.written}": a variable is not known`);
  return { bytes: Uint8Array.from(bytes), shown, left };
}

/** Cuts bytes into what one write takes each. */
export function cutBytes(bytes: Uint8Array, feed: Feed, random: Random): Uint8Array[] {
  if (feed === "lines" || feed === "whole") return [bytes];
  const pieces: Uint8Array[] = [];
  for (let from = 0; from < bytes.length;) {
    const length = feed === "bytes" ? 1 : 1 + randomInt(random, bytes.length - from);
    pieces.push(bytes.subarray(from, from + length));
    from += length;
  }
  return pieces;
}
