import { assertEquals, assertStringIncludes } from "@std/assert";
import { renderBanner } from "./banner.ts";
import { ansiPaint, plainPaint } from "./paint.ts";
import { planCdn } from "./cdn_plan.ts";
import { planEdge } from "./edge_plan.ts";
import { CDN_CLUSTER, EDGE_CLUSTER } from "./families.ts";

const PLAN = { timeoutMs: 8_000, isVerbose: false, contentFolder: "content", dataFolder: "data" };
const OPTIONS = {
  family: CDN_CLUSTER,
  offset: 0,
  contentFolder: "content",
  task: "deno task",
  stopFlags: [],
  paint: plainPaint,
};

Deno.test("renderBanner() says what runs, where, and what to type next", () => {
  assertEquals(renderBanner(planCdn({ ...PLAN, offset: 0 }), OPTIONS), [
    "Micro-CDN on 127.0.0.1, each role a process of its own:",
    "  monitor  UDP 6000 heartbeats, TCP 6001 questions  notices when a content server dies",
    "  index    TCP 5050 lookups                         knows which server has which file",
    "  CS1      TCP 7001 downloads, UDP 7002 heartbeats  serves content/cs1",
    "  CS2      TCP 7101 downloads, UDP 7102 heartbeats  serves content/cs2",
    "  Each also shows its state, 10,000 above its TCP port: curl 127.0.0.1:15050/state (index)",
    "",
    "Next, in another terminal in this folder:",
    "  deno task microcdn ls             what is there",
    "  deno task microcdn get hello.txt  download it",
    "  deno task microcdn servers        who is alive",
    "  deno task stop                    end all this, as Ctrl-C does here",
    "",
  ]);
});

Deno.test("renderBanner() gives commands that find a cluster on other ports, and the user's way of starting tasks", () => {
  const options = { ...OPTIONS, offset: 100, task: "npx -y deno@2.9.6 task", stopFlags: ["--data", "other"] };
  const text = renderBanner(planCdn({ ...PLAN, offset: 100 }), options).join("\n");
  assertStringIncludes(text, "  npx -y deno@2.9.6 task microcdn ls --index-port 5150  ");
  assertStringIncludes(text, "  npx -y deno@2.9.6 task stop --data other  ");
  assertStringIncludes(text, "curl 127.0.0.1:15150/state");
});

Deno.test("renderBanner() says the same in colours", () => {
  const plan = planCdn({ ...PLAN, offset: 0 });
  const painted = renderBanner(plan, { ...OPTIONS, paint: ansiPaint }).join("\n");
  // deno-lint-ignore no-control-regex -- colours are what is taken out
  assertEquals(painted.replaceAll(/\x1b\[\d+m/g, ""), renderBanner(plan, OPTIONS).join("\n"));
});

Deno.test("renderBanner() says of the edge family what runs where, also where another family has the store's port", () => {
  const moved = { offset: 0, moved: 1 };
  assertEquals(
    renderBanner(planEdge({ ...PLAN, ...moved }), { ...OPTIONS, ...moved, family: EDGE_CLUSTER }),
    [
      "Micro-CDN on 127.0.0.1, each role a process of its own:",
      "  meta     TCP 8002 metadata            knows every file and node, and who has what",
      "  store    TCP 5051 objects             keeps every file",
      "  origin   TCP 8001 clients' questions  tells clients which node is best for them",
      "  SF       TCP 4000 downloads           serves what it has, near San Francisco",
      "  NY       TCP 4100 downloads           serves what it has, near New York",
      "  Each also shows its state, 10,000 above its TCP port: curl 127.0.0.1:18002/state (meta)",
      "",
      "Next, in another terminal in this folder:",
      "  deno task microcdn edge sync content/cs1 --lat 37.7749 --lng -122.4194  publish a folder",
      "  deno task microcdn edge get hello.txt --lat 37.7749 --lng -122.4194     download it",
      "  deno task microcdn edge nodes                                           who is alive",
      "  deno task stop edge                                                     end all this, as Ctrl-C does here",
      "",
    ],
  );
  const there = { ...OPTIONS, offset: 300, family: EDGE_CLUSTER };
  assertStringIncludes(
    renderBanner(planEdge({ ...PLAN, offset: 300 }), there).join("\n"),
    "edge nodes --origin 127.0.0.1:8301 ",
  );
});
