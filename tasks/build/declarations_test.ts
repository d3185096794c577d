import { assertEquals } from "@std/assert";
import { withFolder } from "../../tests/temporary_folder.ts";
import { readDeclarations } from "./declarations.ts";

Deno.test("readDeclarations() takes the library's own, and none of a bundle that lies about", async () => {
  await withFolder(async (folder) => {
    for (const path of ["src/net", "mine/types/src"]) await Deno.mkdir(`${folder}/${path}`, { recursive: true });
    const paths = ["mod.d.ts", "mod.js", "src/net/net.d.ts", "src/net/net.js", "mine/types/mod.d.ts"];
    for (const path of [...paths, "mine/types/src/a.d.ts"]) await Deno.writeTextFile(`${folder}/${path}`, path);
    const found = await readDeclarations(folder);
    assertEquals([...found], [["mod.d.ts", "mod.d.ts"], ["src/net/net.d.ts", "src/net/net.d.ts"]]);
  });
});
