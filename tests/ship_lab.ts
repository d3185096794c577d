/**
 * What `deno task ship` needs to be tried: two machines over ssh, compiled programs, and an inventory.
 *
 * @module
 */

import { assert } from "@std/assert";
import { ROLES, shortNameOf } from "../src/cli/roles.ts";
import { renderSums, sumOf } from "../tasks/build/checksums.ts";
import { ROOT } from "../tasks/cluster/surroundings.ts";
import { TaskProcess } from "./cluster_process.ts";
import { PortClaims } from "./port_claims.ts";
import { findSshd, SshKeys, SshMachine } from "./ssh_machine.ts";

/** How a run of the task ended. */
export interface ShipEnd {
  /** Its exit code. */
  readonly code: number;
  /** Its standard output, line by line. */
  readonly lines: readonly string[];
  /** Its standard error, line by line. */
  readonly errors: readonly string[];
}

/** A machine as an inventory writes it. */
export type MachineEntry = Record<string, unknown> & { readonly name: string };

/** Two machines, `one` and `two`, and what is sent to them. */
export class ShipLab implements AsyncDisposable {
  /** A folder for all of it. */
  readonly folder: string;
  /** The machines. */
  readonly machines: readonly SshMachine[];
  /** Free ports by name. */
  readonly ports: PortClaims;

  private constructor(folder: string, machines: readonly SshMachine[], ports: PortClaims) {
    this.folder = folder;
    this.machines = machines;
    this.ports = ports;
  }

  /** Starts both. */
  static async start(): Promise<ShipLab> {
    const sshd = await findSshd();
    assert(sshd !== undefined);
    const folder = await Deno.makeTempDir({ prefix: "microcdn-ship-" });
    const ports = new PortClaims();
    const keys = await SshKeys.make(folder);
    const machines: SshMachine[] = [];
    for (const name of ["one", "two"]) {
      machines.push(await SshMachine.start(sshd, { keys, home: `${folder}/${name}`, port: ports.port(name) }));
    }
    const lab = new ShipLab(folder, machines, ports);
    await lab.compile("first");
    return lab;
  }

  /**
   * Makes programs: launchers of the roles' sources, each with its own permissions. With another tag their bytes are
   * others.
   */
  async compile(tag: string, words: readonly string[] = ["index", "monitor", "content"]): Promise<void> {
    const dist = `${this.folder}/dist`;
    // Each machine has a home of its own, and packages are in ours.
    const cache = Deno.env.get("DENO_DIR") ?? `${Deno.env.get("HOME")}/.cache/deno`;
    await Deno.mkdir(dist, { recursive: true });
    for (const program of ROLES.filter((program) => words.includes(shortNameOf(program)))) {
      const start = `env DENO_DIR="${cache}" "${Deno.execPath()}" run -q --no-prompt --config "${ROOT}/deno.json"`;
      const run = `${start} -P=${shortNameOf(program)} "${ROOT}/${program.entry}"`;
      await Deno.writeTextFile(`${dist}/${program.name}`, `#!/bin/sh\n# ${tag}\nexec ${run} "$@"\n`, { mode: 0o755 });
    }
    await this.sum();
  }

  /** Writes down the sums of all programs. */
  async sum(): Promise<void> {
    const dist = `${this.folder}/dist`;
    const sums = new Map<string, string>();
    for await (const { name } of Deno.readDir(dist)) {
      if (name.startsWith("microcdn")) sums.set(name, await sumOf(`${dist}/${name}`));
    }
    await Deno.writeTextFile(`${dist}/SHA256SUMS`, renderSums(sums));
  }

  /** A machine as an inventory writes it: how it is reached, and its roles. */
  entry(name: "one" | "two", ...roles: readonly unknown[]): MachineEntry {
    return {
      name,
      host: "127.0.0.1",
      port: this.ports.port(name),
      identity: "user",
      config: "/dev/null",
      options: { UserKnownHostsFile: `${this.folder}/known_hosts`, IdentitiesOnly: true, ConnectTimeout: 20 },
      folder: name === "one" ? "it's here" : "microcdn",
      roles,
    };
  }

  /** An index with a management port. */
  index(flags: Readonly<Record<string, unknown>> = {}): unknown {
    const [port, admin] = [this.ports.port("index"), this.ports.port("admin")];
    return { role: "index", flags: { port, admin: `127.0.0.1:${admin}`, "monitor-tcp-port": 9, ...flags } };
  }

  /** A content server with the sample files. */
  content(flags: Readonly<Record<string, unknown>> = {}): unknown {
    const [tcp, udp, index] = ["tcp", "udp", "index"].map((name) => this.ports.port(name));
    const own = { "tcp-port": tcp, "udp-port": udp, "index-port": index, "register-interval": 1 };
    return { role: "content", name: "cs1", flags: { ...own, "files": `${ROOT}/content/cs1`, ...flags } };
  }

  /** Writes an inventory. */
  async inventory(...machines: readonly unknown[]): Promise<void> {
    await Deno.writeTextFile(`${this.folder}/lab.json`, JSON.stringify({ machines }));
  }

  /** Starts the task, as a user does who is in the lab's folder. */
  start(words: readonly string[], variables: Readonly<Record<string, string>> = {}): TaskProcess {
    const args = ["lab.json", ...words, "--dist", "dist"];
    return new TaskProcess("tasks/ship.ts", "ship", args, { variables: { INIT_CWD: this.folder, ...variables } });
  }

  /** Runs the task to its end. */
  async ship(words: string, variables: Readonly<Record<string, string>> = {}): Promise<ShipEnd> {
    await using task = this.start(words.split(" ").filter((word) => word !== ""), variables);
    const { code } = await task.ended;
    return { code, lines: task.lines, errors: task.errors };
  }

  /** Every file in the folder of a machine, in order, without what is another in each version and each run. */
  async files(name: "one" | "two"): Promise<readonly string[]> {
    const root = `${this.folder}/${name}/${name === "one" ? "it's here" : "microcdn"}`;
    const found: string[] = [];
    async function look(path: string): Promise<void> {
      for await (const entry of Deno.readDir(`${root}${path}`)) {
        if (entry.isDirectory) await look(`${path}/${entry.name}`);
        else found.push(`${path}/${entry.name}`.slice(1).replace(/-[0-9a-f]{16}$/, "-HASH").replace(/\.[\d-]+$/, ""));
      }
    }
    await look("");
    return found.sort();
  }

  /** Stops all roles and both machines. */
  async [Symbol.asyncDispose](): Promise<void> {
    await this.inventory(this.entry("one", { role: "index" }), this.entry("two", { role: "monitor" }));
    await this.ship("stop");
    for (const machine of this.machines) await machine[Symbol.asyncDispose]();
    this.ports.release();
    await Deno.remove(this.folder, { recursive: true });
  }
}
