import { assertEquals } from "@std/assert";
import { CliMachine } from "../../tests/cli_machine.ts";

Deno.test("--token of edge roles and their client refuses what no header can hold, and does not repeat it", async () => {
  const long = "x".repeat(4_097);
  for (const command of [["meta"], ["origin"], ["store"], ["node"], ["rm", "a"], ["sync", "site"]]) {
    for (const token of ["a b", "é", long]) {
      const { exitCode, errors } = await new CliMachine().run(["edge", ...command, "--token", token]);
      const hint = `(try microcdn edge ${command[0]} --help)`;
      assertEquals([exitCode, errors], [2, `--token must be 1 to 4096 visible ASCII characters ${hint}\n`]);
    }
  }
});
