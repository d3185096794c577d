/**
 * A private S3 server for the tests of one file: OpenStack Swift with its S3 API, one copy of everything, in a folder of
 * its own on ports of its own.
 *
 * Needs: Debian's `swift-proxy`, `swift-account`, `swift-container`, `swift-object` and `memcached`.
 *
 * @module
 */

import { systemClock } from "../src/base/clock.ts";
import { withDeadline } from "../src/base/deadline.ts";
import { PortClaims } from "./port_claims.ts";
import { until } from "./until.ts";

/** The programs that it takes. */
export const SWIFT_PROGRAMS: readonly string[] = ["swift-proxy-server", "swift-ring-builder"];

/** Who may do everything. */
export const CREDENTIALS = { accessKey: "cdn:cdn", secretKey: "s3cr3t/+key" } as const;

/** Five Python programs on a machine that is busy with other tests. */
const START = { deadlineMs: 90_000 };
const END_MS = 30_000;

const SERVERS = ["account", "container", "object", "proxy"] as const;
type Server = typeof SERVERS[number];

/** An S3 server. */
export class SwiftServer implements AsyncDisposable {
  /** Where it is: `http://127.0.0.1:22222`. */
  readonly endpoint: string;
  readonly #folder: string;
  readonly #ports = new PortClaims();
  readonly #processes = new Map<string, Deno.ChildProcess>();

  private constructor(folder: string) {
    this.#folder = folder;
    this.endpoint = `http://127.0.0.1:${this.#ports.port("proxy")}`;
  }

  /** Starts one without buckets. */
  static async start(): Promise<SwiftServer> {
    const swift = new SwiftServer(await Deno.makeTempDir({ prefix: "microcdn-swift-" }));
    try {
      await swift.#prepare();
      await swift.start();
      return swift;
    } catch (error) {
      await swift[Symbol.asyncDispose]();
      throw error;
    }
  }

  /** Starts it again with what it had stored. */
  async start(): Promise<void> {
    const port = `${this.#ports.port("memcached")}`;
    const user = Deno.uid() === 0 ? ["-u", "root"] : [];
    this.#run("memcached", [...user, "-l", "127.0.0.1", "-p", port, "-U", "0", "-m", "16"]);
    for (const server of SERVERS) this.#run(`swift-${server}-server`, [`${this.#folder}/${server}.conf`]);
    await until(() => this.#isHealthy(), START);
  }

  /** Ends it as `kill -9` does; what is stored stays. */
  async stop(): Promise<void> {
    // Asked in order they would wait for clients that keep their connections.
    for (const process of this.#processes.values()) {
      try {
        process.kill("SIGKILL");
      } catch {
        // It has ended by itself.
      }
    }
    for (const [name, process] of this.#processes) {
      await withDeadline(systemClock(), { deadlineMs: END_MS, what: `end ${name}` }, () => process.status);
      this.#processes.delete(name);
    }
  }

  /** Sends a signal to the part that clients talk to: `SIGSTOP` makes it hang. */
  signal(signal: Deno.Signal): void {
    this.#processes.get("swift-proxy-server")?.kill(signal);
  }

  /** Ends it, and removes what it stored. */
  async [Symbol.asyncDispose](): Promise<void> {
    await this.stop();
    this.#ports.release();
    await Deno.remove(this.#folder, { recursive: true });
  }

  #run(program: string, args: readonly string[]): void {
    this.#processes.set(
      program,
      new Deno.Command(program, { args: [...args], stdin: "null", stdout: "null", stderr: "null" }).spawn(),
    );
  }

  /** Whether all of its parts do their work: a token comes from memcached, the rest from the servers behind. */
  async #isHealthy(): Promise<boolean> {
    const identity = { "x-auth-user": CREDENTIALS.accessKey, "x-auth-key": CREDENTIALS.secretKey };
    const token = (await this.#ask("GET", "/auth/v1.0", identity))?.get("x-auth-token");
    if (token === null || token === undefined) return false;
    const paths = ["/v1/AUTH_cdn", "/v1/AUTH_cdn/probe", "/v1/AUTH_cdn/probe/object"];
    const steps = [["GET", paths[0]], ["PUT", paths[1]], ["PUT", paths[2]], ["DELETE", paths[2]], ["DELETE", paths[1]]];
    for (const [method, path] of steps) {
      if (await this.#ask(method!, path!, { "x-auth-token": token }) === undefined) return false;
    }
    return true;
  }

  /** Asks it in its own language. Returns the answer's header; `undefined` if it does not do what was asked. */
  async #ask(method: string, path: string, headers: Record<string, string>): Promise<Headers | undefined> {
    try {
      const answer = await fetch(`${this.endpoint}${path}`, { method, headers });
      await answer.body?.cancel();
      return answer.ok ? answer.headers : undefined;
    } catch {
      // It does not listen yet, or not for long.
      return undefined;
    }
  }

