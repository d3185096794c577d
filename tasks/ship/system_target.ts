/**
 * Which compiled programs run on a machine, by what it calls itself.
 *
 * @module
 */

const SYSTEMS = new Map([["Linux", "unknown-linux-gnu"], ["Darwin", "apple-darwin"]]);
const PROCESSORS = new Map([["x86_64", "x86_64"], ["amd64", "x86_64"], ["aarch64", "aarch64"], ["arm64", "aarch64"]]);

/**
 * Returns the target that a machine's programs are compiled for.
 *
 * @param system `uname -s -m`: `Linux x86_64`.
 * @returns `undefined` if there is none for such a machine.
 */
export function targetOf(system: string): string | undefined {
  const [name = "", processor = ""] = system.split(" ");
  const [end, begin] = [SYSTEMS.get(name), PROCESSORS.get(processor)];
  return end === undefined || begin === undefined ? undefined : `${begin}-${end}`;
}
