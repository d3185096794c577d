import { assert, assertEquals, assertRejects, assertThrows } from "@std/assert";
import { parseUsage, TELLS_USAGE, usageOf } from "./process_usage.ts";

const STAT = "S 1 2 3 0 -1 4194304 145 0 1 0 25 5 0 0 20 0 1 0 12 29 44";

Deno.test("parseUsage() adds up a process and its children, without those that have ended", () => {
  const child = `VmHWM:\t    2000 kB\nVmRSS:\t    1000 kB\n5\n${STAT}\n.\n`;
  const parent = `VmHWM:\t      30 kB\nVmRSS:\t      20 kB\n7\n${STAT}\n.\n`;
  assertEquals(parseUsage(`${child}.\n${parent}`), {
    rssBytes: 1_020 * 1_024,
    peakBytes: 2_030 * 1_024,
    cpuSeconds: 0.6,
    handles: 12,
  });
  for (const text of ["", ".\n", ".\n.\n"]) assertThrows(() => parseUsage(text), Error, "it has ended");
});

Deno.test({
  name: "usageOf() looks at real processes",
  ignore: !TELLS_USAGE,
  async fn(): Promise<void> {
    const [alone, { rssBytes, peakBytes, handles }] = await Promise.all([usageOf(Deno.pid), usageOf(Deno.pid)]);
    assert(alone.rssBytes > 1_000_000 && rssBytes <= peakBytes && handles > 0);
    // No process has such an id.
    await assertRejects(() => usageOf(2 ** 30), Error, "it has ended");
  },
});
