/**
 * A machine that is reached over ssh, as far as one machine can be two: an `sshd` of its own on loopback, with its own
 * home.
 *
 * Needs: OpenSSH's server and client.
 *
 * @module
 */

import { until } from "./until.ts";

const HOST = "127.0.0.1";

/** Where servers are that not every PATH names. */
const PATH = `${Deno.env.get("PATH")}:/usr/sbin:/sbin:/usr/local/sbin`;

/** Where `sshd` is: it insists on being started by its full path. */
export async function findSshd(): Promise<string | undefined> {
  for (const folder of PATH.split(":")) {
    const path = `${folder}/sshd`;
    if (await Deno.stat(path).then(({ isFile }) => isFile, () => false)) return path;
  }
  return undefined;
}

/** Keys for a lab of machines: theirs, and that of whoever may log in. */
export class SshKeys {
  /** The folder that they are in. */
  readonly folder: string;

  private constructor(folder: string) {
    this.folder = folder;
  }

  /** Makes them in a folder. */
  static async make(folder: string): Promise<SshKeys> {
    for (const name of ["host", "user"]) {
      const args = ["-q", "-t", "ed25519", "-N", "", "-C", name, "-f", `${folder}/${name}`];
      const { success, stderr } = await new Deno.Command("ssh-keygen", { args }).output();
      if (!success) throw new Error(new TextDecoder().decode(stderr));
    }
    await Deno.writeTextFile(`${folder}/known_hosts`, "");
    return new SshKeys(folder);
  }

  /** Makes a machine known to whoever logs in. */
  async introduce(port: number): Promise<void> {
    const key = await Deno.readTextFile(`${this.folder}/host.pub`);
    await Deno.writeTextFile(`${this.folder}/known_hosts`, `[${HOST}]:${port} ${key}`, { append: true });
  }
}

/** A machine. */
export class SshMachine implements AsyncDisposable {
  /** The home of who logs in. */
  readonly home: string;
  /** The port of its ssh server. */
  readonly port: number;
  readonly #server: Deno.ChildProcess;

  private constructor(home: string, port: number, server: Deno.ChildProcess) {
    this.home = home;
    this.port = port;
    this.#server = server;
  }

  /** Starts one. Its home is made; whoever has the user's key may log in. */
  static async start(sshd: string, { keys, home, port }: SshMachineOptions): Promise<SshMachine> {
    await Deno.mkdir(home);
    await Deno.writeTextFile(`${home}/.login`, LOGIN);
    const config = `${home}/.sshd_config`;
    await Deno.writeTextFile(config, configOf({ keys, home, port }));
    // Started by root it wants an empty folder of its own, which a boot or a package would have made.
    if (Deno.uid() === 0) await Deno.mkdir("/run/sshd", { recursive: true, mode: 0o755 });
    const args = ["-D", "-e", "-f", config];
    const server = new Deno.Command(sshd, { args, stdin: "null", stdout: "null", stderr: "null" }).spawn();
    await keys.introduce(port);
    await until(() => answers(port));
    return new SshMachine(home, port, server);
  }

  /** Ends the server. Who is logged in stays so: roles must have been stopped before. */
  async [Symbol.asyncDispose](): Promise<void> {
    this.#server.kill("SIGTERM");
    await this.#server.status;
  }
}

/** Options of {@link SshMachine.start}. */
export interface SshMachineOptions {
  /** The keys of the lab. */
  readonly keys: SshKeys;
  /** Where its home is to be. */
  readonly home: string;
  /** Where its ssh server is to listen. */
  readonly port: number;
}

/**
 * What a login does: goes home, finds no systemd of the test's own user, and runs what it was told to. A file `.profile`
 * there is read before.
 */
const LOGIN = `cd "$(dirname "$0")" || exit
HOME=$PWD XDG_RUNTIME_DIR=$PWD/.runtime XDG_CONFIG_HOME=$PWD/.config DBUS_SESSION_BUS_ADDRESS=
export HOME XDG_RUNTIME_DIR XDG_CONFIG_HOME DBUS_SESSION_BUS_ADDRESS
[ ! -f .profile ] || . ./.profile
eval "$SSH_ORIGINAL_COMMAND"
`;

function configOf({ keys, home, port }: SshMachineOptions): string {
  return [
    `Port ${port}`,
    `ListenAddress ${HOST}`,
    `HostKey ${keys.folder}/host`,
    `AuthorizedKeysFile ${keys.folder}/user.pub`,
    "PidFile none",
    // The folder is below a temporary one that anybody may write to.
    "StrictModes no",
    "UsePAM no",
    "PasswordAuthentication no",
    "KbdInteractiveAuthentication no",
    "PermitRootLogin yes",
    `ForceCommand sh ${home}/.login`,
    "",
  ].join("\n");
}

async function answers(port: number): Promise<boolean> {
  try {
    using conn = await Deno.connect({ hostname: HOST, port });
    return await conn.read(new Uint8Array(4)) !== null;
  } catch {
    return false;
  }
}
