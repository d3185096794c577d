/**
 * Where outputs are made: beside where they go, so that one that is whole takes the place of an older one in one step,
 * and one that is not never does.
 *
 * @module
 */

import { dirname, join } from "node:path";
import { FileError } from "../../src/env/files.ts";
import { toFileError } from "../../src/env/system_error.ts";
import { parseSums, renderSums, sumOf, type Sums, SUMS_FILE } from "./checksums.ts";

/** An output that is there. */
export interface Output {
  /** Its path. */
  readonly path: string;
  /** Its size. */
  readonly sizeBytes: number;
}

/** A folder of outputs in the making. */
export class Staging implements AsyncDisposable {
  /** Where outputs go. */
  readonly out: string;
  /** Where they are made. */
  readonly folder: string;
  readonly #made: string[] = [];

  private constructor(out: string, folder: string) {
    this.out = out;
    this.folder = folder;
  }

  /**
   * Opens one.
   *
   * @throws {FileError} if nothing can be written there.
   */
  static async open(out: string): Promise<Staging> {
    await Deno.mkdir(out, { recursive: true }).catch((error) => fail(error, `make ${out}`));
    const prefix = ".making-";
    return new Staging(
      out,
      await Deno.makeTempDir({ dir: out, prefix }).catch((error) => fail(error, `write to ${out}`)),
    );
  }

  /** Returns where to make an output that is to go to `path` below the folder of outputs. */
  async place(path: string): Promise<string> {
    const place = join(this.folder, path);
    await Deno.mkdir(dirname(place), { recursive: true }).catch((error) => fail(error, `make ${dirname(place)}`));
    this.#made.push(path);
    return place;
  }

  /** Makes an output of a text. */
  async write(path: string, text: string): Promise<void> {
    const place = await this.place(path);
    await Deno.writeTextFile(place, text).catch((error) => fail(error, `write ${join(this.out, path)}`));
  }

  /**
   * Puts all outputs where they go, and their sums among those of what is there already.
   *
   * @returns what is there now, the sums last.
   * @throws {FileError} if one cannot be put there.
   */
  async publish(): Promise<readonly Output[]> {
    const sums = new Map<string, string>();
    for (const path of this.#made) sums.set(path, await sumOf(join(this.folder, path)));
    await this.write(SUMS_FILE, renderSums(new Map([...await this.#olderSums(), ...sums])));
    const made = this.#made.splice(0).map((path) => ({ from: join(this.folder, path), path: join(this.out, path) }));
    // Before the first one is replaced: a folder is what a file cannot take the place of.
    for (const { path } of made) await checkFree(path);
    const outputs: Output[] = [];
    for (const { from, path } of made) {
      await Deno.mkdir(dirname(path), { recursive: true }).catch((error) => fail(error, `make ${dirname(path)}`));
      await Deno.rename(from, path).catch((error) => fail(error, `replace ${path}`));
      outputs.push({ path, sizeBytes: (await Deno.stat(path)).size });
    }
    return outputs;
  }

  /** Removes what was not put anywhere. */
  async [Symbol.asyncDispose](): Promise<void> {
    // What cannot be removed is in nobody's way, and the disk's trouble, if it has any, is being told already.
    await Deno.remove(this.folder, { recursive: true }).catch(() => {});
  }

  /** The sums of outputs that are there and stay. */
  async #olderSums(): Promise<Sums> {
    const path = join(this.out, SUMS_FILE);
    const text = await Deno.readTextFile(path).catch((error) => {
      if (error instanceof Deno.errors.NotFound) return "";
      return fail(error, `read ${path}`);
    });
    const there = await Promise.all([...parseSums(text)].map(async ([name, digest]) => {
      const isThere = await Deno.stat(join(this.out, name)).then(({ isFile }) => isFile, () => false);
      return isThere ? [[name, digest] as const] : [];
    }));
    return new Map(there.flat());
  }
}

async function checkFree(path: string): Promise<void> {
  const isFolder = await Deno.lstat(path).then(({ isDirectory }) => isDirectory, () => false);
  if (isFolder) throw new FileError("not-a-file", `replace ${path}`);
}

function fail(error: unknown, what: string): never {
  throw toFileError(error, what);
}
