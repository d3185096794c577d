import { assert, assertEquals } from "@std/assert";
import { VirtualClock } from "../base/virtual_clock.ts";
import { Console } from "./console.ts";
import { ProgressLine } from "./progress_line.ts";

function terminal(): { console: Console; written: string[] } {
  const written: string[] = [];
  const write = (bytes: Uint8Array): Promise<void> => {
    written.push(new TextDecoder().decode(bytes));
    return Promise.resolve();
  };
  return { console: new Console({ isTerminal: true, columns: 80, write }), written };
}

Deno.test("ProgressLine.show() redraws at most ten times a second, and shows the latest", async () => {
  const clock = new VirtualClock();
  const { console, written } = terminal();
  const line = new ProgressLine(console, clock);
  for (let ms = 0; ms < 1_000; ms++) {
    line.show({ name: "a", doneBytes: ms, totalBytes: 1_000 });
    await clock.advance(1);
  }
  await console.flush();
  assert(written.length >= 9 && written.length <= 11, String(written.length));
  await clock.advance(100);
  assert(written.at(-1)!.includes("999 B of"), written.at(-1));
  line.close();
  await console.flush();
  assertEquals(written.at(-1), "\r\x1b[K");
  assertEquals(clock.pending, 0);
});

Deno.test("ProgressLine shows a stall while nothing arrives", async () => {
  const clock = new VirtualClock();
  const { console, written } = terminal();
  const line = new ProgressLine(console, clock);
  line.show({ name: "a", doneBytes: 0, totalBytes: 10_000 });
  await clock.advance(1_000);
  line.show({ name: "a", doneBytes: 1_000, totalBytes: 10_000 });
  await clock.advance(8_000);
  assert(written.at(-1)!.includes("0 B/s  -:-- left"), written.at(-1));
  line.close();
  assertEquals(clock.pending, 0);
});

Deno.test("ProgressLine.note() says what is waited for until there is progress", async () => {
  const clock = new VirtualClock();
  const { console, written } = terminal();
  const line = new ProgressLine(console, clock);
  line.note("a\x1b", "asking\nthe index".padEnd(100, "."));
  line.show({ name: "a", doneBytes: 1, totalBytes: 2 });
  line.note("a", "trying again");
  await clock.advance(5_000);
  line.show({ name: "a", doneBytes: 2, totalBytes: 2 });
  line.close();
  await console.flush();
  const shown = written.map((text) => text.replace("\r\x1b[K", "").slice(0, 13));
  assertEquals(shown, ["a\\u001b  aski", "a  [#########", "a  trying aga", "a  [#########", ""]);
  assertEquals(clock.pending, 0);
});

Deno.test("ProgressLine.giveWay() takes it away for a second", async () => {
  const clock = new VirtualClock();
  const { console, written } = terminal();
  const line = new ProgressLine(console, clock);
  line.show({ name: "a", doneBytes: 1, totalBytes: 9 });
  line.show({ name: "a", doneBytes: 2, totalBytes: 9 });
  await line.giveWay();
  assertEquals(written.slice(1), ["\r\x1b[K"]);
  line.show({ name: "a", doneBytes: 3, totalBytes: 9 });
  await clock.advance(999);
  assertEquals(written.length, 2);
  await clock.advance(1);
  assert(written[2]!.includes("3 B of"), written[2]);
  line.close();
  assertEquals(clock.pending, 0);
});
