/**
 * How the program ends.
 *
 * @module
 */

/** What the program's exit code means. */
export const EXIT = {
  /** All went well; a role that was asked to stop has stopped. */
  done: 0,
  /** Nobody has the file. */
  notFound: 1,
  /** The role runs, and does not work as it should. */
  failing: 1,
  /** The command line makes no sense. */
  usage: 2,
  /** The network or a peer failed, or an address is in use. */
  network: 3,
  /** The bytes are not those that the holder promised. */
  integrity: 4,
  /** A file here cannot be read or written. */
  file: 5,
  /** A bug of ours. As `EX_SOFTWARE` of sysexits.h. */
  internal: 70,
  /** Whoever read our output left: as if killed by SIGPIPE. */
  outputClosed: 141,
} as const;

/** The exit codes for people, in the order of the help text. */
export const EXIT_MEANINGS: ReadonlyArray<readonly [string, string]> = [
  [String(EXIT.done), "done; a role: stopped as asked"],
  [String(EXIT.notFound), "nobody has the file; health: the role is failing"],
  [String(EXIT.usage), "the command line makes no sense"],
  [String(EXIT.network), "the network or a peer failed, or an address is in use"],
  [String(EXIT.integrity), "the bytes are not those that were promised"],
  [String(EXIT.file), "a file here cannot be read or written"],
  [String(EXIT.internal), "a bug in this program; -v shows where"],
  ["128+N", "ended by signal N: 130 Ctrl-C, 143 SIGTERM, 141 output closed"],
];
