/**
 * A PostgreSQL server of a test's own: a folder and a port that nobody else has, and it may be killed.
 *
 * Needs: Debian's `postgresql`, whose own cluster is left alone. As root it runs as the user `postgres`, for it refuses
 * root.
 *
 * @module
 */

import { MissingError } from "./missing_programs.ts";
import { until } from "./until.ts";

const ROOT = "/usr/lib/postgresql";
const PASSWORD = "pass word/:@%?#";
const START_MS = 30_000;

/** Where the programs of the latest version are. */
async function findPrograms(): Promise<string> {
  try {
    const versions: number[] = [];
    for await (const { name } of Deno.readDir(ROOT)) versions.push(Number(name));
    const latest = Math.max(...versions);
    await Deno.stat(`${ROOT}/${latest}/bin/initdb`);
    return `${ROOT}/${latest}/bin`;
  } catch (error) {
    throw new MissingError(`PostgreSQL is not installed: ${(error as Error).message}`);
  }
}

async function freePort(): Promise<number> {
  using listener = Deno.listen({ hostname: "127.0.0.1", port: 0 });
  return await Promise.resolve(listener.addr.port);
}

/** A running server; or a killed one, which can be started again. */
export class PrivatePostgres implements AsyncDisposable {
  /** Where it listens on 127.0.0.1. */
  readonly port: number;
  readonly #programs: string;
  readonly #folder: string;
  #server: Deno.ChildProcess | undefined;
  #databases = 0;

  private constructor(programs: string, folder: string, port: number) {
    this.#programs = programs;
    this.#folder = folder;
    this.port = port;
  }

  /**
   * Makes a cluster and starts it.
   *
   * @throws {MissingError} if PostgreSQL is not installed.
   */
  static async start(): Promise<PrivatePostgres> {
    const programs = await findPrograms();
    const folder = await Deno.makeTempDir({ prefix: "microcdn-postgres-" });
    const server = new PrivatePostgres(programs, folder, await freePort());
    try {
      await Deno.writeTextFile(`${folder}/password`, `${PASSWORD}\n`);
      if (Deno.uid() === 0) await run("chown", ["-R", "postgres", folder]);
      const options = [
        "--auth=scram-sha-256",
        "--username=postgres",
        "--encoding=UTF8",
        "--locale=C.UTF-8",
        "--no-sync",
      ];
      await server.#run("initdb", [`--pgdata=${folder}/data`, `--pwfile=${folder}/password`, ...options]);
      await server.restart();
      return server;
    } catch (error) {
      await Deno.remove(folder, { recursive: true });
      throw error;
    }
  }

  /** Its password, which may appear nowhere. */
  get password(): string {
    return PASSWORD;
  }

  /** The URL of a database. */
  url(database: string, { port = this.port, password = PASSWORD }: { port?: number; password?: string } = {}): string {
    return `postgres://postgres:${encodeURIComponent(password)}@127.0.0.1:${port}/${database}`;
  }

  /** Makes an empty database, and returns its name. */
  async createDatabase(): Promise<string> {
    const name = `test_${++this.#databases}`;
    await this.sql(`CREATE DATABASE ${name}`);
    return name;
  }

  /** Runs a statement, and returns what it prints. */
  async sql(statement: string, database = "postgres"): Promise<string> {
    const args = ["--no-psqlrc", "-qAt", "-h", "127.0.0.1", "-p", `${this.port}`, "-U", "postgres", "-d", database];
    return await run(`${this.#programs}/psql`, [...args, "-c", statement], { PGPASSWORD: PASSWORD });
  }

  /** Ends every connection. */
  async terminateBackends(): Promise<void> {
    await this.sql(
      "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE backend_type = 'client backend' AND pid <> pg_backend_pid()",
    );
  }

  /** Kills it as a power failure would: what is not written down is lost. */
  async kill(): Promise<void> {
    const server = this.#server;
    if (server === undefined) return;
    this.#server = undefined;
    const [pid] = (await Deno.readTextFile(`${this.#folder}/data/postmaster.pid`)).split("\n");
    Deno.kill(Number(pid), "SIGKILL");
    await server.status;
  }

  /** Starts it, again if it was killed. */
  async restart(): Promise<void> {
    // Until the last process of a killed server has noticed, it does not start.
    await until(async () => {
      const args = ["-D", `${this.#folder}/data`, "-p", `${this.port}`, "-k", this.#folder];
      const settings = ["-c", "listen_addresses=127.0.0.1", "-c", "fsync=off", "-c", "log_destination=stderr"];
      const server = this.#command("postgres", [...args, ...settings]).spawn();
      let isOver = false;
      server.status.then(() => isOver = true);
      await until(async () => isOver || await this.#isReady(), { deadlineMs: START_MS });
      if (!isOver) this.#server = server;
      return !isOver;
    }, { deadlineMs: START_MS });
  }

  /** Ends it, and removes all that it had. */
  async [Symbol.asyncDispose](): Promise<void> {
    if (this.#server !== undefined) {
      const [pid] = (await Deno.readTextFile(`${this.#folder}/data/postmaster.pid`)).split("\n");
      Deno.kill(Number(pid), "SIGQUIT");
      await this.#server.status;
    }
    await Deno.remove(this.#folder, { recursive: true });
  }

  async #isReady(): Promise<boolean> {
    try {
      return await this.sql("SELECT 1") === "1\n";
    } catch {
      return false;
    }
  }

  async #run(program: string, args: readonly string[]): Promise<void> {
    const { success, stderr } = await this.#command(program, args, "piped").output();
    if (!success) throw new Error(`Cannot run ${program}: ${new TextDecoder().decode(stderr)}`);
  }

  #command(program: string, args: readonly string[], stderr: "piped" | "null" = "null"): Deno.Command {
    const path = `${this.#programs}/${program}`;
    const asUser = ["--reuid=postgres", "--regid=postgres", "--clear-groups", path, ...args];
    const [first, rest] = Deno.uid() === 0 ? ["setpriv", asUser] : [path, [...args]];
    return new Deno.Command(first, { args: rest, cwd: this.#folder, stdin: "null", stdout: "null", stderr });
  }
}

async function run(program: string, args: readonly string[], env: Record<string, string> = {}): Promise<string> {
  const { success, stdout, stderr } = await new Deno.Command(program, { args: [...args], env, stdin: "null" }).output();
  if (!success) throw new Error(`Cannot run ${program}: ${new TextDecoder().decode(stderr)}`);
  return new TextDecoder().decode(stdout);
}
