/**
 * `deno task compile` with stand-ins for Deno's base binaries: any executable of the right format takes a program in,
 * though only the real one would run it.
 *
 * Needs: `TEST_TOOLS`, a `node_modules` folder with the packages of tasks/build/tools.json, for macOS and Windows.
 */

import { assert, assertEquals, assertMatch } from "@std/assert";
import process from "node:process";
import { packedEntryOf, type Permissions } from "../src/cli/roles.ts";
import { type CompiledProgram, PROGRAMS } from "../tasks/build/choice.ts";
import { parseSums, sumOf } from "../tasks/build/checksums.ts";
import { TARGETS } from "../tasks/build/targets.ts";
import { ROOT } from "../tasks/cluster/surroundings.ts";
import { TaskProcess } from "./cluster_process.ts";
import { type CompiledMetadata, readCompiled } from "./compiled_program.ts";
import { REQUIRE_ALL } from "./missing_programs.ts";
import { importedModules } from "./module_graph.ts";
import { UNSHARE, whyNoMounts } from "./private_mounts.ts";
import { withFolder } from "./temporary_folder.ts";

const TOOLS = process.env.TEST_TOOLS ?? "";

/** What an executable begins with, and which one stands in for the base binary. */
const FORMATS: readonly { readonly system: string; readonly magic: readonly number[]; readonly standIn: string }[] = [
  { system: "linux", magic: [0x7f, 0x45, 0x4c, 0x46], standIn: Deno.execPath() },
  { system: "darwin", magic: [0xcf, 0xfa, 0xed, 0xfe], standIn: `${TOOLS}/@esbuild/darwin-arm64/bin/esbuild` },
  { system: "windows", magic: [0x4d, 0x5a], standIn: `${TOOLS}/@esbuild/win32-x64/esbuild.exe` },
];

interface Compiling {
  readonly code: number;
  readonly output: string;
  readonly errors: string;
}

/** Runs the task to its end. */
async function compile(args: readonly string[], variables: Readonly<Record<string, string>> = {}): Promise<Compiling> {
  await using task = new TaskProcess("tasks/compile.ts", "build", args, { variables });
  const { code } = await task.ended;
  return { code, output: task.lines.join("\n"), errors: task.errors.join("\n") };
}

/** The names in a folder, those below it included. */
async function namesIn(folder: string): Promise<string[]> {
  const names: string[] = [];
  for await (const { name, isDirectory } of Deno.readDir(folder)) {
    if (isDirectory) names.push(...(await namesIn(`${folder}/${name}`)).map((below) => `${name}/${below}`));
    else names.push(name);
  }
  return names.sort();
}

/** What a program may do, as its metadata has to have it. */
function compiledPermissions({ net, read, write, run, env }: Permissions): CompiledMetadata["permissions"] {
  const all = (may: true | undefined): readonly string[] | null => may ? [] : null;
  return {
    allow_net: all(net),
    allow_read: all(read),
    allow_write: all(write),
    allow_run: all(run),
    allow_env: env,
    allow_sys: null,
    allow_ffi: null,
    deny_import: [],
    prompt: false,
  };
}

/** The files that a program has inside. */
async function filesOf(entry: string): Promise<readonly string[]> {
  return (await importedModules(entry)).filter((module) => !/^[a-z]+:/.test(module));
}

async function assertCompiled(path: string, program: CompiledProgram): Promise<void> {
  const { permissions } = program;
  const entry = packedEntryOf(program);
  const bytes = await Deno.readFile(path);
  const { metadata, files } = readCompiled(bytes);
  const wanted = compiledPermissions(permissions);
  const found = Object.fromEntries(Object.keys(wanted).map((name) => [name, metadata.permissions[name]]));
  assertEquals([metadata.entrypoint_key, metadata.argv, found], [entry, [], wanted], path);
  assertEquals(metadata.unstable_config.features, ["net"]);
  assertEquals(files, await filesOf(entry), path);
}

for (const target of TARGETS) {
  const { system, magic, standIn } = FORMATS.find(({ system }) => target.includes(system))!;
  // One is enough of a system whose format another one has already, at a hundred megabytes each.
  const programs = target === "aarch64-unknown-linux-gnu" ? PROGRAMS.slice(0, 1) : PROGRAMS;
  Deno.test(`compile: ${target} gets programs with all that they import, and their permissions alone`, async (t) => {
    const isThere = system === Deno.build.os ||
      (TOOLS !== "" && await Deno.stat(standIn).then(() => true, () => false));
    if (!isThere) {
      const missing = `no stand-in for the base binary at ${standIn}; TEST_TOOLS says where`;
      assert(!REQUIRE_ALL, missing);
      return void await t.step({ name: `SKIPPED: ${missing}`, ignore: true, fn: () => {} });
    }
    await withFolder(async (folder) => {
      const args = [...programs.map(({ name }) => name), "--target", target, "--out", folder];
      const { code, output, errors } = await compile(args, { DENORT_BIN: standIn });
      assertEquals([code, errors], [0, ""]);
      const suffix = system === "windows" ? ".exe" : "";
      const paths = programs.map(({ name }) => `${target}/${name}${suffix}`);
      assertEquals(await namesIn(folder), ["SHA256SUMS", ...paths].sort());
      const sums = parseSums(await Deno.readTextFile(`${folder}/SHA256SUMS`));
      assertEquals([...sums.keys()], [...paths].sort());
      for (const [at, path] of paths.entries()) {
        assertEquals((await Deno.readFile(`${folder}/${path}`)).slice(0, magic.length), Uint8Array.from(magic));
        assertEquals(sums.get(path), await sumOf(`${folder}/${path}`));
        assertMatch(output.split("\n")[at]!, new RegExp(`^${path} +\\d+(\\.\\d)? MiB \\d+\\.\\d s$`));
        await assertCompiled(`${folder}/${path}`, programs[at]!);
      }
    });
  });
}

