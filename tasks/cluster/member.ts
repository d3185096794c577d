/**
 * A role as a child process of ours.
 *
 * @module
 */

import { CDN } from "../../src/cli/cdn.ts";
import { ROLES, shortNameOf, WHOLE_PROGRAM } from "../../src/cli/roles.ts";
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

/**
 * The command line of the program with the permissions that deno.json gives to one of its uses. A role runs as the program
 * of its own, which may do no more than that.
 */
export function programCommand(permissions: string, args: readonly string[]): [string, ...string[]] {
  const { entry, said } = startOf(permissions);
  return [
    Deno.execPath(),
    ...["run", "--quiet", "--no-prompt", "--config", `${ROOT}/deno.json`, `-P=${permissions}`],
    `${ROOT}/${entry}`,
    ...args.slice(said),
  ];
}

/** The module that starts it, and how many words after `microcdn` that says already. */
function startOf(permissions: string): { entry: string; said: number } {
  const role = ROLES.find((one) => shortNameOf(one) === permissions);
  if (role === undefined || role.family === CDN.name) return { entry: WHOLE_PROGRAM.entry, said: 0 };
  return { entry: role.entry, said: role.kind === "role" ? 2 : 1 };
}
