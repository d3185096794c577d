/**
 * This machine and this process: what a role may ask of them.
 *
 * @module
 */

/** The machine and the process. */
export interface Host {
  /** The runtime and its version, such as `deno 2.9.6`. */
  readonly runtime: string;
  /** This process's id. */
  readonly pid: number;
  /** Reads an environment variable; undefined when unset or not permitted. */
  variable(name: string): string | undefined;
}
