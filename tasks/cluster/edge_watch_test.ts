import { assertEquals } from "@std/assert";
import { seededRandom } from "../../src/base/random.ts";
import { VirtualClock } from "../../src/base/virtual_clock.ts";
import { MemoryNetwork } from "../../src/net/memory.ts";
import { startScript } from "../../tests/scripted_server.ts";
import { planEdge } from "./edge_plan.ts";
import { EdgeWatch, type Fetch } from "./edge_watch.ts";
import { LOOPBACK } from "./plan.ts";

const PLAN = planEdge({ offset: 0, timeoutMs: 8_000, isVerbose: false, contentFolder: "content", dataFolder: "data" });
const NODES = JSON.stringify({
  nodes: [
    { id: 1, address: "127.0.0.1:4000", alive: true },
    { id: 2, address: "127.0.0.1:4100", alive: false },
    { id: 3, address: "10.0.0.1:4000", alive: true },
  ],
});
const { signal } = new AbortController();

function openBench(
  answer: () => string,
): { watch: EdgeWatch; clock: VirtualClock; net: MemoryNetwork; asked: string[] } {
  const clock = new VirtualClock();
  const net = new MemoryNetwork({ clock, random: seededRandom(1) });
  const asked: string[] = [];
  const ask: Fetch = (url) => {
    asked.push(url);
    try {
      return Promise.resolve(new Response(answer()));
    } catch (error) {
      return Promise.reject(error);
    }
  };
  return { watch: new EdgeWatch({ net: net.host(LOOPBACK), clock }, PLAN, ask), clock, net, asked };
}

Deno.test("EdgeWatch.sighting() says what the meta server lists", async () => {
  const { watch, asked } = openBench(() => NODES);
  assertEquals(watch.sighting("SF"), undefined);
  await watch.look({ ended: new Set(), signal });
  assertEquals(asked, ["http://127.0.0.1:18002/state"]);
  assertEquals(["SF", "NY", "store"].map((label) => watch.sighting(label)?.alive), [true, false, undefined]);
  assertEquals(watch.strangers(), [["10.0.0.1:4000", { alive: true }]]);
  watch.forget("meta");
  assertEquals(watch.sighting("SF"), undefined);
  assertEquals(watch.strangers(), []);
});

Deno.test("EdgeWatch.look() forgets what was listed once nobody answers, or not as a meta server would", async () => {
  const answers: ReadonlyArray<() => string> = [() => "{", () => "{}", () => "[]", () => "null", () => {
    throw new TypeError("connection refused");
  }];
  for (const broken of answers) {
    let answer = (): string => NODES;
    const { watch } = openBench(() => answer());
    await watch.look({ ended: new Set(), signal });
    assertEquals(watch.sighting("SF")?.alive, true);
    answer = broken;
    await watch.look({ ended: new Set(), signal });
    assertEquals([watch.sighting("SF"), watch.strangers()], [undefined, []]);
  }
});

Deno.test("EdgeWatch.isBack() tells a role that was started again elsewhere from one that is gone", async () => {
  const { watch, clock, net } = openBench(() => NODES);
  const healthy = 'HTTP/1.1 200 OK\r\nContent-Type: application/json\r\n\r\n{"status":"healthy"}';
  const at = { host: LOOPBACK, port: 5050 };
  const store = await startScript(net.host(LOOPBACK), at, (line) => line === "" ? healthy : undefined);
  await clock.until(watch.look({ ended: new Set(["store", "SF"]), signal }));
  assertEquals(["store", "SF", "meta"].map((label) => watch.isBack(label)), [true, false, false]);
  watch.forget("store");
  assertEquals(watch.isBack("store"), false);
  store.close();
});
