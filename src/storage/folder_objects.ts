/**
 * Objects in a folder.
 *
 * Each object is one file, named after the SHA-256 of its name: so any name can be stored, whatever the file system makes
 * of case, of Unicode and of length, and `a` beside `a/b`. What it is stands in its head (`object_head.ts`). It is written
 * under `drafts`, waited for, and renamed; who is killed or loses power leaves the old object or the new one, and perhaps
 * a draft, which the next start removes.
 *
 * @module
 */

import { sha256 } from "../base/digest.ts";
import { KeyedLocks } from "../base/keyed_locks.ts";
import type { ByteRange } from "../core/byte_ranges.ts";
import type { EdgeObject } from "../core/edge_object.ts";
import type { Env } from "../env/env.ts";
import { FileError, readWhole } from "../env/files.ts";
import { ForeignErrors } from "./foreign_errors.ts";
import { FolderLock } from "./folder_lock.ts";
import { type FoundObject, ObjectFileWriter, readBlocks, readObjectFile, toStorageError } from "./object_file.ts";
import type { Objects, OpenObject, PutOptions, WholeBytes } from "./objects.ts";
import { StorageError } from "./storage_error.ts";

/** What it needs of the outside world. */
export type FolderObjectsEnv = Pick<Env, "files" | "clock" | "random" | "host" | "log">;

/** How many folders are read at once at the start. */
const READERS = 16;
/** How many damaged files are named in the log at the start. */
const MAX_NAMED = 20;
/** The longest number that is kept. */
const MAX_NUMBER_BYTES = 32;

const HEX = "0123456789abcdef";
const SUBFOLDERS = [...HEX].flatMap((first) => [...HEX].map((second) => first + second));

/**
 * Opens a folder of objects, which is made if it is missing, and looks at all that is in it.
 *
 * @throws {StorageError} if it cannot be used, or another process uses it.
 */
export async function openFolderObjects(env: FolderObjectsEnv, folder: string): Promise<Objects> {
  const what = `use the folder ${folder}`;
  try {
    await makeFolderForGood(env.files, folder);
    const lock = await FolderLock.take(env, folder);
    try {
      const objects = new FolderObjects(env, folder, lock);
      await objects.start();
      return objects;
    } catch (error) {
      await lock.release();
      throw error;
    }
  } catch (error) {
    throw toStorageError(error, what);
  }
}

/** Makes a folder that is there after a power failure, too: its name is in the folder above, and so on. */
async function makeFolderForGood(files: FolderObjectsEnv["files"], folder: string): Promise<void> {
  await files.makeFolder(folder);
  const parts = folder.split("/");
  for (let count = parts.length - 1; count >= 0; count--) {
    const above = parts.slice(0, count).join("/");
    try {
      await files.syncFolder(above !== "" ? above : folder.startsWith("/") ? "/" : ".");
    } catch (error) {
      // One that may not be read was there before.
      if (!(error instanceof FileError)) throw error;
    }
  }
}

class FolderObjects implements Objects {
  readonly #env: FolderObjectsEnv;
  readonly #folder: string;
  readonly #lock: FolderLock;
  readonly #objects = new Map<string, EdgeObject>();
  /** Damaged files, by the SHA-256 of their objects' names. */
  readonly #damaged = new Map<string, string>();
  /** One change of a name at a time. */
  readonly #changes = new KeyedLocks();
  #sorted: readonly string[] | undefined;
  #lastGeneration = 0;
  #drafts = 0;
  #isClosed = false;
  /** Changes that may be past the point where they could be called off. */
  readonly #underWay = new Set<Promise<unknown>>();

  constructor(env: FolderObjectsEnv, folder: string, lock: FolderLock) {
    this.#env = env;
    this.#folder = folder;
    this.#lock = lock;
  }

  get failure(): string | undefined {
    return this.#lock.loss ?? (this.#isClosed ? "it is closed" : undefined);
  }

