/**
 * A role as a child process of ours.
 *
 * @module
 */

import { Child } from "./child.ts";
import { ROOT } from "./surroundings.ts";

/** What to start. */
export interface MemberOptions {
  /** Its set in `permissions` of deno.json. */
  permissions: string;
  /** The words after `microcdn`. */
  args: readonly string[];
  /** Gets every line that it writes to standard output or standard error. */
  onLine: (line: string) => void;
}

/** A child process that runs `microcdn`. */
export class Member extends Child {
  /**
   * Starts it.
   *
   * @throws {Error} if the system starts no process.
   */
  constructor({ permissions, args, onLine }: MemberOptions) {
    super({ command: programCommand(permissions, args), onLine });
  }
}

/** The command line of the program with the permissions that deno.json gives to one of its uses. */
export function programCommand(permissions: string, args: readonly string[]): [string, ...string[]] {
  return [
    Deno.execPath(),
    ...["run", "--quiet", "--no-prompt", "--config", `${ROOT}/deno.json`, `-P=${permissions}`],
    `${ROOT}/src/cli/main.ts`,
    ...args,
  ];
}
