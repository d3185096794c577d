/**
 * A machine as an inventory describes it.
 *
 * @module
 */

import type { RoleSettings } from "./role_flags.ts";
import type { RoleKind } from "./role_kinds.ts";

/** A role on a machine. */
export interface ShippedRole {
  /** What it is called there: by default as its kind is. */
  readonly name: string;
  /** What it is. */
  readonly kind: RoleKind;
  /** Its command line: `--port=5050`, in the order of the inventory. */
  readonly args: readonly string[];
  /** What of it matters to who looks after it. */
  readonly settings: RoleSettings;
}

/** A machine. */
export interface Machine {
  /** What it is called: by default as its host is. */
  readonly name: string;
  /** Its host, as `ssh` is to be given it: a name, an address, or an alias of the ssh configuration. */
  readonly host: string;
  /** The port of its ssh server. Default: what the ssh configuration says. */
  readonly port?: number;
  /** Whom to be there. Default: what the ssh configuration says. */
  readonly user?: string;
  /** The path of a private key here. Default: what the ssh configuration or the agent has. */
  readonly identity?: string;
  /** The path of an ssh configuration here. Default: the user's own. */
  readonly config?: string;
  /** Options of `ssh`, as after its `-o`. */
  readonly options: readonly (readonly [name: string, value: string])[];
  /** Where programs, logs and process ids are there: a path, below the user's home unless it begins with a slash. */
  readonly folder: string;
  /** What runs there. */
  readonly roles: readonly ShippedRole[];
}
