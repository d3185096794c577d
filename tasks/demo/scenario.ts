/**
 * The story of the `cdn` family: the test scenario of the common contract, step by step.
 *
 * @module
 */

import { type Address, formatAddress } from "../../src/base/address.ts";
import { formatBytes } from "../../src/cli/units.ts";
import { describeEnd } from "../../src/env/processes.ts";
import { parseLocation, parseServerStatus } from "../../src/protocol/cdn.ts";
import { parseError } from "../../src/protocol/replies.ts";
import type { Step } from "./performance.ts";
import { addressIn, type Stage } from "./stage.ts";

/** Content that only CS1 has, that only CS2 has, and that both have. */
const OWN = { CS1: "hello.txt", CS2: "empty.txt" } as const;
const SHARED = "shared.bin";
const SHARED_BYTES = 2_000_000;
const MISSING = "missing.txt";
/** What each client of the rush asks for. */
const RUSH = [SHARED, OWN.CS1, SHARED, OWN.CS2, SHARED, OWN.CS1] as const;
/** How often the index may lose its port to somebody else before it is up. */
const INDEX_TRIES = 3;
/** How long a death or a return may take to be noticed: eight seconds of silence, and the time between two checks. */
const NOTICE_MS = 15_000;

/** The story, told on a stage. */
export function planScenario(stage: Stage): readonly Step[] {
  const scenario = new Scenario(stage);
  return [
    { title: "The monitor and the index start", run: () => scenario.startMonitorAndIndex() },
    { title: "Two content servers start and register", run: () => scenario.startContent() },
    { title: `${RUSH.length} clients download at once`, run: () => scenario.rush() },
    { title: "A file that nobody has is refused", run: () => scenario.askForMissing() },
    { title: "Heartbeats of both servers arrive", run: () => scenario.hearHeartbeats() },
    { title: "CS1 is killed with kill -9", run: () => scenario.kill() },
    { title: "A file of both still downloads", run: () => scenario.downloadShared() },
    { title: "The monitor marks CS1 dead", run: () => scenario.waitForDeath() },
    { title: "The index sends clients to CS2", run: () => scenario.checkRoutes() },
    { title: "CS1 starts again and is revived", run: () => scenario.restart() },
    { title: "A file of CS1 alone is downloaded again", run: () => scenario.downloadOwn() },
    { title: "All four stop when asked", run: () => scenario.stopAll() },
  ];
}

class Scenario {
  readonly #stage: Stage;
  readonly #content = new Map<string, Uint8Array>();
  #index: Address = { host: "", port: 0 };
  #monitorTcp: Address = { host: "", port: 0 };
  #monitorUdp: Address = { host: "", port: 0 };
  #firstServer: Address = { host: "", port: 0 };
  #downloads = 0;

  constructor(stage: Stage) {
    this.#stage = stage;
  }

