import { assertEquals } from "@std/assert";
import { Console } from "./console.ts";
import { OutputClosedError } from "./io.ts";

Deno.test("Console keeps the status line below the lines", async () => {
  const written: string[] = [];
  const console = new Console(output((text) => void written.push(text)));
  console.line("one");
  console.status("50%");
  console.status("50%");
  console.line("two");
  console.status("");
  console.line("three");
  await console.flush();
  assertEquals(written, ["one\n", "\r\x1b[K50%", "\r\x1b[Ktwo\n50%", "\r\x1b[K", "three\n"]);
});

Deno.test("Console goes on when it cannot write", async () => {
  const console = new Console(output(() => {
    throw new OutputClosedError();
  }));
  console.line("unheard");
  await console.flush();
  console.line("unheard");
  await console.flush();
});

Deno.test("Console leaves lines out for a reader that is too slow, and says how many", async () => {
  const written: string[] = [];
  let goOn: () => void = () => {};
  const slow = new Promise<void>((resolve) => goOn = resolve);
  const console = new Console({
    ...output(() => {}),
    write: async (bytes) => {
      await slow;
      written.push(new TextDecoder().decode(bytes));
    },
  });
  const line = "x".repeat(99);
  for (let count = 0; count < 20_000; count++) console.line(line);
  goOn();
  await console.flush();
  assertEquals(written.length, 10_486);
  console.line("last");
  await console.flush();
  assertEquals(written.at(-1), "(9514 lines left out: they were read too slowly)\nlast\n");
});

function output(take: (text: string) => void): Console["output"] {
  return {
    isTerminal: true,
    columns: 80,
    write: (bytes) => new Promise((resolve) => resolve(take(new TextDecoder().decode(bytes)))),
  };
}
