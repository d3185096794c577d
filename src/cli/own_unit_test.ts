import { assertEquals, assertStringIncludes } from "@std/assert";
import { CliMachine } from "../../tests/cli_machine.ts";
import { CONTENT_COMMAND, INDEX_COMMAND } from "./cdn_roles.ts";
import { splitArgs } from "./flags.ts";
import type { FlagSource } from "./flags.ts";
import type { Executable } from "./own_command.ts";
import { renderOwnUnit } from "./own_unit.ts";
import { programOf, WHOLE } from "./program.ts";
import { CONTENT } from "./roles.ts";

const SOURCE: Executable = { runtime: "deno", path: "/bin/deno", options: [], script: "/home/me/cdn/src/cli/main.ts" };
const BUNDLE: Executable = { runtime: "node", path: "/bin/node", options: ["--x"], script: "dist/microcdn.mjs" };
const COMPILED: Executable = { runtime: "bun", path: "/opt/microcdn-content", options: [], script: undefined };
const NOTHING: FlagSource = { label: () => "", get: () => undefined };

interface Case {
  readonly executable?: Executable;
  readonly args?: readonly string[];
  readonly variables?: FlagSource;
  readonly isAlone?: boolean;
  readonly user?: string;
}

/** The settings of the unit of a content server. */
function unitOf(
  { executable = COMPILED, args = [], variables = NOTHING, isAlone = false, user }: Case,
): Map<string, string> {
  const unit = renderOwnUnit(CONTENT_COMMAND, {
    manager: "system",
    sources: [splitArgs(args, CONTENT_COMMAND.flags), variables],
    program: isAlone ? programOf(CONTENT) : WHOLE,
    io: { executable: () => executable, folder: () => "/here" },
    host: { variable: (name) => name === "INIT_CWD" ? user : undefined },
  });
  return new Map(
    unit.split("\n").flatMap((line) => {
      const [, name, value] = line.match(/^(\w+)=(.*)$/) ?? [];
      return name === undefined ? [] : [[name, value!] as const];
    }),
  );
}

const MAY = '"--allow-env=INIT_CWD,NO_COLOR,MICROCDN_*" --deny-import';

Deno.test("renderOwnUnit() starts a role as it was started", () => {
  const deno = `/bin/deno run --quiet --no-prompt --unstable-net --allow-net --allow-read ${MAY}`;
  const starts: ReadonlyArray<readonly [Case, string]> = [
    [{ executable: SOURCE }, `${deno} /home/me/cdn/src/cli/main.ts content --files=/here/content/cs1`],
    [{ executable: BUNDLE }, "/bin/node --x /here/dist/microcdn.mjs content --files=/here/content/cs1"],
    [{ executable: COMPILED }, "/opt/microcdn-content content --files=/here/content/cs1"],
    [{ executable: COMPILED, isAlone: true }, "/opt/microcdn-content --files=/here/content/cs1"],
  ];
  for (const [one, start] of starts) assertEquals(unitOf(one).get("ExecStart"), start);
  const workers = unitOf({ executable: SOURCE, args: ["--workers", "2"] }).get("ExecStart")!;
  assertStringIncludes(workers, "--allow-read --allow-run ");
});

Deno.test("renderOwnUnit() takes exactly the flags given, with full paths, and those of variables", () => {
  const values: Readonly<Record<string, string>> = { "log": "json", "tcp-port": "1", "config": "my.json" };
  const variables: FlagSource = { label: ({ name }) => name, get: ({ name }) => values[name] };
  const args = [
    "--print-unit",
    "--tcp-port",
    "7101",
    "--server-id=A_B",
    "-v",
    "--files",
    "two words",
  ];
  const unit = unitOf({ args, variables, user: "/home/me" });
  assertEquals(
    unit.get("ExecStart"),
    '/opt/microcdn-content content --server-id=A_B "--files=/home/me/two words" --tcp-port=7101 ' +
      "--config=/home/me/my.json --log=json --verbose=true",
  );
  assertEquals(unit.get("BindReadOnlyPaths"), '"/home/me/two words" /home/me/my.json');
  assertEquals(unit.get("Description"), "Micro-CDN content A_B");
});

Deno.test("renderOwnUnit() writes every path as systemd wants it, without dots", () => {
  const unit = unitOf({ args: ["--files", "../me/./files", "--config=.././a.json"], user: "/home/you" });
  assertStringIncludes(unit.get("ExecStart")!, "--files=/home/me/files --config=/home/a.json");
  assertEquals(unit.get("BindReadOnlyPaths"), "/home/me/files /home/a.json");
});

Deno.test("renderOwnUnit() lets a role that reads nothing else read its configuration", () => {
  const unit = renderOwnUnit(INDEX_COMMAND, {
    manager: "system",
    sources: [splitArgs(["--config=a.json"], INDEX_COMMAND.flags), NOTHING],
    program: WHOLE,
    io: { executable: () => SOURCE, folder: () => "/here" },
    host: { variable: () => undefined },
  });
  assertStringIncludes(unit, " --deny-import --allow-read=/here/a.json /home/me/cdn/src/cli/main.ts index ");
});

