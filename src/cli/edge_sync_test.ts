import { assertEquals } from "@std/assert";
import { CliMachine } from "../../tests/cli_machine.ts";

Deno.test("edge sync says once why all files failed, and how many they are", async () => {
  const machine = new CliMachine();
  for (const name of ["a", "b", "c"]) machine.files.write(`site/${name}`, name);
  machine.variables["INIT_CWD"] = "/";
  const { exitCode, output, errors } = await machine.run(["edge", "sync", "site", "--retry", "0"]);
  assertEquals([exitCode, output], [3, ""]);
  assertEquals(errors.split("\n"), [
    "a: there is no HTTP on this machine",
    "2 more files: the same",
    "3 files: 0 sent, 0 unchanged, 3 failed",
    "",
  ]);
});
