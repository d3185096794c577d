/**
 * What the suite itself plays: an index, a content server and a monitor that the one under test dials.
 *
 * @module
 */

import { type Address, formatAddress } from "../../src/base/address.ts";
import type { Clock } from "../../src/base/clock.ts";
import type { Conn, Listener, Net, PacketSocket } from "../../src/net/net.ts";
import { Bell } from "../../src/services/bell.ts";
import { Conversation } from "./conversation.ts";
import type { Place } from "./transcript.ts";

/** Places that take streams. */
export type StreamPlace = Exclude<Place, "monitor-udp">;

/** One datagram that came in. */
export interface Datagram {
  /** Its text, without a line end. */
  readonly text: string;
  /** When it came. */
  readonly atMs: number;
}

/** Options of {@link Stations.open}. */
export interface StationsOptions {
  /** The network. */
  readonly net: Net;
  /** Time. */
  readonly clock: Clock;
  /** The host to listen at. */
  readonly host: string;
  /** The verbs that are to be answered at each place; others are refused as an old peer does. */
  readonly verbs: ReadonlyMap<Place, ReadonlySet<string>>;
  /** Told of what came and is not part of the case. */
  readonly onStranger: (text: string) => void;
}

/** The contract's first words, and the answer to every other one. */
const CONTRACT: Readonly<Record<StreamPlace, { readonly verbs: readonly string[]; readonly refusal: string }>> = {
  index: { verbs: ["HELLO", "GET", "REGISTER", "SERVER_DOWN"], refusal: "ERROR UNKNOWN_FIRST_COMMAND\n" },
  content: { verbs: ["GET"], refusal: "ERROR INVALID_COMMAND\n" },
  monitor: { verbs: ["LIST_SERVERS"], refusal: "ERROR UNKNOWN_COMMAND\n" },
};

const STREAM_PLACES = Object.keys(CONTRACT) as StreamPlace[];
/** How long somebody who dials may take until the first line. */
const FIRST_LINE_MS = 30_000;
const NEVER = new AbortController().signal;

interface Waiting {
  readonly verb: string;
  readonly conversation: Conversation;
}

/** Listeners, and who waits at them. */
export class Stations {
  readonly #options: StationsOptions;
  readonly #listeners = new Map<StreamPlace, Listener>();
  readonly #waiting = new Map<StreamPlace, Waiting[]>(STREAM_PLACES.map((place) => [place, []]));
  readonly #dialled = new Map<StreamPlace, number>();
  readonly #bell = new Bell();
  readonly #all = new Set<Conversation>();
  readonly #running = new Set<Promise<void>>();
  #socket!: PacketSocket;
  #datagrams: Datagram[] = [];
  #isClosed = false;

  private constructor(options: StationsOptions) {
    this.#options = options;
  }

  /** Opens all of them, on free ports. */
  static async open(options: StationsOptions): Promise<Stations> {
    const stations = new Stations(options);
    const { net, host } = options;
    for (const place of STREAM_PLACES) {
      const listener = await net.listen({ host, port: 0 });
      stations.#listeners.set(place, listener);
      stations.#track(stations.#accept(place, listener));
    }
    stations.#socket = await net.bind({ host, port: 0 });
    stations.#track(stations.#hear());
    return stations;
  }

  /** Where one is. */
  address(place: Place): Address {
    return place === "monitor-udp" ? this.#socket.address : this.#listeners.get(place)!.address;
  }

  /** Waits for a stream whose first word is `verb`; any will do if that is undefined. */
  async take(place: StreamPlace, verb: string | undefined, limitMs: number): Promise<Conversation | undefined> {
    const queue = this.#waiting.get(place)!;
    return await this.#waitFor(limitMs, () => {
      const at = queue.findIndex((one) => verb === undefined || one.verb === verb);
      return at < 0 ? undefined : queue.splice(at, 1)[0]!.conversation;
    });
  }

  /** Waits for the next datagram. */
  async takeDatagram(limitMs: number): Promise<Datagram | undefined> {
    return await this.#waitFor(limitMs, () => this.#datagrams.shift());
  }

  /** How many have dialled a place and said something of the case. */
  dialled(place: StreamPlace): number {
    return this.#dialled.get(place) ?? 0;
  }

  /** The first words of those who wait, for messages. */
  waiting(place: StreamPlace): string[] {
    return this.#waiting.get(place)!.map(({ verb }) => verb);
  }

  /** Closes everything. */
  async close(): Promise<void> {
    this.#isClosed = true;
    for (const listener of this.#listeners.values()) listener.close();
    this.#socket?.close();
    await Promise.all([...this.#all].map((one) => one.close()));
    // One that came in at the last moment ends by itself.
    while (this.#running.size > 0) await Promise.all(this.#running);
  }

  async #waitFor<T>(limitMs: number, find: () => T | undefined): Promise<T | undefined> {
    const { clock } = this.#options;
    const endMs = clock.now() + limitMs;
    for (;;) {
      const found = find();
      if (found !== undefined) return found;
      const leftMs = endMs - clock.now();
      if (leftMs <= 0) return undefined;
      await this.#bell.wait(clock, { signal: NEVER, limitMs: leftMs });
    }
  }

  #track(running: Promise<void>): void {
    this.#running.add(running);
    running.finally(() => this.#running.delete(running));
  }

  async #accept(place: StreamPlace, listener: Listener): Promise<void> {
    for await (const conn of listener) {
      this.#track(this.#receive(place, conn));
    }
  }

  async #receive(place: StreamPlace, conn: Conn): Promise<void> {
    const { clock, verbs, onStranger } = this.#options;
    if (this.#isClosed) return conn.close();
    const conversation = new Conversation(conn, clock);
    this.#all.add(conversation);
    const verb = await conversation.peekVerb(FIRST_LINE_MS);
    if (verb === undefined) return await conversation.close();
    const { verbs: common, refusal } = CONTRACT[place];
    if (common.includes(verb) || verbs.get(place)?.has(verb)) {
      this.#dialled.set(place, this.dialled(place) + 1);
      this.#waiting.get(place)!.push({ verb, conversation });
      this.#bell.ring();
      return;
    }
    onStranger(`${verb} at our ${place} from ${formatAddress(conn.remote)}: refused as by an old peer`);
    await conversation.send([new TextEncoder().encode(refusal)]);
    await conn.closeWrite();
    await conversation.readAny(FIRST_LINE_MS);
    await conversation.close();
  }

  async #hear(): Promise<void> {
    for await (const { bytes } of this.#socket) {
      const text = new TextDecoder().decode(bytes).replace(/\n$/, "");
      this.#datagrams.push({ text, atMs: this.#options.clock.now() });
      this.#bell.ring();
    }
  }
}
