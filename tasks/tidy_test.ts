import { assertEquals } from "@std/assert";
import { readProject, tidy } from "./tidy.ts";

Deno.test("tidy() runs every check and sorts what they find", () => {
  const problems = tidy([
    { path: "src/b/utils.ts", text: "one \n" },
    { path: "deno.json", text: `{ "lock": false }\n` },
    { path: "ARCHITECTURE.md", text: "See [a](none.md) and `src/none.ts`.\n" },
  ]);
  assertEquals(problems.map(({ path, line }) => [path, line]), [
    ["ARCHITECTURE.md", 1],
    ["ARCHITECTURE.md", 1],
    ["src/b/utils.ts", undefined],
    ["src/b/utils.ts", 1],
  ]);
});

Deno.test("readProject() reads texts, and leaves out what is ignored or no text", async () => {
  const root = await Deno.makeTempDir();
  try {
    await Deno.mkdir(`${root}/src/dist`, { recursive: true });
    await Deno.mkdir(`${root}/.git`);
    await Deno.writeTextFile(`${root}/.gitignore`, "# built\ndist/\n\n/private\n");
    await Deno.writeTextFile(`${root}/src/a.ts`, "a\n");
    await Deno.writeTextFile(`${root}/src/dist/b.ts`, "b\n");
    await Deno.writeTextFile(`${root}/private`, "p\n");
    await Deno.writeTextFile(`${root}/.git/HEAD`, "h\n");
    await Deno.writeFile(`${root}/image`, Uint8Array.of(1, 0, 2));
    assertEquals(await readProject(root), [
      { path: ".gitignore", text: "# built\ndist/\n\n/private\n" },
      { path: "image", text: "" },
      { path: "src/a.ts", text: "a\n" },
    ]);
  } finally {
    await Deno.remove(root, { recursive: true });
  }
});
