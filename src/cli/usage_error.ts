/**
 * The command line cannot be understood.
 *
 * @module
 */

/** What the user wrote makes no sense. The message is one line; the program adds where to find help. */
export class UsageError extends Error {
  /** The name of this class. */
  override readonly name = "UsageError";
}
