/**
 * The books of a cache layer: which copies it has, which are being made, and what goes to make room. The bytes are the
 * layer's. Nothing here waits, so what is true of the books when a call begins is true when it ends.
 *
 * @module
 */

import type { EdgeObject } from "../core/edge_object.ts";
import type { Eviction } from "../core/lru_cache.ts";
import { StorageError } from "./storage_error.ts";

/** One copy, from the moment it is begun until nobody reads it any more. */
export interface Holding<P> {
  /** The object's name. */
  readonly name: string;
  /** How many bytes it has or will have. */
  readonly sizeBytes: number;
  /** Where the layer has its bytes. */
  readonly place: P;
  /** Being made; findable; given up, though it may still be read. */
  readonly state: "draft" | "kept" | "gone";
  /** What it is a copy of; of a draft it is not known yet. */
  readonly object: EdgeObject | undefined;
  /** When it was kept, in milliseconds since the Unix epoch. */
  readonly keptMs: number;
}

interface Entry<P> extends Holding<P> {
  state: "draft" | "kept" | "gone";
  object: EdgeObject | undefined;
  keptMs: number;
  generation: number | undefined;
  loans: number;
}

/** Options of {@link CopyBooks}. */
export interface CopyBooksOptions<P> {
  /** Which copies leave, and how many bytes there may be. */
  readonly eviction: Eviction<Holding<P>>;
  /** What a copy takes: its bytes and what else is needed for it. */
  readonly costOf: (sizeBytes: number) => number;
  /** The most that one copy may take. */
  readonly maxCopyBytes: number;
  /** Told that a holding is given up: it cannot be found any more, but it may be in use. Once a holding. */
  readonly onGone?: (holding: Holding<P>) => void;
  /** Told that a holding was given up, and nobody uses it any more. Once a holding. */
  readonly onFree?: (holding: Holding<P>) => void;
}

/** What is needed to begin a copy. */
export interface NewHolding<P> {
  /** How many bytes it will have. */
  readonly sizeBytes: number;
  /** The generation that it will have, if that is known. */
  readonly generation?: number | undefined;
  /** Where its bytes will be. */
  readonly place: P;
}

/** The books of one layer. A holding that is begun or lent has to be released. */
export class CopyBooks<P> {
  readonly #options: CopyBooksOptions<P>;
  readonly #kept = new Map<string, Entry<P>>();
  readonly #drafts = new Map<string, Set<Entry<P>>>();

  /** Creates empty books. */
  constructor(options: CopyBooksOptions<P>) {
    this.#options = options;
  }

  /** What all holdings take, those included that were given up and are still in use. */
  get sizeBytes(): number {
    return this.#options.eviction.sizeBytes;
  }

  /** How many copies can be found. */
  get count(): number {
    return this.#kept.size;
  }

  /** The copy of a name, if there is one. */
  get(name: string): Holding<P> | undefined {
    return this.#kept.get(name);
  }

