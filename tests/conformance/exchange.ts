/**
 * One conversation of a case: what we say, and what is expected in return.
 *
 * @module
 */

import type { Address } from "../../src/base/address.ts";
import type { Clock } from "../../src/base/clock.ts";
import type { PacketSocket } from "../../src/net/net.ts";
import type { Arrival, Conversation } from "./conversation.ts";
import { fillIn, matchLine } from "./pattern.ts";
import { renderRaw } from "./raw_text.ts";
import { type CaseRecord, Mismatch } from "./record.ts";
import type { Datagram } from "./stations.ts";
import type { Tempo } from "./tempo.ts";
import type { Step } from "./transcript.ts";

/** Over what it is had. */
export type Medium =
  | { readonly kind: "stream"; readonly stream: Conversation }
  /** Datagrams that we send. */
  | { readonly kind: "outbox"; readonly socket: PacketSocket; readonly to: Address }
  /** Datagrams that come. */
  | { readonly kind: "inbox"; readonly take: (limitMs: number) => Promise<Datagram | undefined> };

/** What all conversations of a case share. */
export interface Scene {
  /** Time. */
  readonly clock: Clock;
  /** What happened so far. */
  readonly record: CaseRecord;
  /** When the next thing may happen. */
  readonly tempo: Tempo;
  /** What is known by name. */
  readonly variables: Map<string, string>;
}

type Expectation = Extract<Step, { kind: "expect" }>;
type Line = Extract<Arrival, { kind: "line" }>;

/** How long what comes after a mismatch is waited for, to be shown, in milliseconds. */
const AFTERMATH_MS = 100;
/** How many of its lines are shown. */
const AFTERMATH_LINES = 5;
const encoder = new TextEncoder();

/** A conversation at work. Its methods throw {@link Mismatch} when something is not as expected. */
export class Exchange {
  readonly #scene: Scene;
  readonly #medium: Medium;
  /** Lines that may come before the next one. */
  readonly #maybe: Expectation[] = [];
  #isEndShown = false;

  /** Begins it. */
  constructor(scene: Scene, medium: Medium) {
    this.#scene = scene;
    this.#medium = medium;
  }

  /** Whether it has bytes and ends, and not datagrams. */
  get isStream(): boolean {
    return this.#medium.kind === "stream";
  }

  /** Says something, each piece in a write or a datagram of its own. */
  async send(pieces: readonly Uint8Array[], shown: readonly string[]): Promise<void> {
    const { record, tempo } = this.#scene;
    const medium = this.#medium;
    for (const line of shown) record.done(line);
    tempo.mark();
    if (medium.kind === "inbox") throw new Error("Cannot answer heartbeats: nobody hears that");
    if (medium.kind === "outbox") {
      for (const piece of pieces) await medium.socket.send(piece, medium.to);
    } else if (!await medium.stream.send(pieces)) {
      record.came("! reset");
      throw new Mismatch("the connection broke while we were sending");
    }
  }

