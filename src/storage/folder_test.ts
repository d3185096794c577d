import { assert, assertEquals, assertRejects } from "@std/assert";
import { VirtualClock } from "../base/virtual_clock.ts";
import { FileError, type FileInfo, type FolderEntry, type OpenFile } from "../env/files.ts";
import { MemoryFiles } from "../env/memory_files.ts";
import { type FoundFile, openFound, sameContent, scanFolder } from "./folder.ts";

/** Files that change at the worst moment: what is set to happen happens right before an operation. */
class MeddledFiles extends MemoryFiles {
  /** By operation and path: `list /srv`. */
  readonly before = new Map<string, () => void>();

  constructor() {
    super({ clock: new VirtualClock() });
  }

  override async list(folder: string): Promise<FolderEntry[]> {
    this.before.get(`list ${folder}`)?.();
    return await super.list(folder);
  }

  override async info(path: string): Promise<FileInfo> {
    this.before.get(`info ${path}`)?.();
    return await super.info(path);
  }

  override async open(path: string): Promise<OpenFile> {
    this.before.get(`open ${path}`)?.();
    return await super.open(path);
  }
}

function filesWith(...paths: string[]): MeddledFiles {
  const files = new MeddledFiles();
  files.addFolder("/srv");
  for (const path of paths) files.write(path, `bytes of ${path}`);
  return files;
}

async function names(files: MeddledFiles, limits = {}): Promise<string[]> {
  return [...(await scanFolder(files, "/srv", limits)).files.keys()];
}

async function findIn(files: MeddledFiles, name: string): Promise<FoundFile> {
  return (await scanFolder(files, "/srv")).files.get(name)!;
}

Deno.test("scanFolder() lists the files of a folder and of those below it", async () => {
  const files = filesWith("/srv/b", "/srv/a", "/srv/sub/deep/c", "/outside");
  files.write("/srv/empty", "");
  files.addFolder("/srv/no-files");
  const { files: found, skipped } = await scanFolder(files, "/srv");
  assertEquals([...found.keys()], ["a", "b", "empty", "sub/deep/c"]);
  assertEquals(skipped, []);
  assertEquals(found.get("sub/deep/c"), { name: "sub/deep/c", info: await files.info("/srv/sub/deep/c") });
  assertEquals(found.get("empty")?.info.sizeBytes, 0);
});

Deno.test("scanFolder() passes over links and devices, and says so", async () => {
  const files = filesWith("/srv/a", "/secret/key");
  files.addLink("/srv/file-link", "/secret/key");
  files.addLink("/srv/folder-link", "/secret");
  files.addLink("/srv/inner-link", "a");
  files.addDevice("/srv/pipe");
  const { files: found, skipped } = await scanFolder(files, "/srv");
  assertEquals([...found.keys()], ["a"]);
  assertEquals(skipped, [
    "file-link: a link",
    "folder-link: a link",
    "inner-link: a link",
    "pipe: not a regular file",
  ]);
});

Deno.test("scanFolder() passes over names that begin with a dot without a word", async () => {
  const files = filesWith("/srv/.hidden", "/srv/.git/config", "/srv/a.b", "/srv/sub/.x", "/srv/...");
  const { files: found, skipped } = await scanFolder(files, "/srv");
  assertEquals([...found.keys()], ["a.b"]);
  assertEquals(skipped, []);
});

Deno.test("scanFolder() follows the folder itself where that is a link", async () => {
  const files = filesWith("/data/a");
  files.addLink("/link", "/data");
  assertEquals([...(await scanFolder(files, "/link")).files.keys()], ["a"]);
});

Deno.test("scanFolder() goes on past what it cannot read", async () => {
  const files = filesWith("/srv/a", "/srv/closed/b", "/srv/denied", "/srv/z");
  const fail = (what: string) => (): void => {
    throw new FileError("denied", what);
  };
  files.before.set("list /srv/closed", fail("list /srv/closed"));
  files.before.set("info /srv/denied", fail("look at /srv/denied"));
  const { files: found, skipped, missed } = await scanFolder(files, "/srv");
  assertEquals([...found.keys()], ["a", "z"]);
  assertEquals(skipped, [
    "closed: Cannot list /srv/closed: permission denied",
    "denied: Cannot look at /srv/denied: permission denied",
  ]);
  assertEquals(missed.map(({ name }) => name), ["closed", "denied"]);
});

Deno.test("scanFolder() throws when the folder itself cannot be listed, and on any bug", async () => {
  const files = filesWith("/srv/a");
  await assertRejects(() => scanFolder(files, "/missing"), FileError, "no such file or folder");
  files.before.set("info /srv/a", () => {
    throw new TypeError("a bug");
  });
  await assertRejects(() => scanFolder(files, "/srv"), TypeError, "a bug");
});

Deno.test("scanFolder() looks no deeper than maxDepth", async () => {
  const files = filesWith("/srv/0", "/srv/1/1", "/srv/1/2/2", "/srv/1/2/3/3");
  assertEquals(await names(files, { maxDepth: 0 }), ["0"]);
  assertEquals(await names(files, { maxDepth: 2 }), ["0", "1/1", "1/2/2"]);
  assertEquals(await names(files, { maxDepth: 3 }), ["0", "1/1", "1/2/2", "1/2/3/3"]);
  const { skipped, missed } = await scanFolder(files, "/srv", { maxDepth: 2 });
  assertEquals(skipped, ["1/2/3: nested deeper than 2 folders"]);
  assertEquals(missed, [{ name: "1/2/3", reason: "nested deeper than 2 folders" }]);
});

