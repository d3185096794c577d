import { assert, assertEquals, assertLess, assertMatch, assertNotMatch } from "@std/assert";
import { ROLES } from "../src/cli/roles.ts";
import { CliMachine } from "./cli_machine.ts";
import { lastOf, parseDockerfile, variablesOf, wordsOf } from "./dockerfile.ts";
import { build } from "./launchers.ts";
import { testWith } from "./missing_programs.ts";
import { PortClaims } from "./port_claims.ts";
import { until } from "./until.ts";

const TEXT = await Deno.readTextFile(new URL("../Dockerfile", import.meta.url));
const IGNORED = await Deno.readTextFile(new URL("../.dockerignore", import.meta.url));
const STAGES = parseDockerfile(TEXT);
const IMAGE = STAGES.at(-1)!;
const VARIABLES = variablesOf(IMAGE);
const START = wordsOf(lastOf(IMAGE, "ENTRYPOINT"));
/** Roles that hold data which others could change say how that is prevented, or that it is not. */
const EDGE = ["meta", "origin", "store", "node"].map((role) => ["edge", role, "--insecure"]);
const HEALTH = wordsOf(lastOf(IMAGE, "HEALTHCHECK"));
/** What is copied from outside. */
const COPIED = STAGES.flat().filter(({ name, options }) => name === "COPY" && options.length === 0)
  .flatMap(({ rest }) => rest.split(" ").slice(0, -1));

Deno.test("parseDockerfile() reads stages, options, continued lines, and refuses what is no instruction", () => {
  const text = "# comment\nFROM a AS b\nRUN x && \\\n  y\n\nFROM c\nCOPY --from=b --chmod=444 /d /e\n";
  assertEquals(parseDockerfile(text), [
    [{ name: "FROM", options: [], rest: "a AS b" }, { name: "RUN", options: [], rest: "x && y" }],
    [{ name: "FROM", options: [], rest: "c" }, { name: "COPY", options: ["--from=b", "--chmod=444"], rest: "/d /e" }],
  ]);
});

Deno.test("the Dockerfile names no host but those of its base images, and is not root", () => {
  for (const { name, rest } of STAGES.flat()) {
    if (name !== "FROM") assertNotMatch(rest, /:\/\/|\b(curl|wget|apt|apt-get|npm|npx|deno)\b/);
  }
  assertMatch(lastOf(IMAGE, "USER").rest, /^[1-9]\d*:[1-9]\d*$/);
});

Deno.test("the Dockerfile takes in what is there, and the build sees nothing else", () => {
  assertEquals(COPIED, ["dist/microcdn.mjs", "dist/SHA256SUMS"]);
  const rules = IGNORED.split("\n").filter((line) => line !== "" && !line.startsWith("#"));
  assertEquals(rules, ["*", ...COPIED.map((path) => `!${path}`)]);
  const stages = STAGES.map(([from]) => from!.rest.match(/ AS (\w+)$/)?.[1]);
  for (const { name, options } of IMAGE) {
    if (name !== "COPY") continue;
    const from = options.filter((option) => option.startsWith("--from=")).map((option) =>
      option.slice("--from=".length)
    );
    assertEquals(from.map((stage) => stages.includes(stage)), [true]);
  }
});

Deno.test("the Dockerfile opens the ports that roles listen on", () => {
  const ports = ROLES.flatMap((role) => role.ports).map(({ transport, port }) => `${port}/${transport.toLowerCase()}`);
  assertEquals(lastOf(IMAGE, "EXPOSE").rest.split(" ").sort(), [...new Set(ports)].sort());
});

Deno.test("the Dockerfile's flags are those of every role, and its health check asks where they say", async () => {
  const machine = new CliMachine();
  Object.assign(machine.variables, VARIABLES);
  for (
    const command of [
      wordsOf(lastOf(IMAGE, "CMD")),
      ["index"],
      ["monitor"],
      ["content", "--server-id", "LAB1"],
      ...EDGE,
    ]
  ) {
    // It reads all flags, and starts nothing.
    const { exitCode, output, errors } = await machine.run([...command, "--print-unit"]);
    assertEquals([exitCode, errors], [0, ""]);
    for (const name of ["host", "admin"]) {
      assert(output.includes(` --${name}=${VARIABLES[`MICROCDN_${name.toUpperCase()}`]}`), output);
    }
  }
  assertEquals(HEALTH.slice(0, START.length), START);
  const [order, at, ...flags] = HEALTH.slice(START.length);
  assertEquals([order, at], ["health", VARIABLES["MICROCDN_ADMIN"]]);
  const { exitCode, errors } = await machine.run(["health", at!, ...flags]);
  assertEquals([exitCode, errors], [3, `Cannot tell how ${at} is: connection refused\n`]);
  const limit = lastOf(IMAGE, "HEALTHCHECK").options.find((option) => option.startsWith("--timeout="))!;
  assertLess(Number(flags.at(-1)), Number(limit.match(/=(\d+)s$/)![1]), "it would be killed before it can answer");
});

testWith(["node", "sha256sum"], "the Dockerfile's command lines run a role, and find it healthy", async () => {
  await using built = await build("bundle");
  const folder = `${built.folder}/copied`;
  await Deno.mkdir(folder);
  for (const path of COPIED) {
    await Deno.copyFile(`${built.folder}/${path.replace(/^dist\//, "")}`, `${folder}/${path.replace(/^.*\//, "")}`);
  }
  const sums = STAGES[0]!.find(({ name }) => name === "RUN")!.rest.split(" && ")[0]!;
  assertMatch(sums, /^sha256sum /);
  const check = await new Deno.Command("sh", { args: ["-c", sums], cwd: folder }).output();
  assertEquals([check.code, new TextDecoder().decode(check.stdout)], [0, "microcdn.mjs: OK\n"]);

  const ports = new PortClaims();
  const admin = `127.0.0.1:${ports.port("admin")}`;
  const here = (words: readonly string[]): string[] =>
    words.map((word) =>
      word === START[1] ? `${folder}/microcdn.mjs` : word === VARIABLES["MICROCDN_ADMIN"] ? admin : word
    );
  const env = { ...VARIABLES, MICROCDN_ADMIN: admin, MICROCDN_HOST: "127.0.0.1", MICROCDN_PORT: "0" };
  const run = (words: readonly string[]): Deno.Command =>
    new Deno.Command("node", { args: here(words).slice(1), env, stdin: "null", stdout: "piped", stderr: "null" });
  const role = run([...START, ...wordsOf(lastOf(IMAGE, "CMD"))]).spawn();
  try {
    await until(async () => (await run(HEALTH).output()).code === 0);
    role.kill("SIGTERM");
    assertEquals((await role.status).code, 0);
    assertEquals((await run(HEALTH).output()).code, 3);
  } finally {
    await role.stdout.cancel();
    ports.release();
  }
});
