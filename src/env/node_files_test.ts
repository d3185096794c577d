import { assertEquals } from "@std/assert";
import { symlink } from "node:fs/promises";
import { assertFileError, type FilesBench, put } from "../../tests/files_bench.ts";
import { FILES_CASES } from "../../tests/files_contract.ts";
import { systemClock } from "../base/clock.ts";
import { withDeadline } from "../base/deadline.ts";
import { nodeFiles } from "./node_files.ts";

async function inTempFolder(run: (root: string) => Promise<void>): Promise<void> {
  const root = await Deno.makeTempDir({ prefix: "microcdn-files-" });
  try {
    await run(root);
  } finally {
    await Deno.remove(root, { recursive: true });
  }
}

function benchIn(root: string): FilesBench {
  return {
    files: nodeFiles(),
    root,
    link: (path, target) => symlink(target, path),
    wait: (promise) => withDeadline(systemClock(), { deadlineMs: 30_000, what: "wait" }, () => promise),
  };
}

for (const { name, run } of FILES_CASES) {
  Deno.test(`nodeFiles() ${name}`, () => inTempFolder((root) => run(benchIn(root))));
}

const isUnix = Deno.build.os !== "windows";

Deno.test({ name: "nodeFiles().open() refuses a FIFO and a device without waiting for them", ignore: !isUnix }, () => {
  return inTempFolder(async (root) => {
    await new Deno.Command("mkfifo", { args: [`${root}/fifo`] }).output();
    const files = nodeFiles();
    assertEquals((await files.list(root)).map(({ kind }) => kind), ["other"]);
    for (const path of [`${root}/fifo`, "/dev/null", "/dev/zero"]) {
      assertEquals((await files.info(path)).kind, "other");
      await assertFileError(files.open(path), "not-a-file");
      await assertFileError(files.openForWriting(path), "not-a-file");
    }
  });
});

Deno.test(
  "nodeFiles() reports a missing permission as denied",
  { permissions: { read: false, write: false } },
  async () => {
    const files = nodeFiles();
    const { signal } = new AbortController();
    await assertFileError(files.info("/a"), "denied");
    await assertFileError(files.open("/a"), "denied");
    await assertFileError(files.openForWriting("/a"), "denied");
    await assertFileError(files.list("/a"), "denied");
    await assertFileError(files.remove("/a"), "denied");
    await assertFileError(files.rename("/a", "/b"), "denied");
    await assertFileError(files.makeFolder("/a"), "denied");
    await assertFileError(files.watch("/", { signal })[Symbol.asyncIterator]().next(), "denied");
  },
);

Deno.test("nodeFiles().list() returns a name that is no UTF-8 as it can", { ignore: Deno.build.os !== "linux" }, () => {
  return inTempFolder(async (root) => {
    // A string cannot hold such a name; the shell can.
    const { success } = await new Deno.Command("sh", { args: ["-c", `: > "$(printf 'bad\\377')"`], cwd: root })
      .output();
    assertEquals(success, true);
    assertEquals(await nodeFiles().list(root), [{ name: "bad\ufffd", kind: "file" }]);
  });
});

Deno.test("nodeFiles() lets the event loop have its turn in a long row of reads", () => {
  return inTempFolder(async (root) => {
    const files = nodeFiles();
    await put(files, `${root}/a.txt`, "hello");
    const file = await files.open(`${root}/a.txt`);
    let turns = 0;
    let reading = true;
    const ticking = (async (): Promise<void> => {
      for (; reading; turns++) await new Promise((resolve) => setImmediate(resolve));
    })();
    const endMs = performance.now() + 100;
    while (performance.now() < endMs) await file.readAt(new Uint8Array(5), 0);
    assertEquals(turns > 3, true, `${turns} turns`);
    reading = false;
    await ticking;
    await file.close();
  });
});
