/**
 * One open file in memory.
 *
 * @module
 */

// deno-lint-ignore-file require-await -- a throw must become a rejection

import { FileError, type FileInfo, type OpenFile } from "./files.ts";
import { type FileNode, infoOfNode } from "./memory_tree.ts";

/** What can be done to an open file and can be made to fail. */
export type OpenFileOperation = Exclude<keyof OpenFile, "close">;

/** What an open file needs of the file system that it is in. */
export interface MemoryFileHost {
  /** Throws if this operation was told to fail. */
  begin(operation: OpenFileOperation, what: string): void;
  /** Writes what there is space for, and returns how many bytes that is. */
  write(node: FileNode, bytes: Uint8Array, offsetBytes: number): number;
  /** Cuts or extends a file. */
  truncate(node: FileNode, sizeBytes: number): void;
  /** Told once that this file was closed. */
  closed(node: FileNode): void;
}

/** An open file; it keeps its content whatever becomes of its name. */
export class MemoryFile implements OpenFile {
  readonly #host: MemoryFileHost;
  readonly #node: FileNode;
  readonly #path: string;
  readonly #writable: boolean;
  #closed = false;

  /** Opens a node. */
  constructor(host: MemoryFileHost, node: FileNode, path: string, { writable }: { writable: boolean }) {
    this.#host = host;
    this.#node = node;
    this.#path = path;
    this.#writable = writable;
  }

  /** Describes the open file. */
  async info(): Promise<FileInfo> {
    this.#begin("info", "look at");
    return infoOfNode(this.#node);
  }

  /** Reads; see {@link OpenFile.readAt}. */
  async readAt(into: Uint8Array, offsetBytes: number): Promise<number> {
    this.#begin("readAt", "read");
    return this.#node.content.read(into, offsetBytes);
  }

  /** Writes; see {@link OpenFile.writeAt}. */
  async writeAt(bytes: Uint8Array, offsetBytes: number): Promise<void> {
    const what = this.#begin("writeAt", "write", { changes: true });
    if (this.#host.write(this.#node, bytes, offsetBytes) < bytes.length) throw new FileError("full", what);
  }

  /** Cuts or extends it. */
  async truncate(sizeBytes: number): Promise<void> {
    this.#begin("truncate", "truncate", { changes: true });
    this.#host.truncate(this.#node, sizeBytes);
  }

  /** Resolves at once. */
  async sync(): Promise<void> {
    this.#begin("sync", "sync");
  }

  /** Closes it. Idempotent. */
  close(): Promise<void> {
    if (!this.#closed) {
      this.#closed = true;
      this.#host.closed(this.#node);
    }
    return Promise.resolve();
  }

  #begin(operation: OpenFileOperation, action: string, { changes = false } = {}): string {
    const what = `${action} ${this.#path}`;
    if (this.#closed) throw new FileError("other", what, { cause: new Error("it is closed") });
    if (changes && !this.#writable) throw new FileError("other", what, { cause: new Error("it is open for reading") });
    this.#host.begin(operation, what);
    return what;
  }
}
