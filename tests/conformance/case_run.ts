/**
 * Runs one case.
 *
 * @module
 */

import { type Address, formatAddress } from "../../src/base/address.ts";
import { withDeadline } from "../../src/base/deadline.ts";
import { unreachable } from "../../src/base/invariant.ts";
import { type Random, seededRandom } from "../../src/base/random.ts";
import { withDefaults } from "../../src/base/settings.ts";
import { escapeControls } from "../../src/env/escape_controls.ts";
import type { Conn, PacketSocket } from "../../src/net/net.ts";
import { NetError } from "../../src/net/net_error.ts";
import { Bell } from "../../src/services/bell.ts";
import { Conversation } from "./conversation.ts";
import { Exchange, type Medium, type Scene } from "./exchange.ts";
import { cutBytes, takeSends } from "./feed.ts";
import { observe } from "./observation.ts";
import { fillIn } from "./pattern.ts";
import { parseRaw } from "./raw_text.ts";
import { CaseRecord, Mismatch } from "./record.ts";
import { type Feed, type Player, type Stage, StartError } from "./stage.ts";
import { Stations } from "./stations.ts";
import { Tempo } from "./tempo.ts";
import type { Actor, Case, Place, Step } from "./transcript.ts";

const DEFAULTS = { secondMs: 1_000, slackMs: 500, deadlineMs: 5_000, seed: 1 } as const;

/** How often somebody's state is looked at, and a conversation repeated that does not hold yet, in milliseconds. */
const LOOK_MS = 50;
/** What is longer than a line may be. */
const LONG = "x".repeat(8_193);
const NEVER = new AbortController().signal;

/** Options of {@link CaseRun}. */
export interface CaseRunOptions {
  /** How what we send is cut. */
  readonly feed: Feed;
  /** Makes the case's ids and names differ from those of other cases. */
  readonly number: number;
}

/** One case at work. Used once. */
export class CaseRun {
  readonly #stage: Stage & Required<Pick<Stage, keyof typeof DEFAULTS>>;
  readonly #case: Case;
  readonly #feed: Feed;
  readonly #random: Random;
  readonly #scene: Scene;
  readonly #exchanges = new Map<string, Exchange>();
  /** Those, too, whose name another one has by now. */
  readonly #opened: Exchange[] = [];
  readonly #players = new Map<Actor, Player>();
  readonly #stopping: (Promise<void> | undefined)[] = [];
  readonly #bell = new Bell();
  #stations!: Stations;
  #socket: PacketSocket | undefined;
  #current: Exchange | undefined;
  /** Whether we dialled the current one. */
  #isDialled = false;
  /** Where we wait for somebody; the next step says for whom. */
  #door: Extract<Step, { kind: "accept" }> | undefined;

  /** Prepares a case. */
  constructor(stage: Stage, one: Case, { feed, number }: CaseRunOptions) {
    this.#stage = withDefaults(DEFAULTS, stage);
    this.#case = one;
    this.#feed = feed;
    this.#random = seededRandom(this.#stage.seed + number);
    const own = `conf-${stage.label}-${number}`;
    const names = { here: stage.host, id: own, id2: `${own}-b`, name: `${own}.txt`, name2: `${own}-b.txt`, long: LONG };
    this.#scene = {
      clock: stage.clock,
      record: new CaseRecord(),
      tempo: new Tempo(this.#stage),
      variables: new Map(Object.entries({ ...names, ...stage.variables })),
    };
  }

  /** What happened, line by line. */
  get lines(): readonly string[] {
    return this.#scene.record.lines;
  }

  /** Runs it. Returns why it does not hold; undefined if it does. */
  async run(): Promise<string | undefined> {
    const { net, clock, host } = this.#stage;
    const verbs = new Map<Place, Set<string>>();
    for (const step of this.#case.steps) {
      if (step.kind !== "accept" || step.verb === undefined) continue;
      verbs.set(step.place, (verbs.get(step.place) ?? new Set()).add(step.verb));
    }
    const onStranger = (text: string): void => this.#scene.record.note(text);
    this.#stations = await Stations.open({ net, clock, host, verbs, onStranger });
    this.#scene.variables.set("our_port", String(this.#stations.address("content").port));
    try {
      await this.#perform(this.#case.steps);
      return undefined;
    } catch (error) {
      if (!(error instanceof Mismatch)) throw error;
      await this.#current?.showAftermath();
      this.#showPlayers();
      return error.message;
    } finally {
      await this.#clear();
    }
  }

