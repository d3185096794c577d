/**
 * A machine as it can be reached: every errand to it is a run of `ssh`, with a deadline.
 *
 * @module
 */

import type { Address } from "../../src/base/address.ts";
import { MAX_DELAY_MS } from "../../src/base/clock.ts";
import { DeadlineError } from "../../src/base/deadline.ts";
import { EXIT } from "../../src/cli/exit_codes.ts";
import { CommandError } from "../../src/cli/failure.ts";
import type { Env } from "../../src/env/env.ts";
import { decodeHealthAnswer, encodeHealthQuestion, type Health } from "../../src/protocol/health.ts";
import { ProtocolError } from "../../src/protocol/protocol_error.ts";
import { lastLine } from "../build/complaint.ts";
import type { Artefact } from "./artefacts.ts";
import type { Machine } from "./machine.ts";
import {
  AnswerError,
  type MachineReport,
  parseLogs,
  parseOutcomes,
  parseReport,
  type RoleOutcome,
} from "./machine_report.ts";
import {
  type Call,
  changeOrder,
  lookOrder,
  RECEIVE_FAILURES,
  receiveCommand,
  type ReportOptions,
  reportOrder,
  SHELL,
} from "./orders.ts";
import { runSsh, type SshEnd } from "./ssh.ts";
import { explainSsh, SSH_FAILED, sshCommand, sshForward } from "./ssh_command.ts";

/** What errands need of the outside world. */
export type RemoteEnv = Pick<Env, "spawn" | "clock" | "files">;

/** Options of {@link Remote}. */
export interface RemoteOptions {
  /** The text of `machine.sh`, without line ends at its end. */
  readonly library: string;
  /** How long copying one program may take, in milliseconds. */
  readonly copyMs: number;
  /** Ends every errand. What a machine has begun it finishes. */
  readonly signal: AbortSignal;
}

/** How a role is, as far as can be told. */
export type Finding = Health | { readonly status: "unreachable"; readonly reason: string };

/** How long a report may take: a machine compares some programs of 100 MiB, on a slow disk. */
const REPORT_MS = 120_000;
/** How long a few lines may take. */
const LOOK_MS = 30_000;
/** How long the question for a role's health may take. */
const HEALTH_MS = 15_000;
/** How much is read of a program at a time. */
const PIECE_BYTES = 262_144;

/** A machine, and the way there. Every errand fails with a {@link CommandError} whose message is one line. */
export class Remote {
  /** The machine. */
  readonly machine: Machine;
  readonly #env: RemoteEnv;
  readonly #options: RemoteOptions;

  /** Reaches nobody yet. */
  constructor(env: RemoteEnv, machine: Machine, options: RemoteOptions) {
    this.#env = env;
    this.machine = machine;
    this.#options = options;
  }