  /** Every copy that can be found. */
  all(): Holding<P>[] {
    return [...this.#kept.values()];
  }

  /** Lends a copy: it counts as used, and is not given up for others meanwhile. */
  lend(name: string): Holding<P> | undefined {
    const entry = this.#kept.get(name);
    if (entry === undefined) return undefined;
    this.#options.eviction.use(entry);
    entry.loans++;
    return entry;
  }

  /** Begins a copy, giving up others for it; `undefined` if it is too large, or what is in use leaves no room for it. */
  begin(name: string, { sizeBytes, generation, place }: NewHolding<P>): Holding<P> | undefined {
    const entry = this.#add(name, { sizeBytes, generation, place });
    if (entry === undefined) return undefined;
    entry.loans = 1;
    const drafts = this.#drafts.get(name) ?? new Set();
    this.#drafts.set(name, drafts.add(entry));
    return entry;
  }

  /**
   * Makes a draft findable, in place of an older copy.
   *
   * @returns whether it is; not if it was removed, or there is a copy of a later generation.
   */
  keep(draft: Holding<P>, object: EdgeObject, keptMs: number): boolean {
    const entry = draft as Entry<P>;
    const old = this.#kept.get(entry.name);
    if (entry.state !== "draft" || (old?.object?.generation ?? -1) > object.generation) return false;
    if (old !== undefined) this.#giveUp(old);
    this.#undraft(entry);
    Object.assign(entry, { state: "kept", object, keptMs, generation: object.generation });
    this.#kept.set(entry.name, entry);
    return true;
  }

  /** Enters a copy that was found, such as one of an earlier run. Returns whether there is room for it. */
  adopt(name: string, place: P, { object, keptMs }: { object: EdgeObject; keptMs: number }): boolean {
    const old = this.#kept.get(name);
    if ((old?.object?.generation ?? -1) > object.generation) return false;
    if (old !== undefined) this.#giveUp(old);
    const entry = this.#add(name, { sizeBytes: object.sizeBytes, generation: object.generation, place });
    if (entry === undefined) return false;
    Object.assign(entry, { state: "kept", object, keptMs });
    this.#kept.set(name, entry);
    return true;
  }

  /** Ends a loan, or a draft: one that was not kept is given up. */
  release(holding: Holding<P>): void {
    const entry = holding as Entry<P>;
    entry.loans--;
    if (entry.loans > 0 || entry.state === "kept") return;
    if (entry.state === "draft") this.#giveUp(entry);
    else this.#free(entry);
  }

  /**
   * Gives up the copy of a name, and its drafts.
   *
   * @param below Only those of lower generations, and drafts of an unknown one.
   * @returns whether there was a copy.
   */
  remove(name: string, below = Infinity): boolean {
    const isLower = ({ generation = -1 }: Entry<P>): boolean => generation < below;
    for (const draft of [...this.#drafts.get(name) ?? []].filter(isLower)) this.#giveUp(draft);
    const entry = this.#kept.get(name);
    if (entry === undefined || !isLower(entry)) return false;
    this.#giveUp(entry);
    return true;
  }

  /** Gives up this very copy, if it can still be found: it turned out to be lost. */
  drop(holding: Holding<P>): void {
    if (holding.state === "kept") this.#giveUp(holding as Entry<P>);
  }

  #add(name: string, { sizeBytes, generation, place }: NewHolding<P>): Entry<P> | undefined {
    const { eviction, costOf, maxCopyBytes } = this.#options;
    const costBytes = costOf(sizeBytes);
    if (costBytes > maxCopyBytes) return undefined;
    while (!eviction.hasRoom(costBytes)) {
      const victim = eviction.evict((one) => one.state === "kept" && (one as Entry<P>).loans === 0);
      if (victim === undefined) return undefined;
      this.#giveUp(victim as Entry<P>);
    }
    const entry: Entry<P> = {
      name,
      sizeBytes,
      place,
      generation,
      state: "draft",
      object: undefined,
      keptMs: 0,
      loans: 0,
    };
    eviction.add(entry, costBytes);
    return entry;
  }

  #giveUp(entry: Entry<P>): void {
    if (entry.state === "kept") this.#kept.delete(entry.name);
    else this.#undraft(entry);
    entry.state = "gone";
    this.#options.onGone?.(entry);
    if (entry.loans === 0) this.#free(entry);
  }

  #undraft(entry: Entry<P>): void {
    const drafts = this.#drafts.get(entry.name);
    drafts?.delete(entry);
    if (drafts?.size === 0) this.#drafts.delete(entry.name);
  }

  #free(entry: Entry<P>): void {
    this.#options.eviction.remove(entry);
    this.#options.onFree?.(entry);
  }
}

/**
 * Checks that a draft gets no more bytes than it was begun for.
 *
 * @throws {StorageError} `"full"` otherwise.
 */
export function checkRoom({ name, sizeBytes }: Holding<unknown>, writtenBytes: number): void {
  if (writtenBytes <= sizeBytes) return;
  throw new StorageError("full", `keep ${writtenBytes} bytes of ${name} where ${sizeBytes} were announced`);
}

/** What reading from a copy or a draft throws that was closed. */
export function closedError(): StorageError {
  return new StorageError("other", "read a copy", { cause: new Error("it is closed") });
}
