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
  ];
  for (const [name, out, path] of cases) {
    const expected = [path === undefined ? { name } : { name, path }];
    assertEquals(await planTargets(setUp(), [name], out), expected, `${name} ${out}`);
  }
});

Deno.test("planTargets() puts several files into one folder, and makes it", async () => {
  const env = setUp();
  assertEquals(await planTargets(env, ["a", "b/c"], undefined), [
    { name: "a", path: "/home/a" },
    { name: "b/c", path: "/home/c" },
  ]);
  assertEquals(await planTargets(env, ["a", "b/c"], "x/y"), [
    { name: "a", path: "/home/x/y/a" },
    { name: "b/c", path: "/home/x/y/c" },
  ]);
  assertEquals((await env.files.info("home/x/y")).kind, "folder");
  assertEquals(await planTargets(env, ["a", "a"], "-"), [{ name: "a" }, { name: "a" }]);
});

Deno.test("planTargets() refuses before anything is made", async () => {
  const env = setUp();
  await assertRejects(
    () => planTargets(env, ["a/x", "b\\x"], "new"),
    UsageError,
    'Cannot save both "a/x" and "b\\x" as x',
  );
  await assertRejects(() => planTargets(env, ["a/"], "new/"), UsageError, 'Cannot save "a/" under its own name');
  await assertRejects(() => env.files.info("home/new"), FileError);
  await assertRejects(() => planTargets(env, ["a", "b"], "file"), FileError);
});
