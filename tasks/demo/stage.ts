/**
 * Everything that the demo starts and makes, so that all of it can be cleared away.
 *
 * @module
 */

import { EDGE } from "../../src/cli/edge.ts";
import { abortable } from "../../src/base/abort.ts";
import type { Address } from "../../src/base/address.ts";
import { parseAddress } from "../../src/base/address.ts";
import { sleep } from "../../src/base/clock.ts";
import { withDeadline } from "../../src/base/deadline.ts";
import type { Env } from "../../src/env/env.ts";
import { describeEnd } from "../../src/env/processes.ts";
import type { ProcessEnd } from "../../src/env/processes.ts";
import { ask, askList } from "../../src/services/ask.ts";
import { Member } from "../cluster/member.ts";
import type { RoleRecord } from "../cluster/log_line.ts";
import { LOOPBACK } from "../cluster/plan.ts";
import { Witness } from "./witness.ts";

/** How long one role may take to start or to stop, and one client to download. */
const PROCESS_MS = 10_000;
/** How long an answer may take. */
const ANSWER_MS = 2_000;

/** Options of {@link Stage}. */
export interface StageOptions {
  /** The outside world. */
  env: Pick<Env, "net" | "clock">;
  /** Ends it all early. */
  signal: AbortSignal;
  /** Gets what the roles log, as lines for people. */
  onLine: (line: string) => void;
}

/** A role of the demo. */
export interface Actor {
  /** Its process. */
  readonly member: Member;
  /** Its log. */
  readonly witness: Witness;
}

/** The demo's processes and files. */
export class Stage {
  /** Ends it all early. */
  readonly signal: AbortSignal;
  /** A folder of its own, removed at the end. */
  readonly folder: string;
  readonly #options: StageOptions;
  readonly #members = new Set<Member>();
  /** By label; a role that was started again has the latest. */
  readonly #actors = new Map<string, Actor>();

  private constructor(options: StageOptions, folder: string) {
    this.#options = options;
    this.signal = options.signal;
    this.folder = folder;
  }

  /** Makes the folder. */
  static async open(options: StageOptions): Promise<Stage> {
    return new Stage(options, await Deno.makeTempDir({ prefix: "microcdn-demo-" }));
  }

  /** Kills whatever still runs, waits for its end, and removes the folder. */
  async clear(): Promise<void> {
    for (const member of this.#members) member.signal("SIGKILL");
    await Promise.all([...this.#members].map((member) => member.ended));
    await Deno.remove(this.folder, { recursive: true });
  }

  /** Every role's log, by label. */
  witnesses(): Array<[string, Witness]> {
    return [...this.#actors].map(([label, { witness }]) => [label, witness]);
  }

  /** Finds a port that is free at this moment. */
  async freePort(): Promise<number> {
    const listener = await this.#options.env.net.listen({ host: LOOPBACK, port: 0 });
    listener.close();
    return listener.address.port;
  }

  /**
   * Starts a role and waits until it is ready.
   *
   * @param args The words after `microcdn`; the first ones are the role, and the name of its permissions.
   * @returns its `ready` record, which says where it listens.
   * @throws {Error} if it ends instead.
   */
  async start(label: string, args: readonly [string, ...string[]]): Promise<RoleRecord> {
    const witness = new Witness(label);
    const member = this.#spawn({
      permissions: args[0] === EDGE.name ? `${args[0]}-${args[1]}` : args[0],
      args: [...args, "--log", "json", "--supervised"],
      onLine: (line) => this.#options.onLine(witness.add(line)),
    });
    this.#actors.set(label, { member, witness });
    const died = member.ended.then((end) => {
      throw new Error(`${label} ended with ${describeEnd(end)} instead of starting`);
    });
    const ready = witness.waitFor(this.#options.env.clock, "ready", { deadlineMs: PROCESS_MS, signal: this.signal });
    return await Promise.race([ready, died]);
  }

  /** A role that was started. */
  actor(label: string): Actor {
    const actor = this.#actors.get(label);
    if (actor === undefined) throw new Error(`Broken invariant: ${label} was not started`);
    return actor;
  }

  /** Waits until a role logs an event; see {@link Witness.waitFor}. */
  async hear(
    label: string,
    event: string,
    options: Omit<Parameters<Witness["waitFor"]>[2], "signal">,
  ): Promise<RoleRecord> {
    return await this.actor(label).witness.waitFor(this.#options.env.clock, event, { ...options, signal: this.signal });
  }

  /**
   * Looks again and again until something holds.
   *
   * @throws {DeadlineError} if it does not in time.
   */
  async eventually(
    what: string,
    holds: () => Promise<boolean>,
    { everyMs, deadlineMs }: { everyMs: number; deadlineMs: number },
  ): Promise<void> {
    const { env: { clock } } = this.#options;
    await withDeadline(clock, { deadlineMs, what: `see that ${what}`, signal: this.signal }, async (signal) => {
      while (!await holds()) await sleep(clock, everyMs, { signal });
    });
  }

  /** Stops a role as Ctrl-C would. */
  async stop(label: string): Promise<ProcessEnd> {
    return await this.actor(label).member.stop(this.#options.env.clock, PROCESS_MS);
  }

  /** Runs a client to its end. Returns how it ended, and what it said. */
  async runClient(args: readonly string[]): Promise<{ end: ProcessEnd; lines: readonly string[] }> {
    const lines: string[] = [];
    const permissions = args[0] === EDGE.name ? `${EDGE.name}-client` : "client";
    const member = this.#spawn({ permissions, args, onLine: (line) => void lines.push(line) });
    return { end: await abortable(member.ended, this.signal), lines };
  }

  /** Asks a role for a line. */
  async ask(to: Address, line: string): Promise<string> {
    return await ask(this.#options.env, to, line, { deadlineMs: ANSWER_MS, signal: this.signal });
  }

  /** Asks a role for a list. */
  async askList(to: Address, line: string): Promise<readonly string[]> {
    const lines: string[] = [];
    const take = (line: string): void => void lines.push(line);
    await askList(this.#options.env, to, line, { deadlineMs: ANSWER_MS, signal: this.signal, take });
    return lines;
  }

  #spawn(options: ConstructorParameters<typeof Member>[0]): Member {
    this.signal.throwIfAborted();
    const member = new Member(options);
    this.#members.add(member);
    void member.ended.then(() => this.#members.delete(member));
    return member;
  }
}

/** Reads an address out of a `ready` record. */
export function addressIn({ fields }: RoleRecord, key: "tcp" | "udp" | "http"): Address {
  return parseAddress(String(fields[key]));
}
