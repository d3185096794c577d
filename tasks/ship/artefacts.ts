/**
 * The programs here that can be sent: what `deno task compile` made.
 *
 * @module
 */

import { EXIT } from "../../src/cli/exit_codes.ts";
import { CommandError } from "../../src/cli/failure.ts";
import { FileError, type Files, readWhole } from "../../src/env/files.ts";
import { parseSums, sumOf, SUMS_FILE } from "../build/checksums.ts";
import { ownTarget, programPath } from "../build/targets.ts";

/** A compiled program. */
export interface Artefact {
  /** What it is called: `microcdn-index`. */
  readonly name: string;
  /** Where it is. */
  readonly path: string;
  /** Its SHA-256, in hexadecimal digits. */
  readonly sha256: string;
}

/** What is to be sent: a program, and the target that it must be compiled for. */
export interface ArtefactKey {
  /** What it is called: `microcdn-index`. */
  readonly name: string;
  /** The target: `x86_64-unknown-linux-gnu`. */
  readonly target: string;
}

/** The longest file of sums: some thousand lines. */
const MAX_SUMS_BYTES = 1_048_576;

/** A folder of compiled programs. Each is read once, however many machines it is for. */
export class Artefacts {
  readonly #files: Files;
  readonly #folder: string;
  readonly #found = new Map<string, Promise<Artefact>>();

  /** Reads nothing yet. */
  constructor(files: Files, folder: string) {
    this.#files = files;
    this.#folder = folder;
  }

  /**
   * Returns a program, its bytes compared with the sum that was written when it was made.
   *
   * @throws {CommandError} if it is not there, or not what was made: the reason in one line.
   */
  async find({ name, target }: ArtefactKey): Promise<Artefact> {
    // A program of this machine's own system may be in either place.
    const own = target === ownTarget() ? [programPath(name, undefined)] : [];
    const paths = [...own, programPath(name, target)];
    for (const path of paths) {
      if (await this.#isThere(path)) return await this.#read(name, path);
    }
    const flag = target === ownTarget() ? "" : ` --target ${target}`;
    const task = `deno task compile ${name.replace(/^microcdn-/, "")}${flag}`;
    throw new CommandError(
      EXIT.file,
      `Cannot send ${this.#folder}/${paths[0]}: it is not there; make it with: ${task}`,
    );
  }

  async #isThere(path: string): Promise<boolean> {
    try {
      return (await this.#files.info(`${this.#folder}/${path}`)).kind === "file";
    } catch (error) {
      if (error instanceof FileError && error.code === "not-found") return false;
      throw error;
    }
  }

  #read(name: string, path: string): Promise<Artefact> {
    let reading = this.#found.get(path);
    if (reading === undefined) this.#found.set(path, reading = this.#check(name, path));
    return reading;
  }

  async #check(name: string, path: string): Promise<Artefact> {
    const full = `${this.#folder}/${path}`;
    const bytes = await readWhole(this.#files, `${this.#folder}/${SUMS_FILE}`, MAX_SUMS_BYTES);
    const promised = parseSums(new TextDecoder().decode(bytes)).get(path);
    const sha256 = await sumOf(full);
    if (promised !== sha256) {
      const state = promised === undefined ? `${SUMS_FILE} does not name it` : `it is not what ${SUMS_FILE} says`;
      throw new CommandError(EXIT.integrity, `Cannot send ${full}: ${state}; compile it again`);
    }
    return { name, path: full, sha256 };
  }
}
