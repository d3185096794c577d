import { assertEquals } from "@std/assert";
import { seededRandom } from "../../src/base/random.ts";
import { VirtualClock } from "../../src/base/virtual_clock.ts";
import { MemoryNetwork } from "../../src/net/memory.ts";
import type { Net } from "../../src/net/net.ts";
import { startScript } from "../../tests/scripted_server.ts";
import { planCdn } from "./cdn_plan.ts";
import { CdnWatch } from "./cdn_watch.ts";
import { LOOPBACK } from "./plan.ts";

const PLAN = planCdn({ offset: 0, timeoutMs: 8_000, isVerbose: false, contentFolder: "content", dataFolder: "data" });
const LIST = "SERVER CS1 127.0.0.1 7001 2 alive\nSERVER X 127.0.0.1 9001 0 dead\nEND\n";

interface Bench {
  readonly clock: VirtualClock;
  readonly net: Net;
  readonly watch: CdnWatch;
  look(options?: { asksIndex: boolean }): Promise<void>;
}

function openBench(): Bench {
  const clock = new VirtualClock();
  const net = new MemoryNetwork({ clock, random: seededRandom(1) }).host(LOOPBACK);
  const watch = new CdnWatch({ net, clock }, PLAN);
  const look: Bench["look"] = ({ asksIndex } = { asksIndex: false }) =>
    clock.until(watch.look({ ended: new Set(asksIndex ? ["index"] : []), signal: new AbortController().signal }));
  return { clock, net, watch, look };
}

Deno.test("CdnWatch.sighting() says what the monitor lists, and how long ago a heartbeat came in", async () => {
  const { clock, net, watch, look } = openBench();
  const monitor = await startScript(net, { host: LOOPBACK, port: 6001 }, () => LIST);
  assertEquals(watch.sighting("CS1", clock.now()), undefined);
  await look();
  assertEquals(watch.sighting("CS1", clock.now()), { alive: true, note: "load 2", heardSeconds: undefined });
  assertEquals(watch.sighting("CS2", clock.now()), undefined);
  const heard = (event: string, fields: Record<string, unknown>, nowMs: number): void =>
    watch.hear("monitor", { time: "", level: "info", event, fields }, nowMs);
  heard("heartbeats", { from: "CS1,CS2", alive: 2 }, 10_000);
  assertEquals(watch.sighting("CS1", 12_999)?.heardSeconds, 2);
  heard("heartbeat", { id: "CS1" }, 13_000);
  heard("server dead", { id: "CS1" }, 13_900);
  assertEquals(watch.sighting("CS1", 14_000)?.heardSeconds, 1);
  assertEquals(watch.strangers(14_000), [["X", { alive: false, note: "load 0", heardSeconds: undefined }]]);
  monitor.close();
});

Deno.test("CdnWatch.look() forgets what was listed once nobody answers, or not as a monitor would", async () => {
  const answers = ["ERROR UNKNOWN_COMMAND\n", "SERVER CS1\nEND\n", "SERVER CS1 127.0.0.1 7001 2 alive\n", undefined];
  for (const answer of answers) {
    const { clock, net, watch, look } = openBench();
    const at = { host: LOOPBACK, port: 6001 };
    const monitor = await startScript(net, at, () => LIST);
    await look();
    monitor.close();
    const broken = await startScript(net, at, () => answer);
    await look();
    assertEquals(watch.sighting("CS1", clock.now()), undefined, `${answer}`);
    assertEquals(watch.strangers(clock.now()), []);
    broken.close();
    await look();
    assertEquals(watch.sighting("CS1", clock.now()), undefined);
  }
});

Deno.test("CdnWatch.isBack() tells a role that was started again elsewhere from one that is gone", async () => {
  const { net, watch, look } = openBench();
  const record = { time: "", level: "info", event: "heartbeat", fields: { id: "CS1" } };
  // A last heartbeat may still be under way when its sender has ended.
  watch.hear("monitor", record, 10_500);
  assertEquals(watch.isBack("CS1", 10_000), false);
  watch.hear("monitor", record, 15_000);
  assertEquals(watch.isBack("CS1", 10_000), true);

  await look({ asksIndex: true });
  assertEquals([watch.isBack("monitor", 0), watch.isBack("index", 0)], [false, false]);
  const monitor = await startScript(net, { host: LOOPBACK, port: 6001 }, () => "END\n");
  const index = await startScript(net, { host: LOOPBACK, port: 5050 }, () => "WELCOME MICRO-CDN\n");
  await look();
  assertEquals([watch.isBack("monitor", 0), watch.isBack("index", 0)], [true, false]);
  assertEquals(index.lines, []);
  await look({ asksIndex: true });
  assertEquals([watch.isBack("monitor", 0), watch.isBack("index", 0)], [true, true]);
  watch.forget("monitor");
  watch.forget("index");
  assertEquals([watch.isBack("monitor", 0), watch.isBack("index", 0)], [false, false]);
  monitor.close();
  index.close();
});