  #showPlayers(): void {
    for (const [actor, player] of this.#players) {
      for (const line of player.lastLines?.() ?? []) {
        this.#scene.record.note(`${actor} prints: ${escapeControls(line)}`);
      }
    }
  }

  async #clear(): Promise<void> {
    for (const exchange of this.#opened) await exchange.close();
    this.#socket?.close();
    const ends = [...this.#players.values()].map((player) => player.kill());
    await Promise.all([...ends, ...this.#stopping, this.#stations.close()]);
  }

  async #perform(steps: readonly Step[]): Promise<void> {
    let left = [...steps];
    for (let step = left.shift(); step !== undefined; step = left.shift()) {
      if (step.kind === "dial" && step.untilS !== undefined) {
        const end = left.findIndex(isTurn);
        await this.#repeat(step, left.splice(0, end < 0 ? left.length : end));
        continue;
      }
      if (this.#door !== undefined && !["nobody", "within", "not-before"].includes(step.kind)) await this.#letIn();
      if (step.kind === "send" || step.kind === "send-raw") left = await this.#send([step, ...left]);
      else await this.#act(step);
    }
  }

  /** Has a conversation again and again, each on a stream of its own, until it holds. */
  async #repeat(first: Extract<Step, { kind: "dial" }>, rest: readonly Step[]): Promise<void> {
    const { clock, record, tempo } = this.#scene;
    const { untilS = 0, ...dial } = first;
    const endMs = clock.now() + tempo.latestMs(untilS);
    for (;;) {
      const mark = record.lines.length;
      try {
        return await this.#perform([dial, ...rest]);
      } catch (error) {
        if (!(error instanceof Mismatch) || clock.now() >= endMs) throw error;
        record.forget(mark);
        await this.#current?.close();
        await this.#pause(LOOK_MS);
      }
    }
  }

  /** Sends what goes out together, and returns the steps that are left then. */
  async #send(steps: readonly Step[]): Promise<Step[]> {
    const exchange = this.#require();
    const { isStream } = exchange;
    const isTogether = this.#feed === "whole" && this.#isDialled && isStream;
    const { variables } = this.#scene;
    const { bytes, shown, left } = takeSends(steps, { isTogether, hasLineEnds: isStream, variables });
    await exchange.send(isStream ? cutBytes(bytes, this.#feed, this.#random) : [bytes], shown);
    return left;
  }

  async #act(step: Exclude<Step, { kind: "send" | "send-raw" }>): Promise<void> {
    const { record, variables, tempo } = this.#scene;
    switch (step.kind) {
      case "dial":
        return await this.#dial(step);
      case "accept":
        this.#door = step;
        return;
      case "resume":
        this.#current = this.#exchanges.get(step.name)!;
        return record.done(step.written);
      case "expect":
        return await this.#require().expect(step);
      case "expect-raw":
        return await this.#require().expectBytes(parseRaw(fillIn(step.text, variables)));
      case "bytes":
        return await this.#require().takeBytes(Number(fillIn(step.count, variables)));
      case "close":
      case "gone":
        return await this.#require().expectEnd(step);
      case "quiet":
      case "ignore":
        return await this.#require().listen(step);
      case "half-close":
        record.done(step.written);
        return await this.#require().halfClose();
      case "hang-up":
        record.done(step.written);
        return await this.#require().close();
      case "within":
        record.done(step.written);
        return tempo.within(step.seconds);
      case "not-before":
        record.done(step.written);
        return tempo.notBefore(step.seconds);
      case "wait":
        record.done(step.written);
        return await this.#pause(tempo.durationMs(step.seconds));
      case "nobody":
        return await this.#expectNobody(step);
      case "start":
        return await this.#start(step);
      case "kill":
        record.done(step.written);
        return await this.#player(step.actor)?.kill();
      case "stop":
        record.done(step.written);
        // Not waited for: it may have something to say before it ends.
        this.#stopping.push(this.#player(step.actor)?.stop());
        return;
      case "is":
      case "went":
      case "saved":
        return await this.#look(step);
      default:
        return unreachable(step);
    }
  }

  async #dial({ place, name }: Extract<Step, { kind: "dial" }>): Promise<void> {
    const { net, clock, deadlineMs, host } = this.#stage;
    const to = this.#player(place === "monitor-udp" ? "monitor" : place)?.places[place];
    if (to === undefined) throw new Error(`Cannot dial: nobody says where the ${place} is`);
    const what = `dial ${formatAddress(to)}`;
    this.#scene.record.done(`@ ${name} ${formatAddress(to)}`);
    if (place === "monitor-udp") {
      const socket = this.#socket ??= await net.bind({ host, port: 0 });
      return this.#open(name, { kind: "outbox", socket, to }, true);
    }
    try {
      const conn = await withDeadline(clock, { deadlineMs, what }, (signal) => this.#connect(place, to, signal));
      this.#open(name, { kind: "stream", stream: new Conversation(conn, clock) }, true);
    } catch (error) {
      throw new Mismatch(error instanceof Error ? error.message : String(error));
    }
  }

  /** Dials. Who was just started may need a moment until it listens. */
  async #connect(place: Place, to: Address, signal: AbortSignal): Promise<Conn> {
    const { net, clock, deadlineMs } = this.#stage;
    const isNew = this.#players.has(place as Actor);
    for (const endMs = clock.now() + deadlineMs;;) {
      try {
        return await net.dial(to, { signal });
      } catch (error) {
        if (!isNew || clock.now() >= endMs || !(error instanceof NetError) || error.code !== "refused") throw error;
        await this.#pause(LOOK_MS);
      }
    }
  }

  /** Waits for the one who is to dial us. */
  async #letIn(): Promise<void> {
    const { record, tempo } = this.#scene;
    const { place, name, verb, written } = this.#door!;
    this.#door = undefined;
    if (place === "monitor-udp") {
      record.done(written);
      return this.#open(name, { kind: "inbox", take: (limitMs) => this.#stations.takeDatagram(limitMs) }, false);
    }
    const stream = await this.#stations.take(place, verb, tempo.limitMs());
    if (stream === undefined) {
      record.missing(written);
      const others = this.#stations.waiting(place);
      for (const other of others) record.came(`< ${other} ...`);
      throw new Mismatch(`nobody dials our ${place} in time${verb === undefined ? "" : ` and says ${verb}`}`);
    }
    record.done(`${written} ${formatAddress(stream.conn.remote)}`);
    this.#open(name, { kind: "stream", stream }, false);
  }

  #open(name: string, medium: Medium, isDialled: boolean): void {
    this.#current = new Exchange(this.#scene, medium);
    this.#isDialled = isDialled;
    this.#exchanges.set(name, this.#current);
    this.#opened.push(this.#current);
  }

  async #expectNobody(step: Extract<Step, { kind: "nobody" }>): Promise<void> {
    const { record, tempo } = this.#scene;
    const door = this.#door;
    this.#door = undefined;
    // The conversation before has nothing to do with it.
    this.#current = undefined;
    if (door === undefined || door.place === "monitor-udp") throw new Error('"! nobody" needs "@ accept" before it');
    record.done(door.written);
    await this.#pause(tempo.durationMs(step.seconds));
    const count = this.#stations.dialled(door.place);
    if (count === 0) return record.done(step.written);
    record.missing(step.written);
    for (const verb of this.#stations.waiting(door.place)) record.came(`< ${verb} ...`);
    throw new Mismatch(`our ${door.place} was dialled`);
  }

  async #start({ actor, file = "{file}", written }: Extract<Step, { kind: "start" }>): Promise<void> {
    const { record, variables, tempo } = this.#scene;
    const at = (place: Place): Address => this.#stations.address(place);
    record.done(fillIn(written, variables));
    const player = await this.#stage.cast!.start({
      actor,
      id: variables.get("id")!,
      file: fillIn(file, variables),
      index: at("index"),
      monitor: at("monitor"),
      heartbeats: at("monitor-udp"),
      content: at("content"),
    }).catch((error) => {
      throw error instanceof StartError ? new Mismatch(error.message) : error;
    });
    this.#players.set(actor, player);
    tempo.mark();
  }

  /** Waits until somebody is as it should be. Who cannot tell is passed over. */
  async #look(step: Extract<Step, { kind: "is" | "went" | "saved" }>): Promise<void> {
    const { clock, record } = this.#scene;
    const player = this.#player(step.kind === "saved" ? "client" : step.actor);
    const endMs = clock.now() + this.#stage.deadlineMs;
    for (;;) {
      const seen = await observe(step, player);
      if (seen === undefined) return record.note(`${step.written}: it cannot tell`);
      if (seen.holds) return record.done(step.written);
      if (clock.now() >= endMs) {
        record.missing(step.written);
        record.came(`& ${seen.instead}`);
        throw new Mismatch("that is not what it says");
      }
      await this.#pause(LOOK_MS);
    }
  }

  #player(actor: Actor): Player | undefined {
    return this.#players.get(actor) ?? this.#stage.players[actor];
  }

  #require(): Exchange {
    if (this.#current === undefined) throw new Error("Cannot go on: no conversation is open");
    return this.#current;
  }

  async #pause(limitMs: number): Promise<void> {
    await this.#bell.wait(this.#scene.clock, { signal: NEVER, limitMs });
  }
}

/** Whether a step leaves the conversation before it. */
function isTurn({ kind }: Step): boolean {
  return ["dial", "accept", "resume", "start", "kill", "stop", "is", "went", "saved"].includes(kind);
}