  /** Expects a line, now or, if it may be missing, before the next one. */
  async expect(step: Expectation): Promise<void> {
    const { record, tempo, variables } = this.#scene;
    if (step.count !== "one") {
      this.#maybe.push(step);
      return;
    }
    for (;;) {
      const arrival = await this.#receive(tempo.limitMs());
      if (arrival.kind !== "line") return this.#refuse(step, arrival);
      const set = matchLine(step.pattern, arrival.text, variables);
      if (set !== undefined) {
        this.#maybe.length = 0;
        for (const [name, value] of set) variables.set(name, value);
        record.done(`< ${renderLine(arrival)}`);
        return tempo.came(arrival.atMs, record);
      }
      if (!this.#passOver(arrival)) return this.#refuse(step, arrival);
    }
  }

  /** Expects these bytes. */
  async expectBytes(expected: Uint8Array): Promise<void> {
    const { record, tempo } = this.#scene;
    const arrival = await this.#stream().readBytes(expected.length, tempo.limitMs());
    if (arrival.kind === "bytes" && arrival.bytes.every((byte, at) => byte === expected[at])) {
      record.done(`<| ${renderRaw(arrival.bytes)}`);
      return tempo.came(arrival.atMs, record);
    }
    record.missing(`<| ${renderRaw(expected)}`);
    this.#show(arrival);
    throw new Mismatch("the bytes differ");
  }

  /** Expects so many bytes, whatever they are. */
  async takeBytes(count: number): Promise<void> {
    const { record, tempo } = this.#scene;
    const arrival = await this.#stream().readBytes(count, tempo.limitMs());
    if (arrival.kind === "bytes") {
      record.done(`! bytes ${count}`);
      return tempo.came(arrival.atMs, record);
    }
    record.missing(`! bytes ${count}`);
    this.#show(arrival);
    throw new Mismatch(`only ${"rest" in arrival ? arrival.rest.length : 0} of ${count} bytes came`);
  }

  /** Expects the end, in order or in any way, and nothing more before it. */
  async expectEnd(step: Extract<Step, { kind: "close" | "gone" }>): Promise<void> {
    const { record, tempo } = this.#scene;
    for (;;) {
      const arrival = await this.#stream().readLine(tempo.limitMs());
      if (arrival.kind === "line" && this.#passOver(arrival)) continue;
      this.#maybe.length = 0;
      const isEnd = arrival.kind === "end" || (arrival.kind === "reset" && step.kind === "gone");
      if (isEnd && arrival.rest.length === 0) {
        record.done(step.written);
        return tempo.came(arrival.atMs, record);
      }
      record.missing(step.written);
      this.#show(arrival);
      const isOpen = arrival.kind === "silence" && arrival.rest.length === 0;
      if (isOpen) throw new Mismatch("the connection stays open");
      throw new Mismatch(
        arrival.kind === "reset" ? "the connection breaks instead of ending" : "more came than expected",
      );
    }
  }

  /** Expects nothing for a while; or takes and forgets whatever comes. */
  async listen(step: Extract<Step, { kind: "quiet" | "ignore" }>): Promise<void> {
    const { record, tempo, clock } = this.#scene;
    const endMs = clock.now() + tempo.durationMs(step.seconds);
    for (let leftMs = endMs - clock.now(); leftMs > 0; leftMs = endMs - clock.now()) {
      const arrival = this.isStream ? await this.#stream().readAny(leftMs) : await this.#receive(leftMs);
      if (arrival.kind === "silence") break;
      if (step.kind === "quiet") {
        record.missing(step.written);
        this.#show(arrival);
        throw new Mismatch("something came although nothing should");
      }
      if (arrival.kind !== "line" && arrival.kind !== "bytes") break;
    }
    tempo.mark();
    record.done(step.written);
  }

  /** Ends our direction. */
  async halfClose(): Promise<void> {
    await this.#stream().conn.closeWrite();
  }

  /** Ends all of it. */
  async close(): Promise<void> {
    if (this.#medium.kind === "stream") await this.#medium.stream.close();
  }

  /** Shows what else came after something went wrong. */
  async showAftermath(): Promise<void> {
    if (this.#medium.kind !== "stream" || this.#isEndShown) return;
    for (let count = 0; count < AFTERMATH_LINES; count++) {
      const arrival = await this.#medium.stream.readLine(AFTERMATH_MS);
      this.#show(arrival);
      if (arrival.kind !== "line") return;
    }
  }

  async #receive(limitMs: number): Promise<Arrival> {
    const medium = this.#medium;
    if (medium.kind === "stream") return await medium.stream.readLine(limitMs);
    if (medium.kind === "outbox") throw new Error("Cannot expect an answer to heartbeats: nobody gives one");
    const datagram = await medium.take(limitMs);
    if (datagram === undefined) return { kind: "silence", rest: new Uint8Array() };
    return { kind: "line", bytes: encoder.encode(datagram.text), ...datagram };
  }

  /** Whether a line is one of those that may come now. */
  #passOver(line: Line): boolean {
    const { record, variables } = this.#scene;
    const at = this.#maybe.findIndex(({ pattern }) => matchLine(pattern, line.text, variables) !== undefined);
    if (at < 0) return false;
    this.#maybe.splice(0, this.#maybe[at]!.count === "any" ? at : at + 1);
    record.done(`< ${renderLine(line)}`);
    return true;
  }

  #refuse(step: Expectation, arrival: Arrival): never {
    const { record, variables } = this.#scene;
    record.missing(`< ${fillIn(step.pattern.text, variables)}`);
    this.#show(arrival);
    if (arrival.kind === "line") throw new Mismatch("another line came");
    if (arrival.kind === "silence") throw new Mismatch("no line came in time");
    throw new Mismatch(arrival.kind === "end" ? "it ended before the line" : "the connection broke before the line");
  }

  #show(arrival: Arrival): void {
    const { record } = this.#scene;
    if (arrival.kind === "line") return record.came(`< ${renderLine(arrival)}`);
    if (arrival.kind === "bytes") return record.came(`<| ${renderRaw(arrival.bytes)}`);
    if (arrival.rest.length > 0) record.came(`<| ${renderRaw(arrival.rest)}`);
    if (arrival.kind === "silence") return;
    this.#isEndShown = true;
    record.came(arrival.kind === "end" ? "! close" : "! reset");
  }

  #stream(): Conversation {
    if (this.#medium.kind !== "stream") throw new Error("Cannot do that with datagrams");
    return this.#medium.stream;
  }
}

/** A line without its end; a carriage return is seen. */
function renderLine({ text }: Line): string {
  return renderRaw(encoder.encode(text)).replaceAll("\\\\", "\\");
}
