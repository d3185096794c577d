import { assertEquals, assertLess, assertStringIncludes } from "@std/assert";
import { ORDERS, SHIP_FLAGS } from "../tasks/ship/command_words.ts";
import { TaskProcess } from "./cluster_process.ts";
import { withFolder } from "./temporary_folder.ts";

interface Ended {
  readonly code: number;
  readonly lines: readonly string[];
  readonly errors: readonly string[];
}

async function ship(folder: string, words: readonly string[], variables: Record<string, string> = {}): Promise<Ended> {
  await using task = new TaskProcess("tasks/ship.ts", "ship", words, { variables: { INIT_CWD: folder, ...variables } });
  const { code } = await task.ended;
  return { code, lines: task.lines, errors: task.errors };
}

Deno.test("ship explains every order and every flag", async () => {
  const { code, lines } = await ship("/", ["--help"]);
  const help = lines.join("\n");
  assertEquals(code, 0);
  for (const order of ORDERS) assertStringIncludes(help, `\n  ${order} `);
  for (const { name, letter } of Object.values(SHIP_FLAGS)) {
    assertStringIncludes(help, letter === undefined ? `      --${name}` : `  -${letter}, --${name}`);
  }
  assertLess(Math.max(...lines.map((line) => line.length)), 121);
});

const HINT = "(try deno task ship --help)";
const LAB = { machines: [{ host: "127.0.0.1", port: 9, config: "/dev/null", roles: [{ role: "index" }] }] };

Deno.test("ship refuses what makes no sense before it reaches anybody, in one line", async () => {
  await withFolder(async (folder) => {
    const [machine] = LAB.machines;
    await Deno.writeTextFile(`${folder}/lab.json`, JSON.stringify(LAB));
    await Deno.writeTextFile(`${folder}/broken.json`, "{");
    await Deno.writeTextFile(
      `${folder}/odd.json`,
      JSON.stringify({ machines: [{ ...machine, roles: [{ role: "idnex" }] }] }),
    );
    await Deno.writeTextFile(`${folder}/key.json`, JSON.stringify({ machines: [{ ...machine, identity: "key" }] }));
    const cases: ReadonlyArray<readonly [words: string[], code: number, line: string]> = [
      [[], 2, `ship needs an inventory, such as lab.json ${HINT}`],
      [["none.json"], 5, `Cannot open ${folder}/none.json: no such file or folder`],
      [["."], 5, `Cannot open ${folder}/.: it is not a regular file`],
      [["broken.json"], 2, "Cannot use broken.json: it is no JSON: "],
      [
        ["odd.json"],
        2,
        'Cannot use odd.json: machine "127.0.0.1", role 1: unknown role "idnex"; did you mean "index"?',
      ],
      [["key.json"], 2, `Cannot use key.json: machine "127.0.0.1": "identity": Cannot look at ${folder}/key: no such`],
      [["lab.json", "restrat"], 2, `ship cannot "restrat"; did you mean restart? ${HINT}`],
      [["lab.json", "up", "lab1"], 2, "The inventory has no lab1: there are 127.0.0.1"],
      [["lab.json", "up", "-f"], 2, `only logs can be followed ${HINT}`],
      [["lab.json", "--lines", "0"], 2, "--lines must be 1 to 10000, got 0"],
      [["lab.json", "--lnies", "3"], 2, `Unknown flag --lnies; did you mean --lines? ${HINT}`],
    ];
    for (const [words, code, line] of cases) {
      const end = await ship(folder, words);
      assertEquals([end.code, end.lines, end.errors.length], [code, [], 1], end.errors.join("\n"));
      assertEquals(end.errors[0]!.slice(0, line.length), line);
    }
  });
});

Deno.test("ship says that there is no ssh here", async () => {
  await withFolder(async (folder) => {
    await Deno.writeTextFile(`${folder}/lab.json`, JSON.stringify(LAB));
    const { code, lines } = await ship(folder, ["lab.json", "status"], { PATH: folder });
    assertEquals([code, lines], [1, ["127.0.0.1  FAILED: Cannot start ssh: no such file or folder"]]);
  });
});
