/**
 * A cluster of the `edge` family as real processes, each started as a user starts it, on ports that stay the same when
 * one is started again.
 *
 * @module
 */

import { assertEquals } from "@std/assert";
import { type EdgeRole, fromSource, type Launcher } from "./launchers.ts";
import { PortClaims } from "./port_claims.ts";
import { eventually, type ProgramOptions, ProgramProcess } from "./program_process.ts";

const HOST = "127.0.0.1";

/** Where the nodes say that they are; the store is in Los Angeles. */
const PLACES = { SF: ["37.7749", "-122.4194"], NY: ["40.7128", "-74.0060"] } as const;

/** A node. */
export type NodeName = keyof typeof PLACES;

/** A role of the cluster by its name. */
export type MemberName = "meta" | "origin" | "store" | NodeName;

/** Options of {@link EdgeProcessCluster.create}. */
export interface EdgeProcessOptions {
  /** How each role is started. Default: from source. */
  launch?: Launcher<EdgeRole>;
  /** What the catalogue is in: `memory` where a runtime has no SQLite. Default: a file of SQLite in its folder. */
  catalogue?: string;
  /** Documented variables that say what every role keeps its things in. Default: none, and files in its folder do. */
  variables?: Readonly<Record<string, string>>;
}

/** Processes that know each other's ports, and a folder that goes with them. */
export class EdgeProcessCluster implements AsyncDisposable {
  /** A temporary folder. */
  readonly folder: string;
  readonly #launch: Launcher<EdgeRole>;
  readonly #catalogue: string;
  readonly #variables: Readonly<Record<string, string>> | undefined;
  readonly #ports = new PortClaims();
  readonly #processes: ProgramProcess[] = [];

  private constructor(folder: string, { launch = fromSource, catalogue, variables }: EdgeProcessOptions) {
    this.folder = folder;
    this.#launch = launch;
    this.#variables = variables;
    this.#catalogue = catalogue ?? `sqlite:${folder}/catalogue.sqlite`;
  }

  /** Makes a cluster without processes. */
  static async create(options: EdgeProcessOptions = {}): Promise<EdgeProcessCluster> {
    return new EdgeProcessCluster(await Deno.makeTempDir({ prefix: "microcdn-test-" }), options);
  }

  /** Starts every role, and waits until each is ready and the nodes are registered. */
  async startAll(...nodes: readonly NodeName[]): Promise<void> {
    await this.start("meta");
    await Promise.all((["store", "origin", ...nodes] as const).map((name) => this.start(name)));
    await this.eventually(
      `the nodes ${nodes} are registered`,
      async () => (await this.nodes()).length === nodes.length,
    );
  }

