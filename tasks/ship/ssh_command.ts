/**
 * Command lines of `ssh`, and what its failures mean.
 *
 * @module
 */

import { type Address, formatAddress } from "../../src/base/address.ts";
import type { Machine } from "./machine.ts";

/**
 * What must hold whatever the user's configuration says: nobody is asked for a password, nothing of a terminal, no
 * command but ours.
 */
const OURS = ["BatchMode=yes", "RequestTTY=no", "RemoteCommand=none", "ForwardX11=no", "LogLevel=ERROR"];

/** How soon a machine that is not there is given up. An inventory may say otherwise. */
const PATIENCE = ["ConnectTimeout=10", "ServerAliveInterval=5", "ServerAliveCountMax=3"];

function options(machine: Machine): string[] {
  const { identity, config, port, user } = machine;
  const all = [...OURS, ...machine.options.map(([name, value]) => `${name}=${value}`), ...PATIENCE];
  return [
    ...config === undefined ? [] : ["-F", config],
    ...all.flatMap((option) => ["-o", option]),
    ...identity === undefined ? [] : ["-i", identity],
    ...port === undefined ? [] : ["-p", String(port)],
    ...user === undefined ? [] : ["-l", user],
  ];
}

/**
 * Runs a command there.
 *
 * @param command What the login shell there reads.
 */
export function sshCommand(machine: Machine, command: string): [string, ...string[]] {
  // The user's own forwardings would be in each other's way: several connections go at once.
  return ["ssh", ...options(machine), "-o", "ClearAllForwardings=yes", "--", machine.host, command];
}

/** Connects standard input and output with an address as it is seen from there. */
export function sshForward(machine: Machine, to: Address): [string, ...string[]] {
  return ["ssh", ...options(machine), "-W", formatAddress(to), "--", machine.host];
}

/** The exit code of `ssh` itself; any other is that of the command there. */
export const SSH_FAILED = 255;

/** What helps with the failures that everybody meets once. */
const ADVICE: ReadonlyArray<readonly [pattern: RegExp, advice: string]> = [
  [/^Host key verification failed/, "connect once by hand, with ssh, to accept its key"],
  [/Permission denied \(/, "no password is asked for: it takes a key, by the agent or as identity"],
];

/** Explains in one line why `ssh` itself failed, from what it said. */
export function explainSsh({ host, port }: Pick<Machine, "host" | "port">, errors: string): string {
  const lines = errors.split("\n").map((line) => line.trim()).filter((line) => line !== "");
  const said = lines.at(-1) ?? "ssh does not say why";
  const advice = ADVICE.find(([pattern]) => lines.some((line) => pattern.test(line)))?.[1];
  const reason = said.replace(/^ssh: /, "").replace(/^connect to host \S+ port \d+: /, "").replace(/\.$/, "");
  const place = port === undefined ? host : formatAddress({ host, port });
  return `Cannot reach ${place}: ${reason}${advice === undefined ? "" : ` (${advice})`}`;
}
