/**
 * The story of the `edge` family: a folder is published, and its files are had cold, warm, after a node was killed, after
 * an update and after a purge.
 *
 * @module
 */

import { type Address, formatAddress } from "../../src/base/address.ts";
import { formatBytes } from "../../src/cli/units.ts";
import { describeEnd } from "../../src/env/processes.ts";
import { LOOPBACK } from "../cluster/plan.ts";
import type { Step } from "./performance.ts";
import { addressIn, type Stage } from "./stage.ts";

/** The files by what is done to them. One has a name that has to be encoded, one has no bytes. */
const PAGE = "page.html";
const PHOTO = "photos/Gr\u00f6\u00dfe 1\u20442 50%?#.bin";
const EMPTY = "empty";
const PHOTO_BYTES = 2_000_000;

/** Where the nodes and the client are. For the client the node of New York is the best. */
const SF = ["--lat", "37.7749", "--lng", "-122.4194"] as const;
const NY = ["--lat", "40.7128", "--lng", "-74.006"] as const;

/** How often the store may lose its port to somebody else before it is up. */
const STORE_TRIES = 3;
/** How long a death may take to be noticed: eight seconds of silence, and some more. */
const NOTICE_MS = 15_000;
/** How often to look meanwhile. */
const LOOK_MS = 200;
/** How long an answer may take. */
const ANSWER_MS = 10_000;

/** The story, told on a stage. */
export function planEdgeScenario(stage: Stage): readonly Step[] {
  const scenario = new EdgeScenario(stage);
  return [
    { title: "A meta server, a store and an origin start", run: () => scenario.startServices() },
    { title: "Nodes in San Francisco and New York start", run: () => scenario.startNodes() },
    { title: "A folder is synced", run: () => scenario.sync() },
    { title: "Synced again, nothing is sent", run: () => scenario.syncAgain() },
    { title: "New York gets a file that it has not: cold", run: () => scenario.getCold() },
    { title: "The next one is warm", run: () => scenario.getWarm() },
    { title: "A file that nobody has is refused", run: () => scenario.getMissing() },
    { title: "New York is killed with kill -9", run: () => scenario.kill() },
    { title: "Its clients still download", run: () => scenario.getWithoutNode() },
    { title: "The meta server no longer names it", run: () => scenario.waitForDeath() },
    { title: "It starts again, and has its copies", run: () => scenario.restart() },
    { title: "A file changes: nobody gets the old bytes", run: () => scenario.update() },
    { title: "A file is purged: the node fetches it anew", run: () => scenario.purge() },
    { title: "A file is removed: it is gone everywhere", run: () => scenario.remove() },
    { title: "All five stop when asked", run: () => scenario.stopAll() },
  ];
}

interface Answer {
  readonly status: number;
  /** What the node's cache did: `HIT memory`, `MISS`. */
  readonly cache: string;
  readonly bytes: Uint8Array;
}

class EdgeScenario {
  readonly #stage: Stage;
  readonly #content = new Map<string, Uint8Array>();
  #meta: Address = { host: "", port: 0 };
  #store: Address = { host: "", port: 0 };
  #origin: Address = { host: "", port: 0 };
  #ny: Address = { host: "", port: 0 };
  #downloads = 0;

  constructor(stage: Stage) {
    this.#stage = stage;
  }

