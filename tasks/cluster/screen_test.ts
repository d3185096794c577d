import { assertEquals, assertStringIncludes } from "@std/assert";
import { VirtualClock } from "../../src/base/virtual_clock.ts";
import type { Output } from "../../src/cli/io.ts";
import { Screen } from "./screen.ts";

/** Stands still: what is written is not waited for. */
const CLOCK = new VirtualClock();

/** An output that keeps each write, and whose width and willingness a test changes. */
class Terminal implements Output {
  readonly written: string[] = [];
  isTerminal = true;
  columns = 80;
  write: (bytes: Uint8Array) => Promise<void> = (bytes) => {
    this.written.push(new TextDecoder().decode(bytes));
    return Promise.resolve();
  };
}

Deno.test("Screen.line() writes lines in order, those of one moment in one go", async () => {
  const terminal = new Terminal();
  const screen = new Screen(terminal);
  screen.line("one");
  screen.line("two");
  await screen.finish(CLOCK);
  screen.line("three");
  await screen.finish(CLOCK);
  assertEquals(terminal.written, ["one\ntwo\n", "three\n"]);
});

Deno.test("Screen.status() stays below the lines until the end", async () => {
  const terminal = new Terminal();
  const screen = new Screen(terminal);
  screen.status({ text: "all well", columns: 8 });
  await settled();
  screen.line("one");
  await settled();
  screen.status({ text: "all well", columns: 8 });
  await settled();
  await screen.finish(CLOCK);
  assertEquals(terminal.written, ["all well", "\r\x1b[Jone\nall well", "\r\x1b[J"]);
});

Deno.test("Screen.status() is wiped whole after the terminal became narrower", async () => {
  const terminal = new Terminal();
  const screen = new Screen(terminal);
  screen.status({ text: "x".repeat(70), columns: 70 });
  await settled();
  terminal.columns = 30;
  screen.status({ text: "short", columns: 5 });
  await screen.finish(CLOCK);
  assertEquals(terminal.written, ["x".repeat(70), "\x1b[2A\r\x1b[J", ""].filter((text) => text !== ""));
});

Deno.test("Screen.status() writes nothing on what is no terminal", async () => {
  const terminal = new Terminal();
  terminal.isTerminal = false;
  const screen = new Screen(terminal);
  screen.status({ text: "all well", columns: 8 });
  screen.line("one");
  await screen.finish(CLOCK);
  assertEquals(terminal.written, ["one\n"]);
  assertEquals(screen.hasStatus, false);
});

Deno.test("Screen.lost resolves when nobody reads any more; lines are then dropped", async () => {
  const terminal = new Terminal();
  terminal.write = () => Promise.reject(new Error("closed"));
  const screen = new Screen(terminal);
  screen.line("one");
  await screen.lost;
  screen.line("two");
  await screen.finish(CLOCK);
});

Deno.test("Screen.line() keeps a bounded number of lines for an output that does not take them, and says so", async () => {
  const terminal = new Terminal();
  const { write } = terminal;
  let release = (): void => {};
  terminal.write = async (bytes) => {
    await new Promise<void>((resolve) => release = resolve);
    terminal.write = write;
    await write(bytes);
  };
  const screen = new Screen(terminal);
  screen.line("first");
  await settled();
  for (let at = 1; at <= 10_000; at++) screen.line(`line ${at}`);
  release();
  await screen.finish(CLOCK);
  const [first, rest = ""] = terminal.written;
  assertEquals(first, "first\n");
  assertStringIncludes(rest, "lines left out");
  const lines = rest.split("\n");
  assertEquals(lines.at(-2), "line 10000");
  assertEquals(lines.length <= 2_002, true);
});

Deno.test("Screen.finish() does not wait for ever for an output that does not take what is written", async () => {
  const terminal = new Terminal();
  terminal.write = () => new Promise(() => {});
  const screen = new Screen(terminal);
  const clock = new VirtualClock();
  screen.line("unread");
  const finished = screen.finish(clock, 3_000);
  await clock.advance(2_999);
  assertEquals(clock.pending, 1);
  await clock.until(finished);
  assertEquals(clock.now(), 3_000);
});

/** Lets the screen write what it has. */
function settled(): Promise<void> {
  return new Promise((resolve) => setImmediate(resolve));
}