Deno.test("renderOwnUnit() shows a role its own sources, and a place for what Deno makes of them", () => {
  const unit = unitOf({ executable: SOURCE, args: ["--admin", "127.0.0.1:90"] });
  assertEquals(unit.get("BindReadOnlyPaths"), "/home/me/cdn");
  assertEquals(unit.get("ReadOnlyPaths"), "/here/content/cs1");
  assertEquals(unit.get("CacheDirectory"), "microcdn-content-CS1");
  assertEquals(unit.get("CapabilityBoundingSet"), "CAP_NET_BIND_SERVICE");
  assertEquals(unitOf({ executable: BUNDLE }).get("ReadOnlyPaths"), "/here/dist/microcdn.mjs /here/content/cs1");
});

Deno.test("--print-unit prints a unit, starts nothing, and refuses flags as the role itself does", async () => {
  const machine = new CliMachine();
  for (const role of ["index", "monitor", "content"]) {
    const { exitCode, output, errors } = await machine.run([role, "--print-unit"]);
    assertEquals([exitCode, errors], [0, ""]);
    assertStringIncludes(output, `# Save it as /etc/systemd/system/microcdn-${role}`);
    const user = await machine.run([role, "--print-user-unit"]);
    assertStringIncludes(user.output, "\nWantedBy=default.target\n");
  }
  const bad: ReadonlyArray<readonly [args: string[], line: string]> = [
    [["index", "--print-unit", "--port", "x"], '--port must be 1 to 65535, got "x" (try microcdn index --help)\n'],
    [["content", "--print-unit", "--server-id", "a/b"], "--files is needed: no folder follows from the id a/b"],
    [["content", "--print-unit", "--files", "a\nb"], "Cannot write a path with a control character in a unit"],
    [["ls", "--print-unit"], "Unknown flag --print-unit (try microcdn ls --help)\n"],
  ];
  for (const [args, line] of bad) {
    const { exitCode, output, errors } = await machine.run(args);
    assertEquals([exitCode, output, errors.slice(0, line.length)], [2, "", line]);
  }
  assertEquals(machine.network.usage("127.0.0.1").listeners, 0);
});

/** The settings of the unit that an edge role prints of itself. */
async function edgeUnit(
  args: readonly string[],
  variables: Readonly<Record<string, string>> = {},
): Promise<Map<string, string>> {
  const machine = new CliMachine();
  Object.assign(machine.variables, variables);
  const { exitCode, output, errors } = await machine.run(["edge", ...args, "--print-unit"]);
  assertEquals([exitCode, errors], [0, ""], args.join(" "));
  const pairs = output.split("\n").flatMap((line) => {
    const [, name, value] = line.match(/^(\w+)=(.*)$/) ?? [];
    return name === undefined ? [] : [[name, value!] as const];
  });
  return new Map(pairs);
}

Deno.test("renderOwnUnit() of an edge role gives it a folder of its own unless it is told where its data goes", async () => {
  const store = await edgeUnit(["store"]);
  assertEquals(store.get("StateDirectory"), "microcdn-edge-store");
  assertEquals(store.get("Description"), "Micro-CDN edge store");
  assertStringIncludes(store.get("ExecStart")!, " edge store --objects=file:.microcdn/edge/objects");
  const node = await edgeUnit(["node", "--port", "4100", "--lng", "-74"]);
  assertEquals(node.get("StateDirectory"), "microcdn-edge-node-4100");
  assertStringIncludes(node.get("ExecStart")!, " --lng=-74 --cache=disk:.microcdn/edge/cache-4100");

  const named = await edgeUnit(["store", "--objects", "file:/srv/objects"]);
  assertEquals([named.get("StateDirectory"), named.get("ReadWritePaths")], [undefined, "/srv/objects"]);
  const meta = await edgeUnit(["meta", "--catalogue", "sqlite:/srv/cdn/a.sqlite"]);
  assertEquals(meta.get("ReadWritePaths"), "/srv/cdn");
  for (const none of [await edgeUnit(["meta"]), await edgeUnit(["origin"])]) {
    assertEquals([none.get("StateDirectory"), none.get("ReadWritePaths")], [undefined, undefined]);
  }
});

Deno.test("renderOwnUnit() of an edge role leaves secrets to a file that not everybody may read", async () => {
  const url = "postgres://cdn:hunter2@db.lab/cdn";
  const cases: ReadonlyArray<readonly [string[], Record<string, string>]> = [
    [["meta", "--catalogue", url, "--token", "hunter2"], {}],
    [["meta"], { DATABASE_URL: url, MICROCDN_TOKEN: "hunter2" }],
    [["node", "--cache", "redis://:hunter2@r.lab"], {}],
    [["store"], { MINIO_ENDPOINT: "m:9000", MINIO_ACCESS_KEY: "k", MINIO_SECRET_KEY: "hunter2" }],
  ];
  for (const [args, variables] of cases) {
    const unit = await edgeUnit(args, variables);
    assertEquals([...unit.values()].join("\n").includes("hunter2"), false, args.join(" "));
    assertEquals(unit.get("EnvironmentFile")?.startsWith("%E/microcdn-edge-"), true);
  }
  assertStringIncludes(
    (await edgeUnit(["origin"], { META_SERVER_URL: "http://m:1" })).get("ExecStart")!,
    "--meta=http://m:1",
  );
});