  async startServices(): Promise<string> {
    // Each has to be told the other's port before it is there, so one of the two is chosen and not given.
    for (let tries = 1;; tries++) {
      const store = { host: LOOPBACK, port: await this.#stage.freePort() };
      const folder = this.#stage.folder;
      const catalogue = ["--catalogue", `sqlite:${folder}/catalogue.sqlite`];
      this.#meta = await this.#start("meta", [...catalogue, "--store", formatAddress(store)]);
      try {
        const objects = ["--objects", `file:${folder}/objects`, "--meta", formatAddress(this.#meta)];
        this.#store = await this.#start("store", objects, store.port);
        break;
      } catch (error) {
        if (tries === STORE_TRIES || this.#stage.actor("store").member.end === undefined) throw error;
        await this.#stage.stop("meta");
      }
    }
    this.#origin = await this.#start("origin", this.#peers());
    return `origin ${formatAddress(this.#origin)}, store ${formatAddress(this.#store)}`;
  }

  async startNodes(): Promise<string> {
    const [, ny] = await Promise.all([this.#startNode("SF", SF), this.#startNode("NY", NY)]);
    this.#ny = ny;
    await this.#eventually("both nodes are registered", async () => (await this.#nodes()).length === 2);
    return "both registered";
  }

  async sync(): Promise<string> {
    const photo = new Uint8Array(PHOTO_BYTES);
    for (let at = 0; at < photo.length; at += 65_536) crypto.getRandomValues(photo.subarray(at, at + 65_536));
    await this.#write(PHOTO, photo);
    await this.#write(PAGE, new TextEncoder().encode("<h1>Version 1</h1>\r\n"));
    await this.#write(EMPTY, new Uint8Array());
    const { uploaded } = await this.#sync();
    if (uploaded !== this.#content.size) throw new Error(`${uploaded} files of ${this.#content.size} were sent`);
    return `${uploaded} files`;
  }

  async syncAgain(): Promise<string> {
    const { uploaded } = await this.#sync();
    if (uploaded !== 0) throw new Error(`${uploaded} files were sent`);
    return "0 files";
  }

  async getCold(): Promise<string> {
    const { cache } = await this.#ask(PHOTO, 200);
    if (cache !== "MISS") throw new Error(`The node says ${cache}`);
    return `${formatBytes(PHOTO_BYTES)}, X-Cache: ${cache}`;
  }

  async getWarm(): Promise<string> {
    await this.#get(PHOTO);
    const { cache } = await this.#ask(PHOTO, 200);
    if (!cache.startsWith("HIT")) throw new Error(`The node says ${cache}`);
    return `every byte as it should be, X-Cache: ${cache}`;
  }

  async getMissing(): Promise<string> {
    const { end, lines } = await this.#client("get", "missing.txt", "--out", `${this.#stage.folder}/missing`);
    if (end.kind !== "exited" || end.code !== 1) {
      throw new Error(`The client ended with ${describeEnd(end)} instead of exit code 1: ${lines.join(" / ")}`);
    }
    return `"${lines.at(-1) ?? ""}"`;
  }

  async kill(): Promise<string> {
    const { member } = this.#stage.actor("NY");
    member.signal("SIGKILL");
    const end = await member.ended;
    if (end.kind !== "signalled") throw new Error(`It ended with ${describeEnd(end)} before it was killed`);
    return `process ${member.pid}`;
  }

  async getWithoutNode(): Promise<string> {
    const size = await this.#get(PHOTO) + await this.#get(PAGE);
    return `${formatBytes(size)}, from elsewhere`;
  }

  async waitForDeath(): Promise<string> {
    await this.#eventually("another one is named", async () => await this.#named(PHOTO) !== formatAddress(this.#ny));
    return `clients are sent to ${await this.#named(PHOTO)}`;
  }

  async restart(): Promise<string> {
    await this.#startNode("NY", NY, this.#ny.port);
    const { cache } = await this.#ask(PHOTO, 200);
    if (cache === "MISS") throw new Error(`The node says ${cache}`);
    return `X-Cache: ${cache}`;
  }

  async update(): Promise<string> {
    await this.#ask(PAGE, 200);
    await this.#write(PAGE, new TextEncoder().encode("<h1>Version 2</h1>\r\n"));
    const { uploaded } = await this.#sync();
    if (uploaded !== 1) throw new Error(`${uploaded} files were sent instead of 1`);
    const { cache } = await this.#ask(PAGE, 200);
    await this.#get(PAGE);
    return `1 file was sent, and is the one that everybody gets (X-Cache: ${cache})`;
  }

  async purge(): Promise<string> {
    await this.#ask(PHOTO, 200);
    await this.#succeed("purge", PHOTO);
    const { cache } = await this.#ask(PHOTO, 200);
    if (cache !== "MISS") throw new Error(`The node says ${cache}`);
    return `X-Cache: ${cache}`;
  }

  async remove(): Promise<string> {
    await this.#succeed("rm", PAGE);
    await this.#ask(PAGE, 404);
    const names = (await this.#succeed("ls", "--json")).join("\n");
    if (names.includes(PAGE)) throw new Error(`It is still listed: ${names}`);
    return "404, and not listed any more";
  }

  async stopAll(): Promise<string> {
    for (const labels of [["SF", "NY"], ["origin"], ["store"], ["meta"]]) {
      await Promise.all(labels.map(async (label) => {
        const end = await this.#stage.stop(label);
        if (end.kind !== "exited" || end.code !== 0) throw new Error(`${label} ended with ${describeEnd(end)}`);
      }));
    }
    return "exit code 0 each";
  }

  async #start(
    role: "meta" | "store" | "origin" | "node",
    flags: readonly string[],
    port = 0,
    label: string = role,
  ): Promise<Address> {
    return addressIn(await this.#stage.start(label, ["edge", role, "--port", `${port}`, ...flags]), "http");
  }

  async #startNode(label: string, place: readonly string[], port = 0): Promise<Address> {
    const cache = ["--cache", `disk:${this.#stage.folder}/cache-${label}`];
    return await this.#start("node", [...place, ...cache, ...this.#peers()], port, label);
  }

  #peers(): string[] {
    return ["--meta", formatAddress(this.#meta), "--store", formatAddress(this.#store)];
  }

  get #site(): string {
    return `${this.#stage.folder}/site`;
  }

  async #write(name: string, bytes: Uint8Array): Promise<void> {
    const path = `${this.#site}/${name}`;
    await Deno.mkdir(path.replace(/\/[^/]*$/, ""), { recursive: true });
    await Deno.writeFile(path, bytes);
    this.#content.set(name, bytes);
  }

  async #client(...args: readonly string[]): Promise<Awaited<ReturnType<Stage["runClient"]>>> {
    const place = args[0] === "sync" || args[0] === "get" ? NY : [];
    return await this.#stage.runClient(["edge", ...args, "--origin", formatAddress(this.#origin), ...place]);
  }

  /** Runs the client, which must succeed. Returns what it says. */
  async #succeed(...args: readonly string[]): Promise<readonly string[]> {
    const { end, lines } = await this.#client(...args);
    if (end.kind === "exited" && end.code === 0) return lines;
    throw new Error(`The client ended with ${describeEnd(end)}: ${lines.join(" / ")}`);
  }

  async #sync(): Promise<{ uploaded: number }> {
    return JSON.parse((await this.#succeed("sync", this.#site, "--json")).join("\n"));
  }

  /** Downloads a file by a client of its own and compares it. Returns its size. */
  async #get(name: string): Promise<number> {
    const path = `${this.#stage.folder}/download-${this.#downloads++}`;
    await this.#succeed("get", name, "--out", path);
    return this.#compare(name, await Deno.readFile(path));
  }

  /** Asks the node of New York, and compares what it sends. */
  async #ask(name: string, status: number): Promise<Answer> {
    const path = name.split("/").map(encodeURIComponent).join("/");
    const answer = await this.#fetch(this.#ny, `/cdn/cache/${path}`);
    const bytes = new Uint8Array(await answer.arrayBuffer());
    if (answer.status !== status) {
      throw new Error(`The node answers ${answer.status}: ${new TextDecoder().decode(bytes.subarray(0, 200))}`);
    }
    if (status === 200) this.#compare(name, bytes);
    return { status, cache: answer.headers.get("x-cache") ?? "", bytes };
  }

  #compare(name: string, found: Uint8Array): number {
    const expected = this.#content.get(name)!;
    if (found.length !== expected.length || found.some((byte, at) => byte !== expected[at])) {
      throw new Error(`${name} arrived with ${found.length} bytes that are not the ${expected.length} published`);
    }
    return found.length;
  }

  /** Whom the origin names for a file to a client in New York. */
  async #named(name: string): Promise<string> {
    const FileList = [{ Name: name, Hash: "", TimeStamp: "" }];
    const answer = await this.#fetch(this.#origin, "/origin/explicit", {
      method: "POST",
      headers: { "content-type": "application/json" },
      body: JSON.stringify({ Type: 1, IP: "", Lat: Number(NY[1]), Lng: Number(NY[3]), FileList }),
    });
    return (await answer.json() as { cdn_address: string }).cdn_address;
  }

  async #nodes(): Promise<readonly unknown[]> {
    return (await (await this.#fetch(this.#meta, "/meta/cdns")).json() as { cdns: unknown[] }).cdns;
  }

  async #fetch(at: Address, path: string, init: RequestInit = {}): Promise<Response> {
    const signal = AbortSignal.any([this.#stage.signal, AbortSignal.timeout(ANSWER_MS)]);
    return await fetch(`http://${formatAddress(at)}${path}`, { ...init, signal });
  }

  async #eventually(what: string, holds: () => Promise<boolean>): Promise<void> {
    await this.#stage.eventually(what, holds, { everyMs: LOOK_MS, deadlineMs: NOTICE_MS });
  }
}
