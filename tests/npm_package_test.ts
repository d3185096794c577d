/**
 * The npm package as its users meet it: packed, installed from the tarball into an empty folder, run and imported.
 */

import { assert, assertEquals, assertMatch } from "@std/assert";
import { pathToFileURL } from "node:url";
import { VERSION } from "../src/cli/version.ts";
import { TaskProcess } from "./cluster_process.ts";
import { build, type Built } from "./launchers.ts";
import { testWith } from "./missing_programs.ts";
import { ProcessCluster } from "./process_cluster.ts";
import { RUNTIMES } from "./real_runtime.ts";
import { withFolder } from "./temporary_folder.ts";

/** Asks nothing of any registry, and keeps out of the user's own cache. */
const NPM = ["--offline", "--no-audit", "--no-fund", "--no-update-notifier", "--loglevel=error"];

interface Finished {
  readonly output: string;
  readonly errors: string;
}

/** Runs a program to its end in a folder, and requires that it succeeds. */
async function run(folder: string, program: string, ...args: readonly string[]): Promise<Finished> {
  const command = new Deno.Command(program, { args: [...args], cwd: folder, stdin: "null", env: { NO_COLOR: "1" } });
  const { success, stdout, stderr } = await command.output();
  const [output, errors] = [stdout, stderr].map((bytes) => new TextDecoder().decode(bytes)) as [string, string];
  assert(success, `${program} ${args.join(" ")}: ${output}${errors}`);
  return { output, errors };
}

/** Packs the package, and installs it into an empty folder. */
async function install(): Promise<Built> {
  await using built = await build("bundle");
  const folder = await Deno.makeTempDir({ prefix: "microcdn-installed-" });
  const cache = ["--cache", `${built.folder}/cache`];
  await run(folder, "npm", "pack", ...NPM, ...cache, built.folder);
  await Deno.writeTextFile(`${folder}/package.json`, `{"private": true, "type": "module"}`);
  await run(folder, "npm", "install", ...NPM, ...cache, `./microcdn-${VERSION}.tgz`);
  return { folder, [Symbol.asyncDispose]: () => Deno.remove(folder, { recursive: true }) };
}

/** The files below a folder, by their paths there. */
async function filesBelow(root: string, folder = ""): Promise<string[]> {
  const paths: string[] = [];
  for await (const { name, isDirectory } of Deno.readDir(`${root}/${folder}`)) {
    if (isDirectory) paths.push(...await filesBelow(root, `${folder}${name}/`));
    else paths.push(`${folder}${name}`);
  }
  return paths;
}

/** The first example of the library's documentation, for a user of the package. */
async function embeddingExample(): Promise<string> {
  const text = await Deno.readTextFile(new URL("../mod.ts", import.meta.url));
  const [, example] = /^ \* ```ts\n([^]*?)^ \* ```$/m.exec(text) ?? [];
  assert(example !== undefined && example.includes("startIndex"));
  const lines = example.split("\n").map((line) => line.replace(/^ \* ?/, "")).filter((line) => line !== "");
  assert(lines.length <= 10, `${lines.length} lines`);
  return lines.join("\n").replace(`"./mod.ts"`, `"microcdn"`);
}

testWith(["npm", "node"], "npm package: what is installed is the program, the library, and nothing else", async () => {
  await using installed = await install();
  const files = Array.from(Deno.readDirSync(`${installed.folder}/node_modules/microcdn`), ({ name }) => name);
  assertEquals(files.sort(), ["LICENSE", "microcdn.mjs", "mod.mjs", "package.json", "types"]);
  const { output } = await run(installed.folder, "npx", "--no", "--", "microcdn", "--version");
  assertEquals(output, `microcdn ${VERSION}\n`);
});

testWith(["npm", ...RUNTIMES], "npm package: its program is a network on node and on bun", async () => {
  await using installed = await install();
  const program = `${installed.folder}/node_modules/.bin/microcdn`;
  for (const words of [[program], ["bun", program]]) {
    await using cluster = await ProcessCluster.create({ launch: (role) => [...words, role] });
    await cluster.put(["CS1"], "a file", new TextEncoder().encode("hello\n"));
    await cluster.startAll(["CS1"]);
    await cluster.eventually("CS1 has it", async () => (await cluster.holders("a file")).length === 1);
    const get = cluster.client("get", "a file", "--out", "-");
    assertEquals(await get.output, "hello\n", get.tail);
  }
});

testWith(
  ["npm"],
  "npm package: the documented example has types, which refer to nothing that is not there",
  async () => {
    await using installed = await install();
    const types = `${installed.folder}/node_modules/microcdn/types`;
    for (const path of await filesBelow(types)) {
      const text = await Deno.readTextFile(`${types}/${path}`);
      for (const [, other = ""] of text.matchAll(/^(?:import|export) .* from "(.+)";$/gm)) {
        const place = new URL(other.replace(/\.js$/, ".d.ts"), pathToFileURL(`${types}/${path}`));
        assert(other.startsWith(".") && (await Deno.stat(place)).isFile, `${path}: ${other}`);
      }
    }
    const wrong =
      `\n// @ts-expect-error -- a port is a number\nawait startIndex(systemEnv(), { listen: { host: "", port: "" } });\n`;
    await Deno.writeTextFile(`${installed.folder}/example.ts`, await embeddingExample() + wrong);
    await run(installed.folder, Deno.execPath(), "check", "--quiet", "example.ts");
  },
);

testWith(["npm", ...RUNTIMES], "npm package: the documented example embeds an index on node and on bun", async () => {
  await using installed = await install();
  await Deno.writeTextFile(`${installed.folder}/example.js`, await embeddingExample());
  for (const runtime of RUNTIMES) {
    const { output, errors } = await run(installed.folder, runtime, "example.js");
    assertMatch(output, /^The index is RUNNING at port \d+\n$/, runtime);
    assertMatch(errors, /ready tcp=127\.0\.0\.1:\d+/, runtime);
  }
});

Deno.test("bundle says in a line what it needs to declare types, and leaves nothing", async () => {
  await withFolder(async (folder) => {
    await using task = new TaskProcess("tasks/bundle.ts", "build", ["--out", folder], { variables: { PATH: folder } });
    const { code } = await task.ended;
    assertEquals([code, task.lines, task.errors], [5, [], [
      "Cannot declare the types of the library: tar is not on the PATH",
    ]]);
    assertEquals([...Deno.readDirSync(folder)], []);
  });
});
