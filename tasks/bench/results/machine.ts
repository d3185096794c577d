/**
 * What machine this is.
 *
 * @module
 */

import type { Tools } from "../tools.ts";
import type { Machine } from "./report.ts";

/** What Linux says of itself, a part after each mark. */
const SCRIPT = `echo "== kernel"; uname -sr; echo "== release"; cat /etc/os-release; echo "== cpu"; cat /proc/cpuinfo
echo "== memory"; cat /proc/meminfo`;

const KIB_A_GIB = 1_048_576;
/** The part of the cores that others may use; more is a reason to measure again later. */
const BUSY = 0.5;
/** How the programs are called in the tables, in their order; `gcc` compiles what is in C. */
const PROGRAMS = ["nginx", "python3", "gcc", "curl"];

/** Looks at this machine. What it does not say is called unknown. */
export async function describeThisMachine({ installed }: Pick<Tools, "installed">): Promise<Machine> {
  const command = new Deno.Command("sh", { args: ["-c", SCRIPT], stdin: "null", stderr: "null" });
  const { stdout } = await command.output();
  return parseMachine(new TextDecoder().decode(stdout), {
    cores: navigator.hardwareConcurrency,
    versions: {
      deno: Deno.version.deno,
      ...Object.fromEntries(
        PROGRAMS.flatMap((name) => installed.has(name) ? [[name, installed.get(name)!.version]] : []),
      ),
    },
  });
}

/** What to say of a machine that does other work, too; nothing of one that does not. `load`: programs that want to run. */
export function describeLoad(load: number, cores: number): string[] {
  if (load <= cores * BUSY) return [];
  return [`The machine is busy: ${load.toFixed(1)} programs want to run on ${cores} cores. Ratios may be chance.`];
}

/** Reads what the system says of itself. */
export function parseMachine(text: string, rest: Pick<Machine, "cores" | "versions">): Machine {
  const found = (form: RegExp): string => form.exec(text)?.[1]?.trim() ?? "unknown";
  return {
    cpu: found(/^model name\s*:(.+)$/m),
    memoryGib: Math.round(Number(/^MemTotal:\s+(\d+) kB$/m.exec(text)?.[1] ?? 0) / KIB_A_GIB),
    system: found(/^PRETTY_NAME="(.*)"$/m),
    kernel: found(/^== kernel\n(.+)$/m),
    ...rest,
  };
}