  /** Makes what is missing, clears what was left over, and finds what is there. */
  async start(): Promise<void> {
    const { files, clock, log } = this.#env;
    const beganMs = clock.now();
    for (const name of ["drafts", "objects"]) await files.makeFolder(`${this.#folder}/${name}`);
    const there = new Set((await files.list(`${this.#folder}/objects`)).map(({ name }) => name));
    for (const name of SUBFOLDERS) if (!there.has(name)) await files.makeFolder(`${this.#folder}/objects/${name}`);
    await files.syncFolder(`${this.#folder}/objects`);
    await files.syncFolder(this.#folder);
    const drafts = await files.list(`${this.#folder}/drafts`);
    for (const { name } of drafts) await files.remove(`${this.#folder}/drafts/${name}`);
    this.#lastGeneration = await this.#readGeneration();
    const waiting = [...SUBFOLDERS];
    const read = async (): Promise<void> => {
      for (let name = waiting.pop(); name !== undefined; name = waiting.pop()) await this.#readSubfolder(name);
    };
    await Promise.all(Array.from({ length: READERS }, read));
    log.info("objects found", {
      folder: this.#folder,
      objects: this.#objects.size,
      damaged: this.#damaged.size,
      draftsRemoved: drafts.length,
      tookMs: Math.round(clock.now() - beganMs),
    });
  }

  async put(name: string, body: AsyncIterable<Uint8Array>, options: PutOptions): Promise<EdgeObject> {
    const what = `store ${name}`;
    this.#begin(what);
    const { version, limitBytes, check, signal } = options;
    const { files } = this.#env;
    const draft = `${this.#folder}/drafts/${this.#drafts++}`;
    const foreign = new ForeignErrors();
    let isMoved = false;
    try {
      const file = await files.create(draft);
      try {
        const writer = new ObjectFileWriter(file, name, version);
        for await (const piece of foreign.pieces(body)) {
          signal?.throwIfAborted();
          if (writer.sizeBytes + piece.length > limitBytes) throw tooLarge(what, limitBytes);
          await writer.write(piece);
        }
        const { sha256, sizeBytes } = writer;
        const whole: WholeBytes = { ...version, hash: version.hash === "" ? sha256 : version.hash, sha256, sizeBytes };
        if (check !== undefined) await foreign.run(() => check(whole));
        signal?.throwIfAborted();
        return await this.#change(name, async () => {
          this.#begin(what);
          const object = {
            ...whole,
            generation: this.#nextGeneration(),
            modifiedMs: Math.floor(this.#env.clock.unixMs()),
          };
          await writer.seal({ name, object });
          const key = keyOf(name);
          await files.rename(draft, this.#pathOf(key));
          isMoved = true;
          this.#note(name, object);
          this.#damaged.delete(key);
          await files.syncFolder(this.#subfolderOf(key));
          return object;
        });
      } finally {
        await file.close();
      }
    } catch (error) {
      throw foreign.has(error) ? error : toStorageError(error, what);
    } finally {
      if (!isMoved) await files.remove(draft).catch(() => {}); // Else the next start removes it.
    }
  }

  stat(name: string): Promise<EdgeObject | undefined> {
    return attempt(() => {
      this.#begin(`look at ${name}`);
      const object = this.#objects.get(name);
      if (object === undefined) this.#refuseDamaged(name);
      return Promise.resolve(object);
    });
  }

  async open(name: string): Promise<OpenObject | undefined> {
    const what = `read ${name}`;
    this.#begin(what);
    if (!this.#objects.has(name)) {
      this.#refuseDamaged(name);
      return undefined;
    }
    const key = keyOf(name);
    try {
      const file = await this.#env.files.open(this.#pathOf(key));
      try {
        const found = await readObjectFile(file);
        if ("damage" in found || found.name !== name) {
          throw this.#damage(key, "damage" in found ? found.damage : "it is of another name");
        }
        return {
          object: found.object,
          read: (range) => this.#read(file, { found, range, key }),
          close: () => file.close(),
        };
      } catch (error) {
        await file.close();
        throw error;
      }
    } catch (error) {
      // It was removed meanwhile.
      if (error instanceof FileError && error.code === "not-found" && !this.#objects.has(name)) return undefined;
      throw toStorageError(error, what);
    }
  }

  async remove(name: string): Promise<boolean> {
    const what = `remove ${name}`;
    this.#begin(what);
    const key = keyOf(name);
    try {
      return await this.#change(name, async () => {
        this.#begin(what);
        if (!this.#objects.has(name) && !this.#damaged.has(key)) return false;
        // What comes later must have a greater generation, also when the clock is set back meanwhile.
        await this.#keepGeneration();
        await this.#env.files.remove(this.#pathOf(key));
        this.#damaged.delete(key);
        if (this.#objects.delete(name)) this.#sorted = undefined;
        await this.#env.files.syncFolder(this.#subfolderOf(key));
        return true;
      });
    } catch (error) {
      throw toStorageError(error, what);
    }
  }

  async *list(): AsyncGenerator<string, void, void> {
    this.#begin("list the objects");
    this.#sorted ??= [...this.#objects.keys()].sort(byCodeUnits);
    yield* this.#sorted;
  }

  async close(): Promise<void> {
    if (this.#isClosed) return;
    this.#isClosed = true;
    await Promise.allSettled(this.#underWay);
    await this.#lock.release();
  }

  /** Changes a name, one at a time. */
  async #change<T>(name: string, run: () => Promise<T>): Promise<T> {
    const changing = this.#changes.run(name, run);
    this.#underWay.add(changing);
    try {
      return await changing;
    } finally {
      this.#underWay.delete(changing);
    }
  }

  /** Refuses what is asked of a folder that is not this process's. */
  #begin(what: string): void {
    const { failure } = this;
    if (failure !== undefined) throw new StorageError("unavailable", what, { cause: new Error(failure) });
  }

  #nextGeneration(): number {
    this.#lastGeneration = Math.max(Math.floor(this.#env.clock.unixMs() * 1_000), this.#lastGeneration + 1);
    return this.#lastGeneration;
  }

  async #readSubfolder(subfolder: string): Promise<void> {
    const folder = `${this.#folder}/objects/${subfolder}`;
    for (const entry of await this.#env.files.list(folder)) {
      const damage = await this.#readEntry(subfolder, entry.name);
      if (damage !== undefined) this.#noteDamage(entry.name, damage);
    }
  }

  /** Finds what a file holds; returns why it is damaged, if it is. */
  async #readEntry(subfolder: string, key: string): Promise<string | undefined> {
    try {
      const file = await this.#env.files.open(`${this.#folder}/objects/${subfolder}/${key}`);
      const found = await readObjectFile(file).finally(() => file.close());
      if ("damage" in found) return found.damage;
      if (keyOf(found.name) !== key || !key.startsWith(subfolder)) return "it is of another name";
      this.#note(found.name, found.object);
      this.#lastGeneration = Math.max(this.#lastGeneration, found.object.generation);
      return undefined;
    } catch (error) {
      // Without a descriptor, or room for one, nothing can be said of any file.
      if (!(error instanceof FileError) || error.code === "exhausted") throw error;
      return error.message;
    }
  }

