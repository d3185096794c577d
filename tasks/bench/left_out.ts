/**
 * A row that cannot be measured on this machine.
 *
 * @module
 */

/** Thrown by a row that has to be left out, with the reason; the others are measured all the same. */
export class LeftOut extends Error {
  /** The name of this class. */
  override readonly name = "LeftOut";
}