Deno.test("compile: the help names every role and every system", async () => {
  const { code, output } = await compile(["--help"]);
  assertEquals(code, 0);
  for (const { name } of PROGRAMS) {
    assertMatch(output, new RegExp(`^Roles: .*\\b${name.replace("microcdn-", "")}\\b`, "m"));
  }
  for (const target of TARGETS) assertMatch(output, new RegExp(`\\b${target}\\b`));
});

/** What is in a folder of outputs, and the text of one of them. */
async function stateOf(folder: string, path: string): Promise<readonly [string[], string]> {
  return [await namesIn(folder), await Deno.readTextFile(`${folder}/${path}`)];
}

Deno.test("compile: what fails says why in one line, and leaves what is there as it is", async (t) => {
  await withFolder(async (folder) => {
    await Deno.writeTextFile(`${folder}/microcdn-index`, "an older one");
    await Deno.writeTextFile(`${folder}/SHA256SUMS`, `${"0".repeat(64)}  microcdn-index\n`);
    const before = await stateOf(folder, "microcdn-index");
    const cache = await Deno.makeTempDir({ dir: folder, prefix: "cache-" });
    const cases: readonly [
      name: string,
      args: string[],
      variables: Record<string, string>,
      code: number,
      line: RegExp,
    ][] = [
      [
        "Deno's host is out of reach",
        ["index"],
        // An empty cache, and a proxy that is not there.
        { DENO_DIR: cache, HTTPS_PROXY: "http://127.0.0.1:9" },
        3,
        /^Cannot compile microcdn-index: Deno's base binary for \S+ cannot be downloaded: .+; --with bun does without it$/,
      ],
      [
        "another system's base binary, too, and Bun is no help",
        ["index", "--target", TARGETS.find((target) => target !== Deno.build.target)!],
        { DENO_DIR: cache, HTTPS_PROXY: "http://127.0.0.1:9" },
        3,
        /^Cannot compile microcdn-index: Deno's base binary for \S+ cannot be downloaded: (?!.*--with bun).+$/,
      ],
      [
        "the base binary is none",
        ["index"],
        { DENORT_BIN: `${ROOT}/LICENSE` },
        5,
        /^Cannot compile microcdn-index: .+$/,
      ],
      [
        "no Bun, no npx",
        ["index", "--with", "bun"],
        { PATH: cache },
        3,
        /^Cannot compile with Bun: neither bun nor npx is/,
      ],
    ];
    for (const [name, args, variables, code, line] of cases) {
      await t.step(name, async () => {
        const end = await compile([...args, "--out", folder], variables);
        assertEquals([end.code, end.output], [code, ""], end.errors);
        assertMatch(end.errors, line);
        assertEquals(end.errors.split("\n").length, 1, end.errors);
        await Deno.remove(cache, { recursive: true });
        await Deno.mkdir(cache);
        const names = (await namesIn(folder)).filter((name) => !name.startsWith("cache-"));
        assertEquals([names, await Deno.readTextFile(`${folder}/microcdn-index`)], [...before]);
      });
    }
  });
});

Deno.test("compile: one that is stopped in the middle leaves what is there as it is", async () => {
  await withFolder(async (folder) => {
    await Deno.writeTextFile(`${folder}/microcdn-index`, "an older one");
    const variables = { DENORT_BIN: Deno.execPath() };
    await using task = new TaskProcess("tasks/compile.ts", "build", ["--out", folder], { variables });
    await task.see(/^microcdn-index /);
    task.signal("SIGINT");
    assertEquals((await task.ended).code, 130, task.errors.join("\n"));
    assertEquals(await stateOf(folder, "microcdn-index"), [["microcdn-index"], "an older one"]);
  });
});

Deno.test("compile: a disk that gets full is one line, and keeps what was there", async (t) => {
  const missing = await whyNoMounts();
  if (missing !== undefined) {
    return void await t.step({ name: `SKIPPED: ${missing}`, ignore: true, fn: () => {} });
  }
  await withFolder(async (folder) => {
    const task = [
      Deno.execPath(),
      "run",
      "-q",
      "--no-prompt",
      "-P=build",
      "tasks/compile.ts",
      "index",
      "--out",
      folder,
    ];
    const mount = `mount -t tmpfs -o size=20m tmpfs ${folder} && echo old > ${folder}/microcdn-index`;
    const script = `${mount} && "$0" "$@"; code=$?; cat ${folder}/microcdn-index; ls -A ${folder}; exit $code`;
    const { code, stdout, stderr } = await new Deno.Command("unshare", {
      args: [UNSHARE, "sh", "-c", script, ...task],
      cwd: ROOT,
      env: { DENORT_BIN: Deno.execPath(), NO_COLOR: "1" },
    }).output();
    const [output, errors] = [stdout, stderr].map((bytes) => new TextDecoder().decode(bytes));
    assertEquals([code, output, errors], [
      5,
      "old\nmicrocdn-index\n",
      "Cannot compile microcdn-index: no space left on device\n",
    ]);
  });
});
