import { assert, assertEquals, assertStringIncludes } from "@std/assert";
import project from "../../deno.json" with { type: "json" };
import { callWords, type Command } from "./command.ts";
import { FAMILIES, programOf, WHOLE } from "./program.ts";
import { type Permissions, type RoleProgram, ROLES, shortNameOf, WHOLE_PROGRAM } from "./roles.ts";

const README = await Deno.readTextFile(new URL("../../README.md", import.meta.url));

/** The commands that a role's program takes. */
function commandsOf(role: RoleProgram): Command[] {
  return programOf(role).families.flatMap((family) => {
    const names = family.synonyms[role.role]?.commands ?? [role.role];
    return family.commands.filter(({ name }) => names.includes(name));
  });
}

/** What a role may do, in the words of the README. */
function renderPermissions({ net, read, write, run }: Permissions): string {
  return Object.entries({ net, read, write, run }).filter(([, may]) => may).map(([name]) => name).join(", ");
}

/** A path below the project's folder. */
function at(path: string): URL {
  return new URL(`../../${path}`, import.meta.url);
}

/** The files of a folder, none if it is not there yet. */
function namesIn(folder: string): string[] {
  try {
    return Array.from(Deno.readDirSync(at(folder)), ({ name }) => name).sort();
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) return [];
    throw error;
  }
}

/** The cells of the README's table of roles, by command. */
function readmeRows(): Map<string, readonly string[]> {
  const rows = README.split("\n").filter((line) => line.startsWith("| `deno task microcdn "));
  return new Map(rows.map((row) => {
    const [, first = "", ...cells] = row.split("|").map((cell) => cell.trim());
    return [first.replace(/^`deno task microcdn ((?:edge )?[\w-]+).*$/, "$1"), cells.slice(0, -1)];
  }));
}

Deno.test("ROLES has every command of every family, each once", () => {
  const all = FAMILIES.flatMap(({ name, commands }) => commands.map((command) => `${name} ${command.name}`));
  const named = ROLES.flatMap((role) => commandsOf(role).map(({ name }) => `${role.family} ${name}`));
  assertEquals(named.sort(), all.sort());
  for (const role of ROLES) {
    for (const { kind } of commandsOf(role)) assertEquals(kind, role.kind, role.name);
  }
});

Deno.test("ROLES has the permissions that deno.json gives to the same roles, and so has the whole program", () => {
  const sets: Readonly<Record<string, unknown>> = project.permissions;
  for (const program of [...ROLES, WHOLE_PROGRAM]) {
    assertEquals(program.permissions, sets[shortNameOf(program)], program.name);
  }
  for (const { permissions } of ROLES) {
    for (const name of Object.keys(permissions)) assert(name in WHOLE_PROGRAM.permissions, name);
  }
});

Deno.test("ROLES has the ports that the flags have by default", () => {
  for (const role of ROLES) {
    const flags = commandsOf(role).flatMap((command) => Object.values(command.flags));
    for (const { flag, port } of role.ports) {
      assertEquals(flags.find(({ name }) => name === flag)?.initial, port, `${role.name} --${flag}`);
    }
  }
});

Deno.test("ROLES names a module of its own for each program", async () => {
  for (const { entry } of [...ROLES, WHOLE_PROGRAM]) {
    assert((await Deno.stat(at(entry))).isFile, entry);
  }
  const entries = ROLES.map(({ entry }) => entry.replace(/^src\/cli\/programs\//, "")).sort();
  assertEquals(entries, namesIn("src/cli/programs"));
});

Deno.test("what is packed has all that the whole program loads late, and what a role loads", async () => {
  const whole = await Deno.readTextFile(at(WHOLE_PROGRAM.packed!));
  const library = await Deno.readTextFile(at("tasks/build/library.ts"));
  const packed = [...ROLES, WHOLE_PROGRAM].filter((program) => program.packed !== undefined);
  const programs = packed.map((program) => program.packed!.replace("src/cli/packed/", ""));
  for (const name of namesIn("src/cli/packed").filter((name) => !programs.includes(name))) {
    assertStringIncludes(whole, `import "./${name}";\n`);
    assertStringIncludes(library, `import "../../src/cli/packed/${name}";\n`);
  }
  for (const program of packed) {
    const [last] = (await Deno.readTextFile(at(program.packed!))).match(/^import ".*";$/gm)?.slice(-1) ?? [];
    assertEquals(last, `import "${program.entry.replace("src/cli/", "../")}";`, program.name);
  }
});

Deno.test("the README's table says of every command what ROLES says", () => {
  const rows = readmeRows();
  const told = ROLES.flatMap((role) => {
    const ports = role.ports.map(({ transport, port }) => `${transport} ${port}`).join(", ");
    const may = renderPermissions(role.permissions);
    return commandsOf(role).map((command) => [callWords(command, WHOLE).join(" "), ports, may] as const);
  });
  assertEquals([...rows.keys()].sort(), told.map(([name]) => name).sort());
  for (const [name, ports, may] of told) assertEquals(rows.get(name)?.slice(1), [ports, may], name);
});
