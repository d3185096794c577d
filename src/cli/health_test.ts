import { assertEquals } from "@std/assert";
import { CliMachine } from "../../tests/cli_machine.ts";
import { type Script, startScript } from "../../tests/scripted_server.ts";

const PLACE = "127.0.0.1:15050";
const HEALTHY = 'HTTP/1.1 200 OK\r\n\r\n{"status":"healthy"}\n';
const FAILING = 'HTTP/1.1 503 No\r\n\r\n{"status":"failing","reason":"check: a \\u001b[2J bug"}\n';

interface Ended {
  readonly exitCode: number;
  readonly output: string;
  readonly errors: string;
}

/** Runs `microcdn health` where a role answers so; with no answer nobody listens. */
async function health(answer: string | Script | undefined, ...args: string[]): Promise<Ended> {
  const machine = new CliMachine();
  const script: Script = typeof answer === "function" ? answer : () => answer;
  const server = answer === undefined
    ? undefined
    : await startScript(machine.network.host("127.0.0.1"), { host: "127.0.0.1", port: 15050 }, script);
  const { exitCode, output, errors } = await machine.run(["health", ...args]);
  server?.close();
  return { exitCode, output, errors };
}

Deno.test("health tells in one line and by its exit code how a role is", async () => {
  assertEquals(await health(HEALTHY, PLACE), { exitCode: 0, output: `${PLACE} healthy\n`, errors: "" });
  assertEquals(await health(FAILING, PLACE), {
    exitCode: 1,
    output: `${PLACE} failing: check: a \\u001b[2J bug\n`,
    errors: "",
  });
});

Deno.test("health says why it cannot tell, with exit code 3", async () => {
  const cases: ReadonlyArray<readonly [answer: string | Script | undefined, reason: string]> = [
    [undefined, "connection refused"],
    ["SSH-2.0-x\r\n", "the answer is no HTTP"],
    ["HTTP/1.1 200 OK\r\n\r\n<html>\n", "status 200, and not as a role answers"],
    [() => undefined, "no answer within 5000 ms"],
  ];
  for (const [answer, reason] of cases) {
    const errors = `Cannot tell how ${PLACE} is: ${reason}\n`;
    assertEquals(await health(answer, PLACE), { exitCode: 3, output: "", errors });
    const output = `${JSON.stringify({ address: PLACE, status: "unreachable", reason })}\n`;
    assertEquals(await health(answer, PLACE, "--json"), { exitCode: 3, output, errors: "" });
  }
  const errors = `Cannot tell how ${PLACE} is: no answer within 250 ms\n`;
  assertEquals(await health(() => undefined, PLACE, "--timeout", ".25"), { exitCode: 3, output: "", errors });
});

Deno.test("health answers in JSON when asked to, a line in every case", async () => {
  const healthy = { address: PLACE, status: "healthy" };
  assertEquals((await health(HEALTHY, PLACE, "--json")).output, `${JSON.stringify(healthy)}\n`);
  const { output, exitCode } = await health(FAILING, PLACE, "--json");
  assertEquals([exitCode, JSON.parse(output).status, output.includes("\x1b")], [1, "failing", false]);
});

Deno.test("health refuses what is no address, with exit code 2", async () => {
  const hint = "(try microcdn health --help)\n";
  for (const place of ["15050", "localhost", ":1", "a:0", "a:70000", "http://a:1/", "a b:1"]) {
    const errors = `health needs HOST:PORT, got "${place}" ${hint}`;
    assertEquals(await health(undefined, place), { exitCode: 2, output: "", errors });
  }
  assertEquals((await health(undefined)).errors, `health needs one HOST:PORT ${hint}`);
  assertEquals((await health(undefined, PLACE, "b:1")).errors, `health takes one HOST:PORT, got "b:1" too ${hint}`);
});
