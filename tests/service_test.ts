import { assertEquals, assertMatch, assertNotEquals, assertStringIncludes } from "@std/assert";
import { ROOT } from "../tasks/cluster/surroundings.ts";
import { CliProcess } from "./cli_process.ts";
import { testWith } from "./missing_programs.ts";
import { PortClaims } from "./port_claims.ts";
import { verifyUnits } from "./unit_verification.ts";

/** Flags with all that a unit could take for something else. */
const ODD_FLAGS = {
  index: ["--monitor-host", "100%n.$HOME", "--drain", "1.5"],
  monitor: ["--advertise", "it's;%d", "-v", "--admin", "[::1]:80"],
  content: ["--server-id", 'CS"1\\%$', "--files", "two words/%h 'x' \"y\" $z \\", "--tcp-port", "80"],
  "edge-meta": ["--catalogue", "sqlite:/srv/a b/%c.sqlite", "--token", "$x"],
  "edge-origin": ["--meta", "a:1", "--meta", "b:2"],
  "edge-store": ["--port", "80"],
  "edge-node": ["--cache", "disk:/home/me/%h", "--name", "a$b", "--lng", "-122.4"],
} as const;

/** The units that each role prints of itself, from source. */
async function printedUnits(flag: string): Promise<Record<string, string>> {
  const units: Record<string, string> = {};
  for (const [role, flags] of Object.entries(ODD_FLAGS)) {
    const permissions = role as keyof typeof ODD_FLAGS;
    const { exitCode, output, errors } = await CliProcess.run(permissions, [...role.split("-"), flag, ...flags]);
    assertEquals([exitCode, errors], [0, ""]);
    units[`microcdn-${role}`] = output;
  }
  return units;
}

for (const flag of ["--print-unit", "--print-user-unit"]) {
  testWith(["systemd-analyze"], `systemd understands what ${flag} prints, of every role`, async () => {
    const units = await printedUnits(flag);
    assertEquals(await verifyUnits(units), { code: 0, errors: "" });
    assertStringIncludes(units["microcdn-content"]!, String.raw`"--files=${ROOT}/two words/%%h 'x' \"y\" $$z \\"`);
    const broken = units["microcdn-index"]!.replace("ExecStart=/", "ExecStart=");
    assertNotEquals((await verifyUnits({ broken })).code, 0);
  });
}

testWith(["node"], "a bundle prints a unit that starts the bundle", async () => {
  const folder = await Deno.makeTempDir({ prefix: "microcdn-units-" });
  try {
    const bundle = `${folder}/microcdn.mjs`;
    const args = ["bundle", "--quiet", "--platform", "deno", "--output", bundle, "src/cli/main.ts"];
    const bundled = await new Deno.Command(Deno.execPath(), { args, cwd: ROOT }).output();
    assertEquals(bundled.code, 0, new TextDecoder().decode(bundled.stderr));
    const command = new Deno.Command("node", {
      args: ["microcdn.mjs", "index", "--print-unit", "--port=80"],
      cwd: folder,
    });
    const { code, stdout, stderr } = await command.output();
    assertEquals([code, new TextDecoder().decode(stderr)], [0, ""]);
    const unit = new TextDecoder().decode(stdout);
    assertMatch(unit, new RegExp(`^ExecStart=/\\S*node ${bundle} index --port=80$`, "m"));
    assertMatch(unit, new RegExp(`^BindReadOnlyPaths=.*${bundle}$`, "m"));
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
});

Deno.test("microcdn health tells of a role that runs, one that is held up, and one that is gone", async () => {
  const ports = new PortClaims();
  const admin = `127.0.0.1:${ports.port("admin")}`;
  await using index = new CliProcess("index", ["index", "--port=0", "--admin", admin]);
  await index.see(/: ready /);
  const healthy = await CliProcess.run("client", ["health", admin]);
  assertEquals(healthy, { exitCode: 0, output: `${admin} healthy\n`, errors: "" });
  index.signal("SIGSTOP");
  const silent = await CliProcess.run("client", ["health", admin, "--timeout", "0.5", "--json"]);
  index.signal("SIGCONT");
  const reason = "no answer within 500 ms";
  assertEquals([silent.exitCode, JSON.parse(silent.output)], [3, { address: admin, status: "unreachable", reason }]);
  index.signal("SIGTERM");
  await index.ended;
  const gone = await CliProcess.run("client", ["health", admin]);
  ports.release();
  const line = `Cannot tell how ${admin} is: connection refused\n`;
  assertEquals(gone, { exitCode: 3, output: "", errors: line });
});
