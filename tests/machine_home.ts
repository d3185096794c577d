/**
 * A home folder in which `machine.sh` works as it does on a machine: a real shell, real processes, no ssh. What runs as a
 * role is a shell script that behaves like one.
 *
 * @module
 */

import { assertEquals } from "@std/assert";
import { fileURLToPath } from "node:url";
import { sha256 } from "../src/base/digest.ts";
import { programFile, renderLaunchScript } from "../tasks/ship/launch_script.ts";
import { type MachineReport, parseOutcomes, parseReport, type RoleOutcome } from "../tasks/ship/machine_report.ts";
import { type Call, changeOrder, receiveCommand, reportOrder } from "../tasks/ship/orders.ts";

/** The text of `machine.sh`, as it is sent. */
export const LIBRARY: string = (await Deno.readTextFile(new URL("../tasks/ship/machine.sh", import.meta.url)))
  .trimEnd();

/** Programs that pass for those of systemd. */
export const FAKE_SYSTEMD: string = fileURLToPath(new URL("fake_systemd", import.meta.url));

/** How a command ended. */
export interface ShellEnd {
  /** Its exit code. */
  readonly code: number;
  /** What it wrote to standard output. */
  readonly output: string;
  /** What it wrote to standard error. */
  readonly errors: string;
}

/** A program that behaves like a role. Two with different tags have different bytes. */
export function standIn(tag: string): string {
  return `#!/bin/sh
# ${tag}
case $1 in
  fails) echo 'Cannot listen at 127.0.0.1:1: the address is in use'; exit 3 ;;
  slow) sleep 1 ;;
  stubborn) trap '' TERM ;;
  chatty) i=0; while [ $i -lt 2000 ]; do echo "line $i of many"; i=$((i + 1)); done ;;
esac
[ "$1" = stubborn ] || trap 'echo "12:00:01 ${tag}: stopping"; exit 0' TERM
[ "$1" = silent ] || echo "12:00:00 ${tag}: ready $*"
while :; do sleep 0.1; done
`;
}

/** Options of {@link MachineHome.create}. */
export interface MachineHomeOptions {
  /** The shell. Default: `sh`. */
  readonly shell?: string;
  /** Whether there is a `systemd --user`, or what passes for one. Default: false. */
  readonly hasSystemd?: boolean;
  /** The folder's name below the home. Default: one with a blank and a quote in it. */
  readonly place?: string;
  /** The text of `machine.sh`. Default: as it is. */
  readonly library?: string;
}

/** A home, and the folder in it that roles live in. */
export class MachineHome implements AsyncDisposable {
  /** The home. */
  readonly home: string;
  /** The name of the folder below it. */
  readonly place: string;
  readonly #options: MachineHomeOptions;
  readonly #names = new Set<string>();

  private constructor(home: string, options: MachineHomeOptions) {
    this.home = home;
    this.place = options.place ?? "it's here";
    this.#options = options;
  }

  /** Makes an empty one. */
  static async create(options: MachineHomeOptions = {}): Promise<MachineHome> {
    const machine = new MachineHome(await Deno.makeTempDir({ prefix: "microcdn-machine-" }), options);
    if (options.hasSystemd) await Deno.mkdir(machine.runtime);
    return machine;
  }

  /** The folder. */
  get folder(): string {
    return `${this.home}/${this.place}`;
  }

  /** Where a stand-in for systemd keeps its notes; without one there is no such folder. */
  get runtime(): string {
    return `${this.home}/.runtime`;
  }

  /** Runs a command as a login would: in the home, without a terminal. No systemd of the test's own user is found. */
  async run(command: string, input: string | Uint8Array<ArrayBuffer> = ""): Promise<ShellEnd> {
    const { shell = "sh", hasSystemd = false } = this.#options;
    const path = Deno.env.get("PATH");
    const child = new Deno.Command(shell, {
      args: ["-c", command],
      cwd: this.home,
      env: {
        HOME: this.home,
        PATH: hasSystemd ? `${FAKE_SYSTEMD}:${path}` : path ?? "",
        XDG_RUNTIME_DIR: this.runtime,
        XDG_CONFIG_HOME: `${this.home}/.config`,
        DBUS_SESSION_BUS_ADDRESS: "",
      },
      stdin: "piped",
      stdout: "piped",
      stderr: "piped",
    }).spawn();
    const writer = child.stdin.getWriter();
    // One that ends early reads no more.
    await writer.write(typeof input === "string" ? new TextEncoder().encode(input) : input).catch(() => {});
    await writer.close().catch(() => {});
    const { code, stdout, stderr } = await child.output();
    return { code, output: new TextDecoder().decode(stdout), errors: new TextDecoder().decode(stderr) };
  }