  /** Asks how it is. */
  async report(options: ReportOptions): Promise<MachineReport> {
    const order = reportOrder(this.#options.library, this.machine.folder, options);
    return await this.#order(order, REPORT_MS, parseReport);
  }

  /** Copies a program there. It is there under its name only if every byte is. */
  async send(artefact: Artefact, program: string): Promise<void> {
    const { name, path, sha256 } = artefact;
    const command = sshCommand(this.machine, receiveCommand({ folder: this.machine.folder, program, sha256 }));
    const { copyMs, signal } = this.#options;
    const what = `copy ${name} to ${this.machine.name}`;
    const input = readPieces(this.#env, path);
    const end = await runSsh(this.#env, command, { input, deadlineMs: copyMs, what, signal });
    if (end.code === 0) return;
    if (end.code === SSH_FAILED) throw this.#unreachable(end);
    const said = lastLine(end.errors);
    switch (RECEIVE_FAILURES[end.code]) {
      case "folder":
        throw failure(`Cannot make ${this.machine.folder}/bin there: ${said}`);
      case "mismatch":
        throw failure(`Cannot use ${name} there: it arrived with another SHA-256`);
      default:
        throw failure(`Cannot copy ${name}: ${said}`);
    }
  }

  /** Has roles changed, and says what came of each. */
  async change(calls: readonly Call[], deadlineMs: number): Promise<readonly RoleOutcome[]> {
    const order = changeOrder(this.#options.library, this.machine.folder, calls);
    return await this.#order(order, deadlineMs, parseOutcomes);
  }

  /** Returns the last lines of logs. */
  async logs(names: readonly string[], lines: number): Promise<ReturnType<typeof parseLogs>> {
    const calls = names.map((name): Call => ["logs", name, String(lines)]);
    return await this.#order(lookOrder(this.#options.library, this.machine.folder, calls), LOOK_MS, (answer) => {
      parseOutcomes(answer);
      return parseLogs(answer);
    });
  }

  /** Passes on the last lines of a log and what comes, until the signal aborts or the machine is gone. */
  async follow(name: string, lines: number, onText: (text: string) => void): Promise<void> {
    const calls: Call[] = [["follow", name, String(lines)]];
    const input = lookOrder(this.#options.library, this.machine.folder, calls);
    const { signal } = this.#options;
    // It is to last.
    const options = {
      input,
      keepsInput: true,
      deadlineMs: MAX_DELAY_MS,
      what: `follow ${name}`,
      signal,
      onOutput: onText,
    };
    const end = await runSsh(this.#env, sshCommand(this.machine, SHELL), options);
    if (end.code === SSH_FAILED) throw this.#unreachable(end);
  }

  /** Asks a role how it is, at an address as it is seen from there. */
  async health(at: Address): Promise<Finding> {
    const what = `ask for the health at ${this.machine.name}`;
    const input = encodeHealthQuestion("role");
    const { signal } = this.#options;
    const options = { input, deadlineMs: HEALTH_MS, what, signal };
    try {
      const end = await runSsh(this.#env, sshForward(this.machine, at), options);
      if (end.code === SSH_FAILED) return { status: "unreachable", reason: explainForward(end.errors) };
      return decodeHealthAnswer(end.output);
    } catch (error) {
      if (!(error instanceof ProtocolError || error instanceof DeadlineError)) throw error;
      return { status: "unreachable", reason: error.message };
    }
  }

  async #order<T>(input: string, deadlineMs: number, parse: (answer: string) => T): Promise<T> {
    const { signal } = this.#options;
    const what = `have an order done by ${this.machine.name}`;
    const end = await runSsh(this.#env, sshCommand(this.machine, SHELL), { input, deadlineMs, what, signal });
    if (end.code === SSH_FAILED) throw this.#unreachable(end);
    try {
      return parse(end.output);
    } catch (error) {
      if (!(error instanceof AnswerError)) throw error;
      // What its shell complains of may say why.
      const said = error.isRefusal || end.errors.trim() === "" ? "" : `: ${lastLine(end.errors)}`;
      throw failure(`${error.message}${said}`, error);
    }
  }

  #unreachable({ errors }: SshEnd): CommandError {
    return failure(explainSsh(this.machine, errors));
  }
}

/** Says why nothing could be connected with an address there. */
export function explainForward(errors: string): string {
  const [, reason] = errors.match(/open failed: ([^\r\n]+)/) ?? [];
  if (reason === undefined) return lastLine(errors);
  if (reason.startsWith("administratively prohibited")) return "the ssh server there passes nothing on";
  return reason.replace(/^connect failed: /, "").toLowerCase();
}

function failure(line: string, cause?: unknown): CommandError {
  return new CommandError(EXIT.network, line, { cause });
}

async function* readPieces({ files }: Pick<Env, "files">, path: string): AsyncGenerator<Uint8Array> {
  const file = await files.open(path);
  try {
    const piece = new Uint8Array(PIECE_BYTES);
    for (let at = 0;;) {
      const count = await file.readAt(piece, at);
      if (count === 0) return;
      yield piece.subarray(0, count);
      at += count;
    }
  } finally {
    await file.close();
  }
}
