/**
 * Shares seeds out to several processes, so that a simulation uses several cores.
 *
 * @module
 */

/** A range of seeds. */
export interface Share {
  /** The first. */
  readonly from: number;
  /** How many. */
  readonly seeds: number;
}

/** How many shares each process gets at least, so that none has much left when the others are done. */
const SHARES_EACH = 6;
/** The fewest seeds that are worth starting a process. */
const MIN_SEEDS = 25;

/** Cuts a range into shares. */
export function cutShares({ from, seeds }: Share, jobs: number): Share[] {
  const size = Math.max(Math.min(MIN_SEEDS, Math.ceil(seeds / jobs)), Math.ceil(seeds / (jobs * SHARES_EACH)), 1);
  const shares: Share[] = [];
  for (let at = from; at < from + seeds; at += size) {
    shares.push({ from: at, seeds: Math.min(size, from + seeds - at) });
  }
  return shares;
}

/** What came of all shares. */
export interface SharesEnd {
  /** How many seeds are known to hold. */
  readonly passed: number;
  /** What each share that failed has printed. */
  readonly failures: readonly string[];
}

/** Runs a range of seeds in `jobs` processes. `args` are passed on to each. */
export async function runShares(
  range: Share & { readonly jobs: number },
  args: readonly string[],
): Promise<SharesEnd> {
  const shares = cutShares(range, range.jobs);
  const failures: string[] = [];
  let passed = 0;
  async function work(): Promise<void> {
    for (let share = shares.shift(); share !== undefined; share = shares.shift()) {
      const failure = await runShare(share, args);
      if (failure === undefined) passed += share.seeds;
      else failures.push(failure);
    }
  }
  await Promise.all(Array.from({ length: range.jobs }, work));
  return { passed, failures };
}

/** Runs one share as a child. Returns what it printed if it failed. */
async function runShare({ from, seeds }: Share, args: readonly string[]): Promise<string | undefined> {
  const { success, stdout, stderr } = await new Deno.Command(Deno.execPath(), {
    args: ["task", "--quiet", "sim", "--worker", "--from", String(from), "--seeds", String(seeds), ...args],
    stdin: "null",
  }).output();
  const decoder = new TextDecoder();
  return success ? undefined : `${decoder.decode(stdout)}${decoder.decode(stderr)}`.trimEnd();
}
