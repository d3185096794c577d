/**
 * The same for many, a few at a time.
 *
 * @module
 */

/**
 * Runs `run` for each of a list, at most `limit` at once, and returns what came of each in the order of the list. `run`
 * must not throw what may happen to one alone: it would hide what came of the others.
 */
export async function sideBySide<T, R>(
  list: readonly T[],
  limit: number,
  run: (one: T) => Promise<R>,
): Promise<readonly R[]> {
  const results: R[] = [];
  const waiting = list.entries();
  async function work(): Promise<void> {
    for (const [at, one] of waiting) results[at] = await run(one);
  }
  await Promise.all(Array.from({ length: Math.min(limit, list.length) }, work));
  return results;
}