Deno.test("scanFolder() takes no more than maxFiles, and names only the first few that it passes over", async () => {
  const files = filesWith(...Array.from({ length: 40 }, (_, at) => `/srv/f${at + 10}`));
  const { files: found, skipped } = await scanFolder(files, "/srv", { maxFiles: 3 });
  assertEquals([...found.keys()], ["f10", "f11", "f12"]);
  assertEquals([skipped.length, skipped[0]], [20, "f13: over 3 files"]);
});

Deno.test("scanFolder() passes over what disappears or changes its kind while it is looked at", async () => {
  const files = filesWith("/srv/a", "/srv/b", "/srv/sub/c", "/srv/z", "/secret/key");
  files.before.set("info /srv/a", () => files.removeFolder("/srv/a"));
  files.before.set("info /srv/b", () => files.addLink("/srv/b", "/secret/key"));
  files.before.set("list /srv/sub", () => files.removeFolder("/srv/sub"));
  assertEquals(await names(files), ["z"]);
});

Deno.test("scanFolder() finds nothing through a folder that makes way for a link", async () => {
  for (const moment of ["list /srv/sub", "info /srv/sub/a", "info /srv/sub"]) {
    const files = filesWith("/srv/sub/a", "/srv/sub2/a", "/secret/a", "/secret/key");
    files.before.set(moment, () => {
      files.before.clear();
      files.removeFolder("/srv/sub");
      files.addLink("/srv/sub", "/secret");
    });
    const { files: found, skipped } = await scanFolder(files, "/srv");
    assertEquals([...found.keys()], ["sub2/a"], moment);
    assertEquals(skipped, ["sub: no longer a folder"], moment);
  }
});

Deno.test("openFound() opens the very file that was found", async () => {
  const files = filesWith("/srv/sub/a");
  const file = await openFound(files, "/srv", await findIn(files, "sub/a"));
  const into = new Uint8Array(100);
  const count = await file!.readAt(into, 0);
  assertEquals(new TextDecoder().decode(into.subarray(0, count)), "bytes of /srv/sub/a");
  await file!.close();
});

/** What happens to `/srv/sub/a` after it was found, so that its path leads elsewhere. */
const SWAPS: Record<string, (files: MeddledFiles) => void> = {
  "was written to": (files) => files.overwrite("/srv/sub/a", "other bytes"),
  "was written to with as many bytes": (files) => files.overwrite("/srv/sub/a", "bytes of /srv/sub/b"),
  "was replaced": (files) => files.write("/srv/sub/a", "bytes of /srv/sub/a"),
  "was removed": (files) => files.removeFolder("/srv/sub/a"),
  "became a folder": (files) => {
    files.removeFolder("/srv/sub/a");
    files.addFolder("/srv/sub/a");
  },
  "became a link": (files) => files.addLink("/srv/sub/a", "/secret/a"),
  "became a link to where it went": (files) => {
    files.addLink("/srv/sub/a", "/srv/copy");
    files.write("/srv/copy", "bytes of /srv/sub/a");
  },
  "became a device": (files) => files.addDevice("/srv/sub/a"),
  "is behind a link now": (files) => {
    files.removeFolder("/srv/sub");
    files.addLink("/srv/sub", "/secret");
  },
};

for (const [what, swap] of Object.entries(SWAPS)) {
  Deno.test(`openFound() refuses a file that ${what}`, async () => {
    const files = filesWith("/srv/sub/a", "/secret/a");
    const found = await findIn(files, "sub/a");
    swap(files);
    assertEquals(await openFound(files, "/srv", found), undefined);
    assertEquals(files.openFiles, 0);
    const again = filesWith("/srv/sub/a", "/secret/a");
    const foundAgain = await findIn(again, "sub/a");
    again.before.set("open /srv/sub/a", () => swap(again));
    assertEquals(await openFound(again, "/srv", foundAgain), undefined, "at the last moment");
    assertEquals(again.openFiles, 0);
  });
}

Deno.test("openFound() throws when the file is there and cannot be opened, and leaves nothing open", async () => {
  const files = filesWith("/srv/a");
  const found = await findIn(files, "a");
  for (const code of ["denied", "exhausted", "other"] as const) {
    files.failNext("open", code);
    const error = await assertRejects(() => openFound(files, "/srv", found), FileError);
    assertEquals(error.code, code);
  }
  files.failNext("info", "other");
  await assertRejects(() => openFound(files, "/srv", found), FileError);
  assertEquals(files.openFiles, 0);
});

Deno.test("sameContent() looks at length and time of change, not at the name or the inode", async () => {
  const files = filesWith("/srv/a");
  const info = await files.info("/srv/a");
  assert(sameContent(info, { ...info, version: "another" }));
  assert(!sameContent(info, { ...info, sizeBytes: info.sizeBytes + 1 }));
  assert(!sameContent(info, { ...info, modifiedMs: info.modifiedMs + 0.5 }));
  await files.rename("/srv/a", "/srv/b");
  assert(sameContent(info, await files.info("/srv/b")), "renamed");
  files.overwrite("/srv/b", "bytes of /srv/a");
  assert(!sameContent(info, await files.info("/srv/b")), "written anew");
});
