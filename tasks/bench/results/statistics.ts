/**
 * What several rounds say together.
 *
 * @module
 */

/**
 * The value in the middle; of an even count the mean of the two.
 *
 * @throws {RangeError} if there is none.
 */
export function median(values: readonly number[]): number {
  if (values.length === 0) throw new RangeError("Cannot take a median: there are no values");
  const sorted = values.toSorted((a, b) => a - b);
  const middle = sorted.length >> 1;
  return sorted.length % 2 === 1 ? sorted[middle]! : (sorted[middle - 1]! + sorted[middle]!) / 2;
}

/**
 * What one came to beside the other, round by round. Both were measured shortly after one another in each round, so a
 * machine that is slow for a while is slow for both.
 *
 * @throws {RangeError} if they have not as many values, or one to divide by is 0.
 */
export function pairedRatios(values: readonly number[], others: readonly number[]): number[] {
  if (values.length !== others.length) {
    throw new RangeError(`Cannot pair ${values.length} values with ${others.length}`);
  }
  return values.map((value, round) => {
    if (others[round] === 0) throw new RangeError("Cannot take a ratio: there is a 0 to divide by");
    return value / others[round]!;
  });
}

/** Rounds to so many digits that count. More would pretend that a measurement is exact. */
export function roundTo(value: number, digits: number): number {
  return Number(value.toPrecision(digits));
}
