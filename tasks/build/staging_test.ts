import { assertEquals, assertRejects } from "@std/assert";
import { FileError } from "../../src/env/files.ts";
import { sumOf } from "./checksums.ts";
import { Staging } from "./staging.ts";
import { withFolder } from "../../tests/temporary_folder.ts";

function names(folder: string): string[] {
  return Array.from(Deno.readDirSync(folder), ({ name }) => name).sort();
}

Deno.test("Staging.publish() replaces what is there in one step, and sums stay of what stays", async () => {
  await withFolder(async (folder) => {
    const out = `${folder}/new/out`;
    for (const [round, text] of ["one", "two"].entries()) {
      await using staging = await Staging.open(out);
      await staging.write("sub/a", text);
      if (round === 0) { for (const name of ["b", "c"]) await staging.write(name, "b"); }
      if (round === 1) {
        assertEquals(await Deno.readTextFile(`${out}/sub/a`), "one");
        await Deno.remove(`${out}/c`);
      }
      const outputs = await staging.publish();
      assertEquals(outputs[0], { path: `${out}/sub/a`, sizeBytes: 3 });
      assertEquals(outputs.at(-1)!.path, `${out}/SHA256SUMS`);
    }
    assertEquals(names(out), ["SHA256SUMS", "b", "sub"]);
    const [a, b] = [await sumOf(`${out}/sub/a`), await sumOf(`${out}/b`)];
    assertEquals(await Deno.readTextFile(`${out}/SHA256SUMS`), `${b}  b\n${a}  sub/a\n`);
  });
});

Deno.test("Staging leaves nothing behind that was not published", async () => {
  await withFolder(async (folder) => {
    {
      await using staging = await Staging.open(folder);
      await staging.write("a", "half");
    }
    assertEquals(names(folder), []);
  });
});

Deno.test("Staging.publish() replaces nothing if a folder is in the way of one output", async () => {
  await withFolder(async (folder) => {
    await Deno.writeTextFile(`${folder}/a`, "old");
    await Deno.mkdir(`${folder}/b`);
    await using staging = await Staging.open(folder);
    await staging.write("a", "new");
    await staging.write("b", "new");
    const error = await assertRejects(() => staging.publish(), FileError);
    assertEquals(error.message, `Cannot replace ${folder}/b: it is not a regular file`);
    assertEquals(await Deno.readTextFile(`${folder}/a`), "old");
  });
});

Deno.test("Staging.open() says in one line where it cannot write", async () => {
  await withFolder(async (folder) => {
    await Deno.writeTextFile(`${folder}/file`, "");
    const under = await assertRejects(() => Staging.open(`${folder}/file/out`), FileError);
    assertEquals(under.message, `Cannot make ${folder}/file/out: no such file or folder`);
    const at = await assertRejects(() => Staging.open(`${folder}/file`), FileError);
    assertEquals(at.message, `Cannot make ${folder}/file: it exists already`);
  });
});
