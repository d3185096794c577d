import { assertEquals, assertRejects } from "@std/assert";
import { CommandError } from "../../src/cli/failure.ts";
import { nodeFiles } from "../../src/env/node_files.ts";
import { renderSums, sumOf } from "../build/checksums.ts";
import { ownTarget, TARGETS } from "../build/targets.ts";
import { Artefacts } from "./artefacts.ts";

const OTHER = TARGETS.find((target) => target !== ownTarget() && !target.includes("windows"))!;

/** A folder of compiled programs. */
class Dist implements AsyncDisposable {
  readonly folder: string;
  readonly sums = new Map<string, string>();

  private constructor(folder: string) {
    this.folder = folder;
  }

  static async make(...paths: readonly string[]): Promise<Dist> {
    const dist = new Dist(await Deno.makeTempDir({ prefix: "microcdn-dist-" }));
    for (const path of paths) {
      await Deno.mkdir(`${dist.folder}/${path}`.replace(/\/[^/]*$/, ""), { recursive: true });
      await Deno.writeTextFile(`${dist.folder}/${path}`, `program ${path}`);
      dist.sums.set(path, await sumOf(`${dist.folder}/${path}`));
    }
    await dist.sign();
    return dist;
  }

  async sign(): Promise<void> {
    await Deno.writeTextFile(`${this.folder}/SHA256SUMS`, renderSums(this.sums));
  }

  async fails(target: string): Promise<string> {
    const artefacts = new Artefacts(nodeFiles(), this.folder);
    return (await assertRejects(() => artefacts.find({ name: "microcdn-index", target }), CommandError)).message;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await Deno.remove(this.folder, { recursive: true });
  }
}

Deno.test("Artefacts.find() finds a program for this system in either place, and one for another in its own", async () => {
  const own = `${ownTarget()}/microcdn-index`;
  const table: ReadonlyArray<readonly [there: string[], target: string, path: string]> = [
    [["microcdn-index"], ownTarget(), "microcdn-index"],
    [[own], ownTarget(), own],
    [["microcdn-index", own], ownTarget(), "microcdn-index"],
    [["microcdn-index", `${OTHER}/microcdn-index`], OTHER, `${OTHER}/microcdn-index`],
  ];
  for (const [there, target, path] of table) {
    await using dist = await Dist.make(...there);
    const artefacts = new Artefacts(nodeFiles(), dist.folder);
    const found = await artefacts.find({ name: "microcdn-index", target });
    assertEquals(found, { name: "microcdn-index", path: `${dist.folder}/${path}`, sha256: dist.sums.get(path)! });
    assertEquals(await artefacts.find({ name: "microcdn-index", target }), found);
  }
});

Deno.test("Artefacts.find() says how to make what is not there", async () => {
  await using dist = await Dist.make("microcdn-content");
  const where = `Cannot send ${dist.folder}`;
  const make = "it is not there; make it with: deno task compile index";
  assertEquals(await dist.fails(ownTarget()), `${where}/microcdn-index: ${make}`);
  assertEquals(await dist.fails(OTHER), `${where}/${OTHER}/microcdn-index: ${make} --target ${OTHER}`);
});

Deno.test("Artefacts.find() refuses what is not what was made", async () => {
  await using dist = await Dist.make("microcdn-index");
  const line = `Cannot send ${dist.folder}/microcdn-index:`;
  await Deno.writeTextFile(`${dist.folder}/microcdn-index`, "more", { append: true });
  assertEquals(await dist.fails(ownTarget()), `${line} it is not what SHA256SUMS says; compile it again`);
  dist.sums.clear();
  await dist.sign();
  assertEquals(await dist.fails(ownTarget()), `${line} SHA256SUMS does not name it; compile it again`);
});
