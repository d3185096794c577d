import { assertEquals, assertRejects } from "@std/assert";
import { VirtualClock } from "../base/virtual_clock.ts";
import { FileError } from "../env/files.ts";
import type { Host } from "../env/host.ts";
import { MemoryFiles } from "../env/memory_files.ts";
import { planTargets } from "./targets.ts";
import { UsageError } from "./usage_error.ts";

function setUp(): { files: MemoryFiles; host: Host } {
  const files = new MemoryFiles({ clock: new VirtualClock() });
  files.addFolder("home/folder");
  files.write("home/file", "here");
  files.addLink("home/link", "/home/folder");
  files.addLink("home/dangling", "/nowhere");
  return { files, host: { runtime: "memory", pid: 1, variable: (name) => name === "INIT_CWD" ? "/home" : undefined } };
}

Deno.test("planTargets() finds a place for one file", async () => {
  const cases: ReadonlyArray<readonly [string, string | undefined, string | undefined]> = [
    ["a/b.txt", undefined, "/home/b.txt"],
    ["a/b.txt", "c.txt", "/home/c.txt"],
    ["a/b.txt", "/tmp/c.txt", "/tmp/c.txt"],
    ["a/b.txt", "file", "/home/file"],
    ["a/b.txt", "folder", "/home/folder/b.txt"],
    ["a/b.txt", "folder/", "/home/folder/b.txt"],
    ["a/b.txt", "link", "/home/link/b.txt"],
    ["a/b.txt", "dangling", "/home/dangling"],
    ["a/b.txt", "new/", "/home/new/b.txt"],
    ["..", "c.txt", "/home/c.txt"],
    ["a/b.txt", "-", undefined],
    ["..", "-", undefined],
    ["a/b.txt", "/dev/stdout", undefined],
    ["a/b.txt", "dev/null", "/home/dev/null"],
    ["a/b.txt", "NUL", "/home/NUL"],
  ];
  for (const [name, out, path] of cases) {
    const expected = [path === undefined ? { name } : { name, path }];
    assertEquals(await planTargets(setUp(), [name], { out, isWindows: false }), expected, `${name} ${out}`);
  }
});

Deno.test("planTargets() puts several files into one folder, and makes it", async () => {
  const env = setUp();
  assertEquals(await planTargets(env, ["a", "b/c"], {}), [
    { name: "a", path: "/home/a" },
    { name: "b/c", path: "/home/c" },
  ]);
  assertEquals(await planTargets(env, ["a", "b/c"], { out: "x/y" }), [
    { name: "a", path: "/home/x/y/a" },
    { name: "b/c", path: "/home/x/y/c" },
  ]);
  assertEquals((await env.files.info("home/x/y")).kind, "folder");
  assertEquals(await planTargets(env, ["a", "a"], { out: "-" }), [{ name: "a" }, { name: "a" }]);
});

Deno.test("planTargets() refuses before anything is made", async () => {
  const env = setUp();
  await assertRejects(
    () => planTargets(env, ["a/x", "b\\x"], { out: "new" }),
    UsageError,
    'Cannot save both "a/x" and "b\\x" as x',
  );
  await assertRejects(
    () => planTargets(env, ["a/"], { out: "new/" }),
    UsageError,
    'Cannot save "a/" under its own name',
  );
  await assertRejects(() => env.files.info("home/new"), FileError);
  const several = "several names need a folder, and file is a file";
  await assertRejects(() => planTargets(env, ["a", "b"], { out: "file" }), UsageError, several);
  await assertRejects(() => planTargets(env, ["a", "b"], { out: "file/below" }), FileError);
});

Deno.test("planTargets() discards what goes to the null device, by its name on this system", async () => {
  const cases: ReadonlyArray<readonly [string, boolean]> = [["/dev/null", false], ["/dev/null", true], ["nul", true]];
  for (const [out, isWindows] of cases) {
    const targets = await planTargets(setUp(), ["a", ".."], { out, isWindows });
    assertEquals(targets, [{ name: "a", isDiscarded: true }, { name: "..", isDiscarded: true }]);
  }
});

Deno.test("planTargets() refuses names that Windows reads otherwise, there alone", async () => {
  const env = setUp();
  for (const name of ["C:x", "NUL", "x."]) {
    const words = `Cannot save "${name}" under its own name; choose one with --out`;
    await assertRejects(() => planTargets(env, [name], { isWindows: true }), UsageError, words);
    await assertRejects(() => planTargets(env, [name], { out: "folder", isWindows: true }), UsageError, words);
    assertEquals(await planTargets(env, [name], { out: "b", isWindows: true }), [{ name, path: "/home/b" }]);
  }
  assertEquals((await planTargets(env, ["NUL"], { isWindows: false })).length, 1);
});
