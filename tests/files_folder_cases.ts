/**
 * The file contract: names, folders and links.
 *
 * @module
 */

import { assertEquals } from "@std/assert";
import { assertFileError, type FilesCase, put, textOf } from "./files_bench.ts";

/** What folders promise. */
export const FOLDER_CASES: readonly FilesCase[] = [
  {
    name: "list() shows names in the order of their code units, and kinds",
    async run({ files, root, link }): Promise<void> {
      // U+FF00 comes before the others by code point, after them by code unit.
      const names = ["Z", "a", "a b", "b", "\u00e9", "\u{1f600}", "\uff00"];
      for (const name of names.toReversed()) await put(files, `${root}/${name}`, "");
      await files.makeFolder(`${root}/folder`);
      await link(`${root}/link`, "Z");
      assertEquals(await files.list(root), [
        { name: "Z", kind: "file" },
        { name: "a", kind: "file" },
        { name: "a b", kind: "file" },
        { name: "b", kind: "file" },
        { name: "folder", kind: "folder" },
        { name: "link", kind: "link" },
        { name: "\u00e9", kind: "file" },
        { name: "\u{1f600}", kind: "file" },
        { name: "\uff00", kind: "file" },
      ]);
    },
  },
  {
    name: "list() fails for what is no folder",
    async run({ files, root, link }): Promise<void> {
      await put(files, `${root}/a.txt`, "hello");
      await link(`${root}/link`, "a.txt");
      await assertFileError(files.list(`${root}/none`), "not-found");
      await assertFileError(files.list(`${root}/link`), "not-a-folder");
      await assertFileError(files.list(`${root}/a.txt/below`), "not-a-folder");
      await assertFileError(files.list(`${root}/a.txt`), "not-a-folder");
      await assertFileError(files.list(`${root}/\0`), "invalid-name");
    },
  },
  {
    name: "info() describes a link as a link, a folder without a length, and fails for what is missing",
    async run({ files, root, link }): Promise<void> {
      await link(`${root}/link`, "none");
      assertEquals((await files.info(`${root}/link`)).kind, "link");
      const { kind, sizeBytes } = await files.info(root);
      assertEquals({ kind, sizeBytes }, { kind: "folder", sizeBytes: 0 });
      await assertFileError(files.info(`${root}/none`), "not-found");
      await assertFileError(files.info(`${root}/\0`), "invalid-name");
    },
  },
  {
    name: "a link to a folder is followed in the midst of a path",
    async run({ files, root, link }): Promise<void> {
      await files.makeFolder(`${root}/real`);
      await put(files, `${root}/real/a.txt`, "hello");
      await link(`${root}/link`, "real");
      await link(`${root}/loop`, "loop");
      assertEquals(await textOf(files, `${root}/link/../link/./a.txt`), "hello");
      assertEquals(await files.list(`${root}/link`), [{ name: "a.txt", kind: "file" }]);
      await assertFileError(files.open(`${root}/loop/a.txt`), "not-a-file");
    },
  },
  {
    name: "rename() moves a file and replaces what is there",
    async run({ files, root }): Promise<void> {
      await put(files, `${root}/a.txt`, "a");
      await put(files, `${root}/b.txt`, "b");
      await files.makeFolder(`${root}/folder`);
      await files.rename(`${root}/a.txt`, `${root}/b.txt`);
      await files.rename(`${root}/b.txt`, `${root}/folder/c.txt`);
      assertEquals(await textOf(files, `${root}/folder/c.txt`), "a");
      assertEquals(await files.list(root), [{ name: "folder", kind: "folder" }]);
    },
  },
  {
    name: "rename() fails for a missing file or folder, and over a folder",
    async run({ files, root }): Promise<void> {
      await put(files, `${root}/a.txt`, "a");
      await files.makeFolder(`${root}/folder`);
      await assertFileError(files.rename(`${root}/none`, `${root}/a.txt`), "not-found");
      await assertFileError(files.rename(`${root}/a.txt`, `${root}/none/a.txt`), "not-found");
      await assertFileError(files.rename(`${root}/a.txt`, `${root}/folder`), "not-a-file");
      await assertFileError(files.rename(`${root}/a.txt`, `${root}/b\0`), "invalid-name");
      assertEquals(await textOf(files, `${root}/a.txt`), "a");
    },
  },
  {
    name: "remove() removes a file or the link itself; none there is no error, a folder is one",
    async run({ files, root, link }): Promise<void> {
      await put(files, `${root}/a.txt`, "a");
      await link(`${root}/link`, "a.txt");
      await files.makeFolder(`${root}/folder`);
      await files.remove(`${root}/link`);
      assertEquals(await textOf(files, `${root}/a.txt`), "a");
      await files.remove(`${root}/a.txt`);
      await files.remove(`${root}/a.txt`);
      await files.remove(`${root}/none/a.txt`);
      await assertFileError(files.remove(`${root}/folder`), "not-a-file");
      assertEquals(await files.list(root), [{ name: "folder", kind: "folder" }]);
    },
  },
  {
    name: "makeFolder() makes those above too; one there is no error, a file in the way is",
    async run({ files, root }): Promise<void> {
      await files.makeFolder(`${root}/a/b/c`);
      await files.makeFolder(`${root}/a/b/c`);
      await put(files, `${root}/a/b/c/d.txt`, "d");
      assertEquals(await files.list(`${root}/a/b/c`), [{ name: "d.txt", kind: "file" }]);
      await assertFileError(files.makeFolder(`${root}/a/b/c/d.txt`), "exists");
      await assertFileError(files.makeFolder(`${root}/a/b/c/d.txt/e`), "exists");
    },
  },
  {
    name: "syncFolder() takes a folder, also by a link, and nothing else",
    async run({ files, root, link }): Promise<void> {
      await put(files, `${root}/a.txt`, "a");
      await link(`${root}/link`, ".");
      await files.syncFolder(root);
      await files.syncFolder(`${root}/`);
      await files.syncFolder(`${root}/link`);
      await assertFileError(files.syncFolder(`${root}/a.txt`), "not-a-folder");
      await assertFileError(files.syncFolder(`${root}/none`), "not-found");
    },
  },
];