  /** Starts a role, and waits until it is ready. */
  async start(name: MemberName, ...flags: readonly string[]): Promise<ProgramProcess> {
    const role = name === "SF" || name === "NY" ? "node" : name;
    const own = ["--port", String(this.#ports.port(name)), ...this.#ownFlags(name)];
    const variables = Object.entries(this.#variables ?? {}).map(([variable, value]) => `${variable}=${value}`);
    const before = variables.length === 0 ? [] : ["env", ...variables];
    const command = [...before, ...this.#launch(`edge-${role}`), ...own, "--log", "json", ...flags];
    const process = this.run({ name, command });
    await process.see("ready");
    return process;
  }

  /** Runs the client to its end. */
  async client(...args: readonly string[]): Promise<{ code: number; output: string; process: ProgramProcess }> {
    const place = args[0] === "sync" || args[0] === "get" ? placeFlags("SF") : [];
    const command = [...this.#launch("edge-client"), ...args, "--origin", this.url("origin"), ...place];
    const process = this.run({ name: `client ${args[0]}`, command });
    const { code } = await process.end();
    return { code, output: await process.output, process };
  }

  /** Starts any process, which ends with the cluster. */
  run(options: ProgramOptions): ProgramProcess {
    const process = new ProgramProcess({ witnesses: this.#processes, ...options });
    this.#processes.push(process);
    return process;
  }

  /** The process of this name that was started last. */
  process(name: string): ProgramProcess {
    return this.#processes.findLast((process) => process.name === name)!;
  }

  /** Where a role is: `http://127.0.0.1:4000`. */
  url(name: MemberName): string {
    return `http://${this.address(name)}`;
  }

  /** The same without what stands before it. */
  address(name: MemberName): string {
    return `${HOST}:${this.#ports.port(name)}`;
  }

  /** The addresses of the nodes that the meta server lists; none while it does not answer. */
  async nodes(): Promise<readonly string[]> {
    const answer = await fetch(`${this.url("meta")}/meta/cdns`).catch(() => undefined);
    if (!answer?.ok) return [];
    return (await answer.json() as { cdns: { address: string }[] }).cdns.map(({ address }) => address);
  }

  /** Gets a file from a node: what its cache did, and the bytes. */
  async fetchFrom(name: NodeName, file: string): Promise<{ status: number; cache: string; text: string }> {
    const answer = await fetch(`${this.url(name)}/cdn/cache/${file.split("/").map(encodeURIComponent).join("/")}`);
    return { status: answer.status, cache: answer.headers.get("x-cache") ?? "", text: await answer.text() };
  }

  /** Whether a node that keeps copies on disk has one of a file with this text: a kill cannot take it any more. */
  async hasOnDisk(name: NodeName, file: string, text: string): Promise<boolean> {
    for (const path of await filesBelow(`${this.folder}/cache-${name}`)) {
      if (!path.endsWith(".copy")) continue;
      // A copy says what it is of; one that has just gone was not it.
      const content = await Deno.readTextFile(path).catch(() => "");
      if (content.includes(file) && content.includes(text)) return true;
    }
    return false;
  }

  /** Writes files into a folder below that of the cluster, which it returns. */
  async write(folder: string, files: Readonly<Record<string, string | Uint8Array>>): Promise<string> {
    for (const [name, content] of Object.entries(files)) {
      const path = `${this.folder}/${folder}/${name}`;
      await Deno.mkdir(path.replace(/\/[^/]*$/, ""), { recursive: true });
      await Deno.writeFile(path, typeof content === "string" ? new TextEncoder().encode(content) : content);
    }
    return `${this.folder}/${folder}`;
  }

  /** Waits until `condition` holds; if it never does, says `what` was waited for and what the processes said last. */
  async eventually(what: string, condition: () => boolean | Promise<boolean>): Promise<void> {
    await eventually(what, condition, this.#processes);
  }

  /** Stops a role as Ctrl-C would, and checks that it ends well. */
  async stop(name: MemberName): Promise<void> {
    const process = this.process(name);
    process.signal("SIGTERM");
    assertEquals((await process.end()).code, 0, process.tail);
  }

  /** Ends all that still runs, removes the folder, and checks that no role failed, or wrote anything but its log. */
  async [Symbol.asyncDispose](): Promise<void> {
    await Promise.all(this.#processes.map((process) => process.kill()));
    this.#ports.release();
    await Deno.remove(this.folder, { recursive: true });
    for (const process of this.#processes) {
      assertEquals(process.records.filter(({ level }) => level === "error"), [], process.tail);
      if (process.seen("ready").length > 0) assertEquals(process.errors, [], process.tail);
    }
  }

  #ownFlags(name: MemberName): readonly string[] {
    const meta = ["--meta", this.url("meta")];
    const store = ["--store", this.url("store")];
    const engine = (flag: string, text: string): string[] => this.#variables === undefined ? [flag, text] : [];
    switch (name) {
      case "meta":
        return [...engine("--catalogue", this.#catalogue), ...store];
      case "store":
        return [...engine("--objects", `file:${this.folder}/objects`), ...meta];
      case "origin":
        return [...meta, ...store];
      default:
        return [...placeFlags(name), ...engine("--cache", `disk:${this.folder}/cache-${name}`), ...meta, ...store];
    }
  }
}

async function filesBelow(folder: string): Promise<string[]> {
  const paths: string[] = [];
  for await (const { name, isDirectory } of Deno.readDir(folder)) {
    const path = `${folder}/${name}`;
    paths.push(...isDirectory ? await filesBelow(path) : [path]);
  }
  return paths;
}

function placeFlags(name: NodeName): string[] {
  const [lat, lng] = PLACES[name];
  return ["--lat", lat, "--lng", lng];
}
