/**
 * Runs what a command starts until it ends or somebody ends it.
 *
 * @module
 */

import { type Address, formatAddress } from "../base/address.ts";
import { onAbort } from "../base/abort.ts";
import { NetError } from "../net/net_error.ts";
import type { Role } from "../services/role.ts";
import type { CommandContext } from "./command.ts";
import { EXIT } from "./exit_codes.ts";
import { CommandError } from "./failure.ts";
import { listenForStop } from "./signals.ts";

/** Options of {@link untilStopped}. */
export interface RunningOptions {
  /** Whether the end of standard input stops it too. */
  supervised: boolean;
}

/**
 * Runs `run` with a signal that aborts when the program is asked to stop. Whoever insists gets an exit at once, whatever
 * `run` still does.
 */
export async function untilStopped(
  { io, env }: Pick<CommandContext, "io" | "env">,
  options: RunningOptions,
  run: (signal: AbortSignal) => Promise<number>,
): Promise<number> {
  const stop = listenForStop(io, { clock: env.clock, ...options });
  try {
    return await Promise.race([run(stop.signal), stop.forced]);
  } finally {
    stop.close();
  }
}

/** Options of {@link runRole}. */
export interface RunRoleOptions extends RunningOptions {
  /** Where it listens, by the flag that says so: an address in use is explained with it. */
  listens: Readonly<Record<string, Address | undefined>>;
}

/** Starts a role, and stops it when the program is asked to, also while it waits for something as it starts. */
export async function runRole(
  context: Pick<CommandContext, "io" | "env">,
  { listens, ...options }: RunRoleOptions,
  start: (signal: AbortSignal) => Promise<Role>,
): Promise<number> {
  const { log } = context.env;
  return await untilStopped(context, options, async (signal) => {
    const role = await start(signal).catch((error) => {
      if (signal.aborted && error === signal.reason) return undefined;
      throw explainListen(error, listens);
    });
    await new Promise<void>((resolve) => onAbort(signal, resolve));
    const { reason } = signal;
    log.info("stopping", { reason: reason instanceof Error ? reason.message : String(reason) });
    await role?.stop();
    return EXIT.done;
  });
}

/** Adds to an error of listening which flag would help. */
function explainListen(error: unknown, listens: RunRoleOptions["listens"]): unknown {
  if (!(error instanceof NetError)) return error;
  if (error.code !== "in-use" && error.code !== "unavailable" && error.code !== "denied") return error;
  const flags = Object.entries(listens)
    .filter(([, at]) => at !== undefined && error.message.includes(`${formatAddress(at)}:`))
    .map(([flag]) => flag);
  if (flags.length === 0) return error;
  const advice = error.code === "unavailable"
    ? "choose another with --host"
    : `choose another with ${flags.join(" or ")}`;
  return new CommandError(EXIT.network, `${error.message}; ${advice}`, { cause: error });
}
