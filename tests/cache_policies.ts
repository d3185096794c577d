/**
 * Ways to decide what a cache gives up, beside ours, and what they are compared on.
 *
 * @module
 */

import { randomInt, seededRandom } from "../src/base/random.ts";
import { Cache } from "../src/core/cache.ts";

/** A cache that is asked for one key after the other. */
export interface Policy {
  /** Whether a key is here; from now on it is. */
  ask(key: number, sizeBytes: number): boolean;
}

/** Ours. */
export class Sieve implements Policy {
  readonly #cache: Cache<number>;

  /** Creates it empty. */
  constructor(maxBytes: number) {
    this.#cache = new Cache(maxBytes);
  }

  /** See {@link Policy.ask}. */
  ask(key: number, sizeBytes: number): boolean {
    if (this.#cache.use(key)) return true;
    while (!this.#cache.hasRoom(sizeBytes)) this.#cache.evict();
    this.#cache.add(key, sizeBytes);
    return false;
  }
}

/** Gives up what was used longest ago. */
export class Lru implements Policy {
  readonly #maxBytes: number;
  readonly #sizes = new Map<number, number>();
  #sizeBytes = 0;

  /** Creates it empty. */
  constructor(maxBytes: number) {
    this.#maxBytes = maxBytes;
  }

  /** See {@link Policy.ask}. */
  ask(key: number, sizeBytes: number): boolean {
    const isHere = this.#sizes.delete(key);
    this.#sizes.set(key, sizeBytes);
    if (isHere) return true;
    this.#sizeBytes += sizeBytes;
    for (const [oldest, size] of this.#sizes) {
      if (this.#sizeBytes <= this.#maxBytes) break;
      this.#sizes.delete(oldest);
      this.#sizeBytes -= size;
    }
    return false;
  }
}

interface Rated {
  readonly sizeBytes: number;
  uses: number;
}

/**
 * A small queue on trial, a main one in which uses count, and the names of those who failed the trial.
 *
 * Source: Yang and others, "FIFO queues are all you need for cache eviction", SOSP 2023.
 */
export class S3Fifo implements Policy {
  readonly #maxBytes: number;
  readonly #trial = new Map<number, Rated>();
  readonly #main = new Map<number, Rated>();
  readonly #ghosts = new Map<number, number>();
  #trialBytes = 0;
  #mainBytes = 0;
  #ghostBytes = 0;

  /** Creates it empty. */
  constructor(maxBytes: number) {
    this.#maxBytes = maxBytes;
  }

  /** See {@link Policy.ask}. */
  ask(key: number, sizeBytes: number): boolean {
    const known = this.#trial.get(key) ?? this.#main.get(key);
    if (known !== undefined) {
      known.uses = Math.min(3, known.uses + 1);
      return true;
    }
    while (this.#trialBytes + this.#mainBytes + sizeBytes > this.#maxBytes) this.#evict();
    if (this.#ghosts.delete(key)) {
      this.#ghostBytes -= sizeBytes;
      this.#main.set(key, { sizeBytes, uses: 0 });
      this.#mainBytes += sizeBytes;
    } else {
      this.#trial.set(key, { sizeBytes, uses: 0 });
      this.#trialBytes += sizeBytes;
    }
    return false;
  }

  #evict(): void {
    if (this.#trialBytes > this.#maxBytes / 10 || this.#main.size === 0) this.#evictFromTrial();
    else this.#evictFromMain();
  }

  #evictFromTrial(): void {
    for (const [key, rated] of this.#trial) {
      this.#trial.delete(key);
      this.#trialBytes -= rated.sizeBytes;
      if (rated.uses < 2) return this.#remember(key, rated.sizeBytes);
      this.#main.set(key, { ...rated, uses: 0 });
      this.#mainBytes += rated.sizeBytes;
    }
  }

  #evictFromMain(): void {
    for (const [key, rated] of this.#main) {
      this.#main.delete(key);
      if (rated.uses-- > 0) {
        this.#main.set(key, rated);
        continue;
      }
      this.#mainBytes -= rated.sizeBytes;
      return;
    }
  }

  #remember(key: number, sizeBytes: number): void {
    this.#ghosts.set(key, sizeBytes);
    this.#ghostBytes += sizeBytes;
    for (const [oldest, size] of this.#ghosts) {
      if (this.#ghostBytes <= this.#maxBytes) break;
      this.#ghosts.delete(oldest);
      this.#ghostBytes -= size;
    }
  }
}

/** How much each policy keeps: of {@link TRACES}' 2,000 files of one byte about an eighth. */
export const MAX_BYTES = 256;
const FILES = 2_000;
const ASKS = 200_000;
/** Keys from here on are asked for once. */
const STRANGERS = 1_000_000;

type Trace = Iterable<readonly [key: number, sizeBytes: number]>;

/** What is asked for, in order; the same in every run. */
export const TRACES: Readonly<Record<string, () => Trace>> = {
  *"few are asked for often"(): Trace {
    const next = popular(FILES);
    for (let ask = 0; ask < ASKS; ask++) yield [next(), 1];
  },
  *"the same, of all sizes"(): Trace {
    const random = seededRandom(2), next = popular(FILES);
    const sizes = Array.from({ length: FILES }, () => Math.min(64, 0.05 / (1 - random.next())));
    for (let ask = 0; ask < ASKS; ask++) {
      const key = next();
      yield [key, sizes[key]!];
    }
  },
  *"with passes over 1,000 others"(): Trace {
    const next = popular(FILES);
    let stranger = STRANGERS;
    for (let ask = 0; ask < ASKS; ask++) {
      yield [next(), 1];
      if (ask % 5_000 === 0) { for (let at = 0; at < 1_000; at++) yield [stranger++, 1]; }
    }
  },
  *"with one other to every two"(): Trace {
    const next = popular(FILES);
    for (let ask = 0; ask < ASKS; ask++) {
      yield [next(), 1];
      if (ask % 2 === 0) yield [STRANGERS + ask, 1];
    }
  },
  *"whole files piece by piece"(): Trace {
    const random = seededRandom(3), next = popular(200);
    const pieces = Array.from({ length: 200 }, () => Math.ceil(Math.min(64, 1 / (1 - random.next()))));
    for (let ask = 0; ask < 5_000; ask++) {
      const file = next();
      for (let piece = 0; piece < pieces[file]!; piece++) yield [file * 100 + piece, 1];
      if (ask % 200 === 0) { for (let piece = 0; piece < 240; piece++) yield [STRANGERS + ask * 240 + piece, 1]; }
    }
  },
  *"what is popular changes"(): Trace {
    const next = popular(FILES);
    for (let ask = 0; ask < ASKS; ask++) yield [next() + 500 * Math.floor(ask / 20_000), 1];
  },
  *"a round that fits"(): Trace {
    for (let ask = 0; ask < ASKS; ask++) yield [ask % MAX_BYTES, 1];
  },
  *"a round of twice as many as fit"(): Trace {
    for (let ask = 0; ask < ASKS; ask++) yield [ask % (2 * MAX_BYTES), 1];
  },
};

/** Draws from `count` keys by Zipf's law with the exponent 0.9, which is usual for files on the web. */
function popular(count: number): () => number {
  const random = seededRandom(1);
  const upTo: number[] = [];
  let sum = 0;
  for (let rank = 1; rank <= count; rank++) upTo.push(sum += rank ** -0.9);
  // Which key is how popular must not follow from the order of the keys.
  const keys = Array.from({ length: count }, (_, key) => key);
  for (let at = count - 1; at > 0; at--) {
    const other = randomInt(random, at + 1);
    [keys[at], keys[other]] = [keys[other]!, keys[at]!];
  }
  return () => {
    const drawn = random.next() * sum;
    let low = 0, high = count - 1;
    while (low < high) {
      const middle = (low + high) >> 1;
      if (upTo[middle]! < drawn) low = middle + 1;
      else high = middle;
    }
    return keys[low]!;
  };
}

/** The percentage of bytes asked for that a policy has. */
export function hitPercent(policy: Policy, trace: Trace): number {
  let askedBytes = 0, hitBytes = 0;
  for (const [key, sizeBytes] of trace) {
    askedBytes += sizeBytes;
    if (policy.ask(key, sizeBytes)) hitBytes += sizeBytes;
  }
  return 100 * hitBytes / askedBytes;
}
