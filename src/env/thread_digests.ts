/**
 * SHA-256 on a thread of its own, on Deno, Node and Bun.
 *
 * @module
 */

import type { Hash } from "node:crypto";
import { beginInline, type BufferDigest, DigestError, type Digests } from "./digests.ts";

/** From which length on a thread is worth its start, which takes about 30 ms: as long as 64 MiB take to hash. */
export const THREAD_FROM_BYTES = 67_108_864;

/** A thread that is sent messages, and answers each. */
export interface Thread {
  /** Sends a message; the buffers are given away. */
  post(message: unknown, transfer: ArrayBuffer[]): void;
  /** Ends it. */
  end(): void;
}

/** What becomes of a thread. */
export interface ThreadEvents {
  /** It has sent a message. */
  readonly onMessage: (message: unknown) => void;
  /** It has failed, or ended by itself. */
  readonly onFailure: (reason: string) => void;
}

/** Starts a thread that runs the text of an ES module. */
export type StartThread = (source: string, events: ThreadEvents) => Thread | Promise<Thread>;

/** Returns digests of which the large ones are computed on a thread each. */
export function threadDigests(start: StartThread = startThread): Digests {
  return { begin: (sizeBytes) => sizeBytes < THREAD_FROM_BYTES ? beginInline() : new ThreadDigest(start) };
}

/** Asks for the digest of what was sent so far. */
const HEX = "hex";

/** One end of a line between two threads, as the web has it and Node, too. */
interface Port {
  onmessage: ((event: { readonly data: Uint8Array<ArrayBuffer> | typeof HEX }) => void) | null;
  postMessage(message: unknown, transfer: ArrayBuffer[]): void;
}

/**
 * What the thread does. It is handed over as text, and so must reach for nothing but its arguments: that way it is there,
 * too, where all of the program is one file.
 */
function serve(port: Port, hash: Hash): void {
  port.onmessage = ({ data }): void => {
    if (typeof data === "string") {
      port.postMessage(hash.copy().digest("hex"), []);
    } else {
      hash.update(data);
      port.postMessage(data.buffer, [data.buffer]);
    }
  };
}

/** Node has no messages of the web's own in its threads, the others have no fast ones of Node's. */
const SOURCE = `import { createHash } from "node:crypto";
const port = globalThis.postMessage ? globalThis : (await import("node:worker_threads")).parentPort;
(${serve})(port, createHash("sha256"));`;

class ThreadDigest implements BufferDigest {
  readonly #thread: Promise<Thread>;
  #onAnswer: (message: unknown) => void = () => {};
  #onFailure: (error: DigestError) => void = () => {};
  #failure: DigestError | undefined;
  #isClosed = false;

  constructor(start: StartThread) {
    this.#thread = this.#start(start);
    this.#thread.catch((error) => this.#fail(`${error}`));
  }

  async update(buffer: Uint8Array<ArrayBuffer>, count: number): Promise<Uint8Array<ArrayBuffer>> {
    return new Uint8Array(await this.#ask(buffer.subarray(0, count), [buffer.buffer]) as ArrayBuffer);
  }

  async hex(): Promise<string> {
    return await this.#ask(HEX, []) as string;
  }

  close(): void {
    if (this.#isClosed) return;
    this.#isClosed = true;
    this.#fail("it is closed");
    this.#thread.then((thread) => thread.end(), () => {});
  }

  async #start(start: StartThread): Promise<Thread> {
    return await start(SOURCE, {
      onMessage: (message) => this.#onAnswer(message),
      onFailure: (reason) => this.#fail(reason),
    });
  }

  async #ask(message: unknown, transfer: ArrayBuffer[]): Promise<unknown> {
    if (this.#failure !== undefined) throw this.#failure;
    const answer = new Promise<unknown>((resolve, reject) => {
      this.#onAnswer = resolve;
      this.#onFailure = reject;
    });
    this.#thread.then((thread) => thread.post(message, transfer)).catch((error) => this.#fail(`${error}`));
    return await answer;
  }

  #fail(reason: string): void {
    this.#failure ??= new DigestError(`Cannot hash on a thread: ${reason}`);
    this.#onFailure(this.#failure);
  }
}

/** Starts a thread of this runtime: a {@link StartThread}. */
export async function startThread(source: string, { onMessage, onFailure }: ThreadEvents): Promise<Thread> {
  const url = new URL(`data:text/javascript,${encodeURIComponent(source)}`);
  if (typeof Worker === "undefined") return await startNodeThread(url, { onMessage, onFailure });
  const worker = new Worker(url, { type: "module" });
  worker.onmessage = ({ data }): void => onMessage(data);
  worker.onmessageerror = (): void => onFailure("its answer cannot be read");
  worker.onerror = (event): void => {
    // Else it would end the program.
    event.preventDefault();
    onFailure(event.message);
  };
  return {
    post: (message, transfer) => worker.postMessage(message, transfer),
    end: () => worker.terminate(),
  };
}

async function startNodeThread(url: URL, { onMessage, onFailure }: ThreadEvents): Promise<Thread> {
  const { Worker } = await import("node:worker_threads");
  const worker = new Worker(url);
  worker.on("message", onMessage).on("error", (error) => onFailure(`${error}`)).on("exit", () => onFailure("it ended"));
  return {
    post: (message, transfer) => worker.postMessage(message, transfer),
    end: () => void worker.terminate(),
  };
}
