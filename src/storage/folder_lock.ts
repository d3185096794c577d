/**
 * Keeps a folder for one process, by a file in it that its holder writes to every second.
 *
 * A process that is killed leaves the file behind, and so a lock is only as good as its next beat: one that has none for
 * a while is anybody's. No runtime offers a lock of the operating system's on all three, and those do not hold on every
 * network file system.
 *
 * @module
 */

import { every, sleep } from "../base/clock.ts";
import type { Env } from "../env/env.ts";
import { FileError, readWhole } from "../env/files.ts";
import { StorageError } from "./storage_error.ts";

/** How often a holder shows that it lives. */
const BEAT_MS = 1_000;
/** How long a lock without a beat is still taken for held. */
const STALE_MS = 5_000;
/** How often one who waits looks. */
const LOOK_MS = 250;
/** The longest lock that is read. */
const MAX_LOCK_BYTES = 1_024;
/** How often to begin anew when others take the same lock at the same time. */
const ATTEMPTS = 10;

/** What a lock needs of the outside world. */
export type LockEnv = Pick<Env, "files" | "clock" | "random" | "host" | "log">;

/** A lock that is held. */
export class FolderLock {
  readonly #env: LockEnv;
  readonly #path: string;
  readonly #folder: string;
  /** Tells this holder from all others. */
  readonly #id: string;
  readonly #controller = new AbortController();
  #beats = 0;
  #loop: Promise<void> | undefined;
  #loss: string | undefined;

  private constructor(env: LockEnv, folder: string) {
    this.#env = env;
    this.#folder = folder;
    this.#path = `${folder}/lock`;
    const chance = Array.from({ length: 4 }, () => Math.floor(env.random.next() * 0x1_0000_0000).toString(16));
    this.#id = `${env.host.pid} ${chance.join("")}`;
  }

  /**
   * Takes the lock of a folder that is there. Where a process was killed that had it, that takes some seconds.
   *
   * @throws {StorageError} `"other"`, with the number of the process that has it; what `Files` throws comes as it is.
   */
  static async take(env: LockEnv, folder: string): Promise<FolderLock> {
    const lock = new FolderLock(env, folder);
    for (let attempt = 0; attempt < ATTEMPTS; attempt++) {
      if (await lock.#begin()) return lock;
      await lock.#waitForStale();
    }
    throw lock.#refusal("others");
  }

  /** Why the folder is no longer this process's; `undefined` while it is. */
  get loss(): string | undefined {
    return this.#loss;
  }

  /** Gives it up. Idempotent. */
  async release(): Promise<void> {
    if (this.#controller.signal.aborted) return;
    this.#controller.abort();
    await this.#loop;
    if (this.#loss === undefined && await this.#isOurs()) await this.#env.files.remove(this.#path);
  }

  /** Makes the file, unless there is one. */
  async #begin(): Promise<boolean> {
    const { files, clock } = this.#env;
    try {
      const file = await files.create(this.#path);
      await file.writeAt(this.#text(), 0).finally(() => file.close());
    } catch (error) {
      if (error instanceof FileError && error.code === "exists") return false;
      throw error;
    }
    this.#loop = every(clock, BEAT_MS, () => this.#beat(), { signal: this.#controller.signal });
    return true;
  }

  async #beat(): Promise<void> {
    if (this.#loss !== undefined) return;
    try {
      if (!await this.#isOurs()) {
        this.#loss = `another process has taken ${this.#folder}`;
        this.#env.log.error("folder lost", { folder: this.#folder, reason: this.#loss });
        return;
      }
      this.#beats++;
      const file = await this.#env.files.openForWriting(this.#path);
      await file.writeAt(this.#text(), 0).finally(() => file.close());
    } catch (error) {
      // A disk that fails for a moment. Should it last and somebody take the folder, that is seen at a later beat.
      if (!(error instanceof FileError)) throw error;
    }
  }

  /** As long at every beat, so that there is never more or less than one in the file. */
  #text(): Uint8Array {
    return new TextEncoder().encode(`microcdn ${this.#id} ${String(this.#beats).padStart(12, "0")}\n`);
  }

  async #isOurs(): Promise<boolean> {
    return (await this.#read())?.startsWith(`microcdn ${this.#id} `) ?? false;
  }

  async #read(): Promise<string | undefined> {
    try {
      return new TextDecoder().decode(await readWhole(this.#env.files, this.#path, MAX_LOCK_BYTES));
    } catch (error) {
      if (error instanceof FileError && error.code === "not-found") return undefined;
      throw error;
    }
  }

  /** Waits until whoever has the lock is known to be gone, and clears it away. */
  async #waitForStale(): Promise<void> {
    const { clock, files, log } = this.#env;
    const first = await this.#read();
    if (first === undefined) return;
    log.info("waiting for the lock of a folder", { folder: this.#folder, atMostMs: STALE_MS });
    for (const endMs = clock.now() + STALE_MS; clock.now() < endMs;) {
      await sleep(clock, LOOK_MS);
      const now = await this.#read();
      if (now === undefined) return;
      // One that is being made may be empty still.
      if (now !== first && first !== "") throw this.#refusal(now);
      if (now !== first) return await this.#waitForStale();
    }
    // Of several who wait, one moves it away; another might move the newcomer's, who finds that out at its next beat.
    const away = `${this.#path}.${this.#id.replace(" ", "-")}`;
    try {
      await files.rename(this.#path, away);
    } catch (error) {
      if (!(error instanceof FileError) || error.code !== "not-found") throw error;
    }
    await files.remove(away);
  }

  #refusal(text: string): StorageError {
    const pid = /^microcdn (\d+) /.exec(text)?.[1];
    const who = pid === undefined ? "other processes want it, too" : `process ${pid} has it`;
    return new StorageError("other", `use the folder ${this.#folder}`, { cause: new Error(`${who}`) });
  }
}