  /** Runs a script, as an order is run. */
  async script(text: string): Promise<ShellEnd> {
    return await this.run(`${this.#options.shell ?? "sh"} -s`, text);
  }

  /** Asks for a report. */
  async report(): Promise<MachineReport> {
    const { library = LIBRARY } = this.#options;
    const { output } = await this.script(reportOrder(library, this.place, { checksPrograms: true, mayLinger: true }));
    return parseReport(output);
  }

  /** Has roles changed. */
  async change(...calls: readonly Call[]): Promise<readonly RoleOutcome[]> {
    const { library = LIBRARY } = this.#options;
    const { output, errors } = await this.script(changeOrder(library, this.place, calls));
    assertEquals(errors, "");
    return parseOutcomes(output);
  }

  /** Delivers a program, and returns the call that makes a role of it. */
  async up(name: string, text: string, options: UpOptions = {}): Promise<Call> {
    const { mode = "works", seconds = 5, voice = "loud", manager = "detached", unit = "" } = options;
    this.#names.add(name);
    const { program, sha256 } = await this.deliver(text);
    const script = renderLaunchScript({ args: [mode] }, program);
    return ["up", name, String(seconds), voice, manager, program, sha256, script, unit];
  }

  /** Delivers a program. */
  async deliver(text: string): Promise<{ readonly program: string; readonly sha256: string }> {
    const sum = digest(text);
    const program = programFile("stand-in", sum);
    const { code, errors } = await this.run(receiveCommand({ folder: this.place, program, sha256: sum }), text);
    assertEquals([code, errors], [0, ""]);
    return { program, sha256: sum };
  }

  /** The text of a file below the folder. */
  async read(path: string): Promise<string> {
    return await Deno.readTextFile(`${this.folder}/${path}`);
  }

  /** Every file below the folder, in order. */
  async files(path = ""): Promise<string[]> {
    const found: string[] = [];
    for await (const entry of Deno.readDir(`${this.folder}/${path}`)) {
      const below = path === "" ? entry.name : `${path}/${entry.name}`;
      if (entry.isDirectory) found.push(...await this.files(below));
      else found.push(below);
    }
    return found.sort();
  }

  /** Stops every role, and removes the home. */
  async [Symbol.asyncDispose](): Promise<void> {
    const calls = [...this.#names].map((name): Call => ["stop", name, "0"]);
    const { library = LIBRARY } = this.#options;
    if (calls.length > 0) await this.script(changeOrder(library, this.place, calls));
    await Deno.remove(this.home, { recursive: true });
  }
}

/** How a role is to be put in place. */
export interface UpOptions {
  /** What the stand-in is to do; see {@link standIn}. Default: `works`. */
  readonly mode?: string;
  /** How long it may take to stop. Default: 5. */
  readonly seconds?: number;
  /** Whether it says that it is ready. Default: `loud`. */
  readonly voice?: "loud" | "quiet";
  /** Who is to keep it running. Default: `detached`. */
  readonly manager?: "systemd" | "detached";
  /** The unit. */
  readonly unit?: string;
}

/** The SHA-256 of a text. */
export function digest(text: string): string {
  const sum = sha256();
  sum.update(new TextEncoder().encode(text));
  return sum.hex();
}

/** Whether a process runs. One that has ended may wait for ever to be missed by process 1, and does not count. */
export async function isAlive(pid: number): Promise<boolean> {
  // Deno shows /proc only to programs with every permission.
  const script = `case $(sed 's/.*) //' "/proc/$0/stat" 2>/dev/null || ps -o stat= -p "$0") in '' | Z*) exit 1 ;; esac`;
  const { success } = await new Deno.Command("sh", { args: ["-c", script, String(pid)] }).output();
  return success;
}
