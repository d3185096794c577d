/**
 * Tests that load the machine, one at a time: two of them at once would each measure the other.
 *
 * @module
 */

/** Somewhere that all test files of a run, and of another one on this machine, agree on. */
const PATH = `${Deno.env.get("TMPDIR") ?? "/tmp"}/microcdn-tests-turn`;

/** Waits until no other test has the turn, and takes it until it is disposed of. It goes back when the process ends, too. */
export async function takeTurn(): Promise<Disposable> {
  const file = await Deno.open(PATH, { create: true, write: true });
  try {
    await file.lock(true);
  } catch (error) {
    file.close();
    throw error;
  }
  return { [Symbol.dispose]: () => file.close() };
}