  async #prepare(): Promise<void> {
    const folder = this.#folder;
    await Deno.mkdir(`${folder}/disks/d1`, { recursive: true });
    await Deno.writeTextFile(`${folder}/swift.conf`, COMMON);
    for (const server of SERVERS) await Deno.writeTextFile(`${folder}/${server}.conf`, this.#configOf(server));
    await Promise.all((["account", "container", "object"] as const).map((ring) => this.#makeRing(ring)));
  }

  async #makeRing(ring: Server): Promise<void> {
    const file = `${this.#folder}/${ring}.builder`;
    const place = `r1z1-127.0.0.1:${this.#ports.port(ring)}/d1`;
    for (const args of [["create", "4", "1", "0"], ["add", place, "1"], ["rebalance"]]) {
      const { code, stderr } = await new Deno.Command("swift-ring-builder", { args: [file, ...args] }).output();
      // 1 is a warning.
      if (code > 1) throw new Error(new TextDecoder().decode(stderr));
    }
  }

  #configOf(server: Server): string {
    const filters = server === "proxy" ? proxyFilters(this.#ports.port("memcached")) : [];
    const main = [...filters.map(([name]) => name), `${server}-server`].join(" ");
    return [
      "[DEFAULT]",
      "bind_ip = 127.0.0.1",
      `bind_port = ${this.#ports.port(server)}`,
      // One process each, so that a signal reaches all of it.
      "workers = 0",
      `user = ${Deno.uid() === 0 ? "root" : Deno.env.get("USER") ?? "nobody"}`,
      `swift_dir = ${this.#folder}`,
      `devices = ${this.#folder}/disks`,
      "mount_check = false",
      "disable_fallocate = true",
      "fallocate_reserve = 0",
      `log_address = ${this.#folder}/no-log`,
      "[pipeline:main]",
      `pipeline = ${main}`,
      `[app:${server}-server]`,
      `use = egg:swift#${server}`,
      ...(server === "proxy" ? PROXY_SETTINGS : []),
      ...filters.flatMap(([name, egg, ...settings]) => [`[filter:${name}]`, `use = egg:swift#${egg}`, ...settings]),
      "",
    ].join("\n");
  }
}

/** On a busy machine the servers behind take their time, and are not to be shunned for that. */
const PROXY_SETTINGS: readonly string[] = [
  "allow_account_management = true",
  "account_autocreate = true",
  "conn_timeout = 10",
  "error_suppression_limit = 1000",
];

const COMMON = `[swift-hash]
swift_hash_path_suffix = micro
swift_hash_path_prefix = cdn
[storage-policy:0]
name = Policy-0
default = yes
[swift-constraints]
max_header_size = 16384
`;

/** What requests go through, each with its code and its settings. */
function proxyFilters(cachePort: number): readonly (readonly string[])[] {
  return [
    ["catch_errors", "catch_errors"],
    ["gatekeeper", "gatekeeper"],
    ["healthcheck", "healthcheck"],
    ["cache", "memcache", `memcache_servers = 127.0.0.1:${cachePort}`],
    ["listing_formats", "listing_formats"],
    ["bulk", "bulk"],
    [
      "s3api",
      "s3api",
      "location = us-east-1",
      "s3_acl = false",
      "check_bucket_owner = false",
      "allow_multipart_uploads = true",
      "min_segment_size = 5242880",
    ],
    ["tempauth", "tempauth", `user_cdn_cdn = ${CREDENTIALS.secretKey} .admin .reseller_admin`],
    ["copy", "copy"],
    ["slo", "slo"],
    ["dlo", "dlo"],
    ["versioned_writes", "versioned_writes", "allow_versioned_writes = true", "allow_object_versioning = true"],
    ["symlink", "symlink"],
  ];
}