  async startMonitorAndIndex(): Promise<string> {
    // Each has to be told the other's port before it is there, so one of the two is chosen and not given.
    for (let tries = 1;; tries++) {
      const port = await this.#stage.freePort();
      const anyPort = ["--udp-port", "0", "--tcp-port", "0"];
      const monitor = await this.#stage.start("monitor", ["monitor", ...anyPort, "--index-port", `${port}`, "-v"]);
      this.#monitorTcp = addressIn(monitor, "tcp");
      this.#monitorUdp = addressIn(monitor, "udp");
      const toMonitor = ["--monitor-tcp-port", `${this.#monitorTcp.port}`];
      try {
        this.#index = addressIn(await this.#stage.start("index", ["index", "--port", `${port}`, ...toMonitor]), "tcp");
        return `index ${formatAddress(this.#index)}, monitor ${formatAddress(this.#monitorTcp)}`;
      } catch (error) {
        if (tries === INDEX_TRIES || this.#stage.actor("index").member.end === undefined) throw error;
        await this.#stage.stop("monitor");
      }
    }
  }

  async startContent(): Promise<string> {
    const shared = new Uint8Array(SHARED_BYTES);
    for (let at = 0; at < shared.length; at += 65_536) crypto.getRandomValues(shared.subarray(at, at + 65_536));
    this.#content.set(SHARED, shared);
    this.#content.set(OWN.CS1, new TextEncoder().encode("Hello from CS1.\n"));
    this.#content.set(OWN.CS2, new Uint8Array());
    for (const label of ["CS1", "CS2"] as const) {
      await Deno.mkdir(this.#folderOf(label));
      for (const name of [OWN[label], SHARED]) {
        await Deno.writeFile(`${this.#folderOf(label)}/${name}`, this.#content.get(name)!);
      }
    }
    const [first] = await Promise.all([this.#startServer("CS1", 0), this.#startServer("CS2", 0)]);
    this.#firstServer = first;
    await this.#expectAlive(["CS1", "CS2"]);
    return "both alive at the index and at the monitor";
  }

  async rush(): Promise<string> {
    const sizes = await Promise.all(RUSH.map((name) => this.#download(name)));
    return `${formatBytes(sizes.reduce((sum, size) => sum + size, 0))}, every byte as it should be`;
  }

  async askForMissing(): Promise<string> {
    const { end, lines } = await this.#runGet(MISSING);
    if (end.kind !== "exited" || end.code !== 1) {
      throw new Error(`The client ended with ${describeEnd(end)} instead of exit code 1: ${lines.join(" / ")}`);
    }
    return `"${lines.at(-1) ?? ""}"`;
  }

  async hearHeartbeats(): Promise<string> {
    await Promise.all(
      ["CS1", "CS2"].map((id) =>
        this.#stage.hear("monitor", "heartbeat", {
          where: ({ fields }) => fields["id"] === id,
          count: 2,
          deadlineMs: 9_000,
        })
      ),
    );
    return "two of each";
  }

  async kill(): Promise<string> {
    const { member } = this.#stage.actor("CS1");
    member.signal("SIGKILL");
    const end = await member.ended;
    if (end.kind !== "signalled") throw new Error(`It ended with ${describeEnd(end)} before it was killed`);
    return `process ${member.pid}`;
  }

  async downloadShared(): Promise<string> {
    const size = await this.#download(SHARED);
    const listed = (await this.#stage.askList(this.#monitorTcp, "LIST_SERVERS")).map(parseServerStatus);
    const isUnnoticed = listed.some(({ id, alive }) => id === "CS1" && alive);
    return `${formatBytes(size)} from CS2${isUnnoticed ? ", death not noticed yet" : ""}`;
  }

  async waitForDeath(): Promise<string> {
    const where = isAbout("CS1");
    const { fields } = await this.#stage.hear("monitor", "server dead", { where, deadlineMs: NOTICE_MS });
    await this.#stage.hear("index", "server marked dead", { where, deadlineMs: NOTICE_MS });
    return `silent for ${fields["silent"]}; the index was told`;
  }

  async checkRoutes(): Promise<string> {
    for (let lookups = 0; lookups < 10; lookups++) {
      const { id } = parseLocation(await this.#stage.ask(this.#index, `GET ${SHARED}`));
      if (id !== "CS2") throw new Error(`The index names ${id} for ${SHARED}`);
    }
    const answer = await this.#stage.ask(this.#index, `GET ${OWN.CS1}`);
    if (parseError(answer) !== "FILE_NOT_FOUND") throw new Error(`The index answers ${answer} for ${OWN.CS1}`);
    await this.#download(SHARED);
    return `10 lookups of 10; what only CS1 has: ${answer}`;
  }

  async restart(): Promise<string> {
    const [atMonitor, atIndex] = ["monitor", "index"].map((label) => this.#stage.actor(label).witness.mark);
    await this.#startServer("CS1", this.#firstServer.port);
    const where = isAbout("CS1");
    await Promise.all([
      this.#stage.hear("monitor", "server alive again", { where, since: atMonitor!, deadlineMs: NOTICE_MS }),
      this.#stage.hear("index", "server revived", { where, since: atIndex!, deadlineMs: NOTICE_MS }),
    ]);
    await this.#expectAlive(["CS1", "CS2"]);
    return "alive at the index and at the monitor";
  }

  async downloadOwn(): Promise<string> {
    const { id } = parseLocation(await this.#stage.ask(this.#index, `GET ${OWN.CS1}`));
    if (id !== "CS1") throw new Error(`The index names ${id} for ${OWN.CS1}`);
    await this.#download(OWN.CS1);
    return `${OWN.CS1} from ${id}`;
  }

  async stopAll(): Promise<string> {
    for (const labels of [["CS1", "CS2"], ["index"], ["monitor"]]) {
      await Promise.all(labels.map(async (label) => {
        const end = await this.#stage.stop(label);
        if (end.kind !== "exited" || end.code !== 0) throw new Error(`${label} ended with ${describeEnd(end)}`);
      }));
    }
    return "exit code 0 each";
  }

  #folderOf(label: string): string {
    return `${this.#stage.folder}/${label.toLowerCase()}`;
  }

  async #startServer(label: string, tcpPort: number): Promise<Address> {
    const ready = await this.#stage.start(label, [
      "content",
      ...["--server-id", label, "--files", this.#folderOf(label)],
      ...["--tcp-port", `${tcpPort}`, "--udp-port", "0"],
      ...["--index-port", `${this.#index.port}`, "--monitor-udp-port", `${this.#monitorUdp.port}`],
    ]);
    await this.#stage.hear(label, "registered", { deadlineMs: NOTICE_MS });
    return addressIn(ready, "tcp");
  }

  /** Waits until the monitor has heard servers, and checks that it and the index list them as alive. */
  async #expectAlive(ids: readonly string[]): Promise<void> {
    for (const id of ids) {
      await this.#stage.hear("monitor", "heartbeat", { where: isAbout(id), deadlineMs: NOTICE_MS });
    }
    for (const at of [this.#monitorTcp, this.#index]) {
      const listed = (await this.#stage.askList(at, "LIST_SERVERS")).map(parseServerStatus);
      const missing = ids.filter((id) => !listed.some((status) => status.id === id && status.alive));
      if (missing.length > 0) throw new Error(`${formatAddress(at)} does not list ${missing.join(" and ")} as alive`);
    }
  }

  /** Downloads a file by a client of its own and compares it. Returns its size. */
  async #download(name: string): Promise<number> {
    const { end, lines, path } = await this.#runGet(name);
    if (end.kind !== "exited" || end.code !== 0) {
      throw new Error(`The client for ${name} ended with ${describeEnd(end)}: ${lines.join(" / ")}`);
    }
    const expected = this.#content.get(name)!;
    const found = await Deno.readFile(path);
    if (found.length !== expected.length || found.some((byte, at) => byte !== expected[at])) {
      throw new Error(`${name} arrived with ${found.length} bytes that are not the ${expected.length} served`);
    }
    return found.length;
  }

  async #runGet(name: string): Promise<Awaited<ReturnType<Stage["runClient"]>> & { path: string }> {
    const path = `${this.#stage.folder}/download-${this.#downloads++}`;
    const result = await this.#stage.runClient(["get", name, "--index-port", `${this.#index.port}`, "--out", path]);
    return { ...result, path };
  }
}

function isAbout(id: string): (record: { readonly fields: Readonly<Record<string, unknown>> }) => boolean {
  return ({ fields }) => fields["id"] === id;
}
