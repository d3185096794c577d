/**
 * The file contract: watching.
 *
 * @module
 */

import { assert, assertEquals } from "@std/assert";
import { assertFileError, type FilesBench, type FilesCase, put } from "./files_bench.ts";

/** Begins to watch `folder`, and waits for the hint that says so. */
async function beginWatch(
  { files, wait }: FilesBench,
  folder: string,
): Promise<{ controller: AbortController; hints: AsyncIterator<void> }> {
  const controller = new AbortController();
  const hints = files.watch(folder, { signal: controller.signal })[Symbol.asyncIterator]();
  assertEquals((await wait(hints.next())).done, false);
  return { controller, hints };
}

/** What a watch promises. */
export const WATCH_CASES: readonly FilesCase[] = [
  {
    name: "watch() hints at a change in a folder, in one below it, and in a new one",
    async run(bench): Promise<void> {
      const { files, root, wait } = bench;
      await files.makeFolder(`${root}/below`);
      const { controller, hints } = await beginWatch(bench, root);
      const changes = [
        () => put(files, `${root}/a.txt`, "a"),
        () => put(files, `${root}/below/b.txt`, "b"),
        () => files.makeFolder(`${root}/new`),
        () => put(files, `${root}/new/c.txt`, "c"),
        () => files.rename(`${root}/a.txt`, `${root}/new/a.txt`),
        () => files.remove(`${root}/below/b.txt`),
      ];
      for (const change of changes) {
        await change();
        assertEquals((await wait(hints.next())).done, false);
      }
      controller.abort();
      await hints.return?.();
    },
  },
  {
    name: "watch() ends quietly when the signal aborts, waiting or not",
    async run(bench): Promise<void> {
      const { files, root, wait } = bench;
      const { controller, hints } = await beginWatch(bench, root);
      // Hints of what was there before may still be on their way on some systems.
      const ended = (async (): Promise<boolean> => {
        while (!(await hints.next()).done);
        return true;
      })();
      controller.abort(new Error("enough"));
      assert(await wait(ended));
      assertEquals((await hints.next()).done, true);
      const late = files.watch(root, { signal: controller.signal })[Symbol.asyncIterator]();
      assertEquals((await late.next()).done, true);
    },
  },
  {
    name: "watch() fails for what is no folder",
    async run({ files, root }): Promise<void> {
      const { signal } = new AbortController();
      await put(files, `${root}/a.txt`, "hello");
      for (const [path, code] of [["none", "not-found"], ["a.txt", "not-a-file"], ["\0", "invalid-name"]] as const) {
        const hints = files.watch(`${root}/${path}`, { signal })[Symbol.asyncIterator]();
        await assertFileError(Promise.resolve(hints.next()), code);
      }
    },
  },
];
