/**
 * A simulated machine: a disk, a wall clock, and at most one program at a time, with the programs that it starts.
 *
 * @module
 */

import type { VirtualClock } from "../../src/base/virtual_clock.ts";
import type { LogRecord } from "../../src/env/log.ts";
import { onAbort } from "../../src/base/abort.ts";
import type { Env } from "../../src/env/env.ts";
import { MemoryFiles } from "../../src/env/memory_files.ts";
import { MemoryProcesses, type MemoryProgramContext } from "../../src/env/memory_processes.ts";
import type { Net } from "../../src/net/net.ts";
import { Program } from "./program.ts";

/** What runs as a program. */
export interface Running {
  /** Ends in order. */
  stop(): Promise<void>;
}

/** The network as one program sees it. */
export interface Connection {
  /** The network. */
  readonly net: Net;
  /** Ends this program alone: all that it has open breaks off. */
  crash(): void;
}

/** What {@link Station} is made of. */
export interface StationOptions {
  /** The machine's address. */
  readonly machine: string;
  /** Time. */
  readonly clock: VirtualClock;
  /** Seeds the chances of its programs. */
  readonly seed: number;
  /** Who logs. */
  readonly source: string;
  /** The network for a new program. */
  readonly connect: () => Connection;
  /** Starts the role of this machine. */
  readonly launch: (program: Program, station: Station) => Promise<Running>;
  /** Takes what its programs log. */
  readonly sink: (record: LogRecord) => void;
  /** Told when a program starts, and when it is gone. */
  readonly onLife: (isUp: boolean) => void;
  /** Told of a program that fails to start. */
  readonly onFailure: (error: unknown) => void;
}

/** A machine. */
export class Station {
  /** Its address. */
  readonly machine: string;
  /** Its disk, which outlives its programs. */
  readonly disk: MemoryFiles;
  /** Whether the disk takes no more bytes. */
  isFull = false;
  readonly #processes = new MemoryProcesses();
  readonly #options: StationOptions;
  readonly #clock: { now(): number; unixMs(): number; schedule(delayMs: number, run: () => void): () => void };
  #wallOffsetMs = 0;
  #program: Program | undefined;
  #running: Promise<Running | undefined> | undefined;
  #stopping: Promise<void> | undefined;
  #isWantedAgain = false;
  #starts = 0;
  #goneSinceMs: number | undefined = 0;

  /** Creates a machine on which nothing runs. */
  constructor(options: StationOptions) {
    const { clock } = options;
    this.#options = options;
    this.machine = options.machine;
    this.#clock = {
      now: () => clock.now(),
      unixMs: () => clock.unixMs() + this.#wallOffsetMs,
      schedule: (delayMs, run) => clock.schedule(delayMs, run),
    };
    this.disk = new MemoryFiles({ clock: this.#clock });
    for (const folder of ["files", "out"]) this.disk.addFolder(folder);
  }

  /** The program that runs and was not asked to stop. */
  get program(): Program | undefined {
    return this.#stopping === undefined ? this.#program : undefined;
  }

  /** Since when nothing runs; undefined while something runs, be it about to stop. */
  get goneSinceMs(): number | undefined {
    return this.#goneSinceMs;
  }

  /** Starts a program; once the old one has ended, if it is about to. */
  start(): void {
    if (this.#stopping !== undefined) this.#isWantedAgain = true;
    else if (this.#program === undefined) this.#start();
  }

  /** Asks the program to stop. Resolves once it has. */
  stop(): Promise<void> {
    this.#isWantedAgain = false;
    if (this.#program === undefined) return Promise.resolve();
    return this.#stopping ??= this.#stop(this.#program);
  }

  /** Ends the program at once, and all that it has started. Their sockets are the network's business. */
  crash(): void {
    this.#isWantedAgain = false;
    this.#program?.kill();
    for (const child of this.#processes.started) child.kill();
    this.#gone();
  }

  /** Lets the program start another by this name. */
  install(name: string, run: (env: Env, context: MemoryProgramContext) => Promise<number>): void {
    const { connect, source } = this.#options;
    this.#processes.install(name, async (context) => {
      const { net, crash } = connect();
      const program = this.#newProgram(`${source} ${name}`, net);
      onAbort(context.signal, () => {
        program.kill();
        crash();
      });
      return await run(program.env, context);
    });
  }

  /** Kills what was started by this name. */
  kill(name: string): void {
    for (const child of this.#processes.started) if (child.options.command[0] === name) child.kill();
  }

  /** Sets the wall clock. */
  jump(deltaMs: number): void {
    this.#wallOffsetMs += deltaMs;
  }

  #start(): void {
    const { connect, source, launch, onFailure, onLife } = this.#options;
    const program = this.#program = this.#newProgram(source, connect().net);
    this.#goneSinceMs = undefined;
    onLife(true);
    this.#running = launch(program, this).catch((error) => {
      if (!program.isKilled) onFailure(error);
      return undefined;
    });
  }

  #newProgram(source: string, net: Net): Program {
    const { seed, sink } = this.#options;
    return new Program({
      clock: this.#clock,
      seed: seed + 7_919 * this.#starts++,
      net,
      disk: this.disk,
      spawn: this.#processes.spawn,
      isFull: () => this.isFull,
      source,
      sink,
    });
  }

  async #stop(program: Program): Promise<void> {
    const running = await this.#running;
    await running?.stop();
    if (this.#program !== program) return;
    const isWantedAgain = this.#isWantedAgain;
    this.#gone();
    if (isWantedAgain) this.#start();
  }

  #gone(): void {
    if (this.#program !== undefined) this.#options.onLife(false);
    this.#program = undefined;
    this.#running = undefined;
    this.#stopping = undefined;
    this.#isWantedAgain = false;
    this.#goneSinceMs ??= this.#options.clock.now();
  }
}
