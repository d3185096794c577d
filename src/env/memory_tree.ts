/**
 * Folders, files and links in memory, with the semantics of a Unix file system.
 *
 * @module
 */

import { FileError, type FileErrorCode, type FileInfo, type FileKind } from "./files.ts";
import { checkPath } from "./path.ts";
import type { SparseBytes } from "./sparse_bytes.ts";

/** The longest name, in UTF-8 bytes. */
const MAX_NAME_BYTES = 255;
/** How many links one path may lead through. */
const MAX_LINKS = 40;

/** What files, folders and all else have. */
export interface NodeBase {
  /** Names the node, whatever its path. */
  readonly inode: number;
  /** The folder that it is in; undefined for the root and for what was removed. */
  parent: FolderNode | undefined;
  /** Grows with each change of the content or of the node. */
  change: number;
  /** When the content last changed, in milliseconds since the Unix epoch. */
  modifiedMs: number;
}

/** A folder. */
export interface FolderNode extends NodeBase {
  /** What it is. */
  readonly kind: "folder";
  /** What is in it. */
  readonly entries: Map<string, TreeNode>;
}

/** A regular file. */
export interface FileNode extends NodeBase {
  /** What it is. */
  readonly kind: "file";
  /** Its bytes. */
  readonly content: SparseBytes;
  /** How many times it is open. */
  handles: number;
}

/** A link or a device. */
export interface SpecialNode extends NodeBase {
  /** What it is. */
  readonly kind: "link" | "other";
  /** Where a link leads; empty for a device. */
  readonly target: string;
}

/** Anything that has a name. */
export type TreeNode = FolderNode | FileNode | SpecialNode;

/** Where a path leads: its last folder, the name in it, and what has that name. */
export interface Place {
  /** The folder that the last part of the path is in. */
  readonly folder: FolderNode;
  /** The last part of the path; empty if the path ends in the root, `.` or `..`. */
  readonly name: string;
  /** What is there. */
  readonly node: TreeNode | undefined;
}

/** What one way through the tree has met, and what it says of something that is no folder. */
interface Walk {
  links: number;
  readonly otherwise: FileErrorCode;
}

/** A tree of folders. Each method throws {@link FileError}. */
export class MemoryTree {
  /** The folder that `/` names, and where relative paths start. */
  readonly root: FolderNode;
  readonly #unixMs: () => number;
  #inodes = 0;
  #changes = 0;
  #lastMs = 0;

  /** Creates an empty tree, whose times are those of `unixMs`. */
  constructor(unixMs: () => number) {
    this.#unixMs = unixMs;
    this.root = this.newFolder();
  }

  /** Makes a folder that is nowhere yet. */
  newFolder(): FolderNode {
    return { ...this.#newNode(), kind: "folder", entries: new Map() };
  }

  /** Makes a file that is nowhere yet. */
  newFile(content: SparseBytes): FileNode {
    return { ...this.#newNode(), kind: "file", content, handles: 0 };
  }

  /** Makes a link, or a device, that is nowhere yet. */
  newSpecial(kind: SpecialNode["kind"], target = ""): SpecialNode {
    return { ...this.#newNode(), kind, target };
  }

  /** Finds where a path leads. Links are followed but for the last part. */
  find(path: string, what: string): Place {
    checkPath(path, what);
    const parts = partsOf(path, what);
    const name = parts.pop() ?? ".";
    const folder = this.#walk(this.root, parts, what, { links: 0, otherwise: "not-found" });
    if (name === "." || name === "..") {
      const node = name === "." ? folder : folder.parent ?? folder;
      return { folder: node.parent ?? node, name: "", node };
    }
    return { folder, name, node: folder.entries.get(name) };
  }

  /**
   * Finds a folder; links are followed, the last part included.
   *
   * @param otherwise The code of the error if something else is there.
   */
  folder(path: string, what: string, otherwise: FileErrorCode = "not-found"): FolderNode {
    checkPath(path, what);
    return this.#walk(this.root, partsOf(path, what), what, { links: 0, otherwise });
  }

  /** Puts a node at a place, where nothing may be. */
  attach({ folder, name }: Place, node: TreeNode): void {
    folder.entries.set(name, node);
    node.parent = folder;
    this.touchInode(node);
    this.touch(folder);
  }

  /** Takes what is at a place away. */
  detach({ folder, name, node }: Place): void {
    folder.entries.delete(name);
    if (node !== undefined) {
      node.parent = undefined;
      this.touchInode(node);
    }
    this.touch(folder);
  }

  /** Notes that the content of a node changed. No two changes have the same time. */
  touch(node: TreeNode): void {
    this.#lastMs = Math.max(this.#unixMs(), this.#lastMs + 1 / 1024);
    node.modifiedMs = this.#lastMs;
    this.touchInode(node);
  }

  /** Notes that a node changed and its content did not: it was renamed or removed. The version changes all the same. */
  touchInode(node: TreeNode): void {
    node.change = ++this.#changes;
  }

  #newNode(): NodeBase {
    return { inode: ++this.#inodes, parent: undefined, change: ++this.#changes, modifiedMs: this.#unixMs() };
  }

  #walk(from: FolderNode, parts: readonly string[], what: string, walk: Walk): FolderNode {
    let folder = from;
    for (const part of parts) {
      if (part === ".") continue;
      if (part === "..") {
        folder = folder.parent ?? folder;
        continue;
      }
      const next = folder.entries.get(part);
      if (next?.kind === "link") {
        if (++walk.links > MAX_LINKS) throw new FileError("not-a-file", what);
        const start = next.target.startsWith("/") ? this.root : folder;
        folder = this.#walk(start, partsOf(next.target, what), what, walk);
      } else if (next?.kind === "folder") folder = next;
      else throw new FileError(next === undefined ? "not-found" : walk.otherwise, what);
    }
    return folder;
  }
}

/** Describes a node. */
export function infoOfNode(node: TreeNode): FileInfo {
  return {
    kind: node.kind satisfies FileKind,
    sizeBytes: node.kind === "file" ? node.content.sizeBytes : 0,
    modifiedMs: node.modifiedMs,
    id: `${node.inode}`,
    version: `${node.inode}-${node.change}`,
  };
}

function partsOf(path: string, what: string): string[] {
  const parts = path.split("/").filter((part) => part !== "");
  const encoder = new TextEncoder();
  for (const part of parts) {
    if (encoder.encode(part).length > MAX_NAME_BYTES) throw new FileError("invalid-name", what);
  }
  return parts;
}
