/**
 * `deno task compile --with bun`, and its programs as a user starts them.
 */

import { assertEquals, assertMatch, assertStringIncludes } from "@std/assert";
import { ROLES } from "../src/cli/roles.ts";
import { VERSION } from "../src/cli/version.ts";
import { parseSums, sumOf } from "../tasks/build/checksums.ts";
import { PROGRAMS } from "../tasks/build/choice.ts";
import { assertConforms } from "./conformance/launched_stage.ts";
import { build, fromPrograms } from "./launchers.ts";
import { testWith, whatIsMissing } from "./missing_programs.ts";
import { verifyUnits } from "./unit_verification.ts";

async function run(folder: string, program: string, ...args: readonly string[]): Promise<[number, string, string]> {
  // Whoever runs the tests is somewhere else.
  const env = { NO_COLOR: "1", INIT_CWD: folder };
  const command = new Deno.Command(program, { args: [...args], cwd: folder, stdin: "null", env });
  const { code, stdout, stderr } = await command.output();
  return [code, new TextDecoder().decode(stdout), new TextDecoder().decode(stderr)];
}

/** Has a role's own program, and the whole, print units of what they are. */
async function assertPrintsUnits(folder: string): Promise<void> {
  const units: Record<string, string> = {};
  for (const program of ["microcdn-content", "microcdn content"]) {
    const [name = "", ...words] = program.split(" ");
    const flags = [...words, "--server-id", "LAB1", "--files", "sub/../files"];
    const [code, unit, errors] = await run(folder, `./${name}`, ...flags, "--print-unit");
    assertEquals([code, errors], [0, ""]);
    const start = [`${folder}/${name}`, ...words, "--server-id=LAB1", `--files=${folder}/files`].join(" ");
    assertStringIncludes(unit, `\nExecStart=${start}\n`);
    assertStringIncludes(unit, `\nBindReadOnlyPaths=${folder}/${name} ${folder}/files\n`);
    units[name] = unit;
  }
  if (await whatIsMissing(["systemd-analyze"]) === undefined) {
    assertEquals(await verifyUnits(units), { code: 0, errors: "" });
  }
}

testWith(["bun"], "compile --with bun: every transcript holds with the four programs that it makes", async () => {
  await using built = await build("compile", "--with", "bun");
  const { folder } = built;
  const sums = parseSums(await Deno.readTextFile(`${folder}/SHA256SUMS`));
  assertEquals([...sums.keys()], PROGRAMS.map(({ name }) => name).sort());
  for (const { name } of PROGRAMS) {
    assertEquals(sums.get(name), await sumOf(`${folder}/${name}`));
    assertEquals(await run(folder, `./${name}`, "--version"), [0, `${name} ${VERSION}\n`, ""]);
  }
  for (const { name, ports } of ROLES) {
    const [, help] = await run(folder, `./${name}`, "--help");
    for (const { flag, port } of ports) assertMatch(help, new RegExp(`^ +--${flag} PORT .*\\[${port}\\]$`, "m"));
  }
  // The folder that a program happens to run in is not its configuration.
  await Deno.writeTextFile(`${folder}/.env`, "MICROCDN_LOG=xml\n");
  const [code, , errors] = await run(folder, "./microcdn-client", "x", "--index-port", "9", "--retry", "0");
  assertEquals(code, 3, errors);
  const [wrong, , line] = await run(folder, "./microcdn-index", "--prot", "1");
  assertEquals([wrong, line], [2, "Unknown flag --prot; did you mean --port? (try microcdn-index --help)\n"]);
  assertMatch((await run(folder, "./microcdn", "index", "--help"))[1], /^Usage:\n {2}microcdn index \[FLAGS\]$/m);
  await assertPrintsUnits(folder);
  await assertConforms({ launch: fromPrograms(folder) });
});
