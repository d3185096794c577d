/**
 * What must hold in a correct program. A failure here is our own bug, never a peer's doing.
 *
 * @module
 */

/**
 * Throws unless `condition` holds.
 *
 * @throws {Error} with `message` if `condition` is false.
 */
export function invariant(condition: boolean, message: string): asserts condition {
  if (!condition) throw new Error(`Broken invariant: ${message}`);
}

/**
 * Ends a `switch` over a union: the compiler refuses a forgotten case, the runtime an impossible one.
 *
 * @throws {Error} always.
 */
export function unreachable(value: never): never {
  throw new Error(`Broken invariant: unreachable value ${JSON.stringify(value)}`);
}
