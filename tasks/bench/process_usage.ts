/**
 * What a process and its children hold and have used, where the system tells.
 *
 * @module
 */

import { KIB } from "./byte_units.ts";
import { LeftOut } from "./left_out.ts";

/** What a process and its children hold and have used. */
export interface Usage {
  /** Memory that is really in use, summed up, in bytes. What several share counts for each. */
  readonly rssBytes: number;
  /** The most that was ever in use, summed up, in bytes. */
  readonly peakBytes: number;
  /** Processor time since their start, in seconds. */
  readonly cpuSeconds: number;
  /** Open files, sockets and pipes. */
  readonly handles: number;
}

/** Whether the system tells. */
export const TELLS_USAGE: boolean = Deno.build.os === "linux";

/**
 * Has a row about memory left out where the system does not tell.
 *
 * @throws {LeftOut} if it does not.
 */
export function requireUsage(): void {
  if (!TELLS_USAGE) throw new LeftOut("only Linux tells what a process holds (/proc)");
}

/** The kernel's unit of processor time in `/proc`, whatever its timer: less than this cannot be told. */
export const TICK_SECONDS = 0.01;

/** For the process and all below it: its status, its handles, and what it used. */
const SCRIPT = `look() {
  for task in /proc/$1/task/*; do for child in $(cat $task/children 2>/dev/null); do look $child; done; done
  grep -E '^Vm(HWM|RSS):' /proc/$1/status; ls /proc/$1/fd | sed -n '$='; sed 's/.*) //' /proc/$1/stat; echo .
}
look $1`;

/**
 * Looks at a process and its children, by another one: `/proc` is closed to whoever has less than all permissions.
 *
 * @throws {Error} if it has ended.
 */
export async function usageOf(pid: number): Promise<Usage> {
  const args = ["-c", SCRIPT, "sh", String(pid)];
  const { stdout } = await new Deno.Command("sh", { args, stdin: "null", stderr: "null" }).output();
  return parseUsage(new TextDecoder().decode(stdout));
}

/**
 * Reads what the script says of each process: `VmHWM: KiB kB`, `VmRSS: KiB kB`, the count of handles, and
 * `/proc/PID/stat` from the third field on, then a dot. A child that has ended meanwhile is a dot alone.
 *
 * @throws {Error} if all have ended.
 */
export function parseUsage(text: string): Usage {
  const processes = text.split(/^\.$/m).flatMap((part) => parseProcess(part) ?? []);
  if (processes.length === 0) throw new Error("Cannot look at a process: it has ended");
  return {
    rssBytes: sum(processes.map(({ rssBytes }) => rssBytes)),
    peakBytes: sum(processes.map(({ peakBytes }) => peakBytes)),
    cpuSeconds: sum(processes.map(({ cpuSeconds }) => cpuSeconds)),
    handles: sum(processes.map(({ handles }) => handles)),
  };
}

function parseProcess(text: string): Usage | undefined {
  const [, peakKib, rssKib, handles, stat] = /VmHWM:\s+(\d+) kB\nVmRSS:\s+(\d+) kB\n(\d+)\n(\S.*)/.exec(text) ?? [];
  if (stat === undefined) return undefined;
  // utime and stime are the 14th and 15th fields of all.
  const [user, system] = stat.split(" ").slice(11, 13).map(Number);
  return {
    rssBytes: Number(rssKib) * KIB,
    peakBytes: Number(peakKib) * KIB,
    cpuSeconds: (user! + system!) * TICK_SECONDS,
    handles: Number(handles),
  };
}

function sum(values: readonly number[]): number {
  return values.reduce((total, value) => total + value, 0);
}
