/**
 * What went wrong during a download, for the sentence at its end.
 *
 * @module
 */

import { ClientError, type ClientErrorKind, type HolderFault } from "./client_error.ts";

/**
 * - `index`: it does not answer as it should
 * - `unknown-file`: it knows no holder any more
 * - any other: a holder's
 */
export type Fault = HolderFault | "index" | "unknown-file";

/** How many failures an error tells of. */
const MAX_TOLD = 5;

/** The failures of one round. */
export class Failures {
  #list: { readonly fault: Fault; readonly text: string }[] = [];

  /** Forgets all, for a new round. */
  clear(): void {
    this.#list = [];
  }

  /** Notes a failure, with its reason for people. The same reason twice counts once. */
  note(fault: Fault, text: string): void {
    if (!this.#list.some((failure) => failure.text === text)) this.#list.push({ fault, text });
  }

  /** The last ones, in words; empty if there were none. */
  get text(): string {
    return this.#list.slice(-MAX_TOLD).map(({ text }) => text).join("; ");
  }

  /** Whether all that was heard is that the file is not there. */
  get isDenial(): boolean {
    return this.#list.length > 0 && this.#list.every(({ fault }) => fault === "not-found" || fault === "unknown-file");
  }

  /**
   * Says in one sentence what it came to.
   *
   * @param isStuck Whether bytes that do not fit to any holder cannot be taken back.
   */
  explain(name: string, { isStuck }: { readonly isStuck: boolean }): ClientError {
    return new ClientError(this.#kind(isStuck), `Cannot get ${name}: ${this.text}`);
  }

  #kind(isStuck: boolean): ClientErrorKind {
    if (this.isDenial) return "not-found";
    const isWrong = this.#list.some(({ fault }) =>
      fault === "wrong-bytes" || fault === "overflow" || (isStuck && fault === "other-version")
    );
    return isWrong ? "integrity" : "network";
  }
}
