/**
 * What a process holds of its machine, where the system tells.
 *
 * @module
 */

/** What a process holds at one moment. */
export interface Resources {
  /** Its memory that is really in use, in bytes. */
  readonly rssBytes: number;
  /** The most that it ever had in use, in bytes. */
  readonly peakBytes: number;
  /** Its open file descriptors: files, sockets, pipes. */
  readonly handles: number;
}

/** Why nothing can be told of processes on this machine; `undefined` if it can. */
export const NO_RESOURCES: string | undefined = Deno.build.os === "linux"
  ? undefined
  : `no /proc on ${Deno.build.os}: memory and handles are not looked at`;

/** Looks at processes, by another one: `/proc` is closed to whoever has less than all permissions. */
export async function resourcesOf(pids: readonly number[]): Promise<Resources[]> {
  const script = `for pid; do grep -E "VmHWM|VmRSS" "/proc/$pid/status"; ls "/proc/$pid/fd" | wc -l; done`;
  const args = ["-c", script, "sh", ...pids.map(String)];
  const { stdout } = await new Deno.Command("sh", { args, stdin: "null", stderr: "null" }).output();
  const told = [...new TextDecoder().decode(stdout).matchAll(/VmHWM:\s+(\d+) kB\nVmRSS:\s+(\d+) kB\n\s*(\d+)/g)];
  if (told.length !== pids.length) throw new Error(`Cannot look at the processes ${pids}: some have ended`);
  return told.map(([, peakKib, kib, handles]) => (
    { peakBytes: Number(peakKib) * 1_024, rssBytes: Number(kib) * 1_024, handles: Number(handles) }
  ));
}