  #note(name: string, object: EdgeObject): void {
    if (!this.#objects.has(name)) this.#sorted = undefined;
    this.#objects.set(name, object);
  }

  async *#read(
    file: Parameters<typeof readBlocks>[0],
    { found, range, key }: { found: FoundObject; range: ByteRange | undefined; key: string },
  ): AsyncGenerator<Uint8Array, void, void> {
    try {
      yield* readBlocks(file, { found, range, damaged: (damage) => this.#damage(key, damage) });
    } catch (error) {
      throw toStorageError(error, `read ${found.name}`);
    }
  }

  #damage(key: string, damage: string): StorageError {
    this.#noteDamage(key, damage);
    return new StorageError("corrupt", `read ${this.#pathOf(key)}`, { cause: new Error(damage) });
  }

  #noteDamage(key: string, damage: string): void {
    if (this.#damaged.has(key)) return;
    this.#damaged.set(key, damage);
    if (this.#damaged.size > MAX_NAMED) return;
    this.#env.log.error("damaged object", { path: this.#pathOf(key), damage, left: "in place" });
  }

  /** A file that holds nothing readable is not nothing. */
  #refuseDamaged(name: string): void {
    const key = keyOf(name);
    const damage = this.#damaged.get(key);
    if (damage === undefined) return;
    throw new StorageError("corrupt", `read ${this.#pathOf(key)}`, { cause: new Error(damage) });
  }

  #subfolderOf(key: string): string {
    return `${this.#folder}/objects/${key.slice(0, 2)}`;
  }

  #pathOf(key: string): string {
    return `${this.#subfolderOf(key)}/${key}`;
  }

  async #readGeneration(): Promise<number> {
    try {
      const text = new TextDecoder().decode(
        await readWhole(this.#env.files, `${this.#folder}/generation`, MAX_NUMBER_BYTES),
      );
      const kept = Number(text);
      return Number.isSafeInteger(kept) ? kept : 0;
    } catch (error) {
      if (error instanceof FileError && error.code === "not-found") return 0;
      throw error;
    }
  }

  async #keepGeneration(): Promise<void> {
    const { files } = this.#env;
    const draft = `${this.#folder}/drafts/${this.#drafts++}`;
    const file = await files.create(draft);
    try {
      await file.writeAt(new TextEncoder().encode(`${this.#lastGeneration}\n`), 0);
      await file.sync();
    } finally {
      await file.close();
    }
    await files.rename(draft, `${this.#folder}/generation`);
    await files.syncFolder(this.#folder);
  }
}

/** Names the file of an object. */
function keyOf(name: string): string {
  const digest = sha256();
  digest.update(new TextEncoder().encode(name));
  return digest.hex();
}

function tooLarge(what: string, limitBytes: number): StorageError {
  return new StorageError("full", what, { cause: new RangeError(`it has over ${limitBytes} bytes`) });
}

function byCodeUnits(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0;
}

/** Turns a throw into a rejection. */
async function attempt<T>(run: () => Promise<T>): Promise<T> {
  return await run();
}
