import { assertEquals, assertMatch } from "@std/assert";
import { TaskProcess } from "./cluster_process.ts";

Deno.test("demo holds every step and says so", async () => {
  await using demo = new TaskProcess("tasks/demo.ts", "demo", []);
  const { code } = await demo.ended;
  const [, ...steps] = demo.lines;
  const last = steps.pop();
  assertEquals(code, 0, demo.lines.join("\n"));
  assertEquals(steps.length, 12);
  for (const step of steps) assertMatch(step, /^ ✓ +\d+\.\d s {2}\S.*: \S/);
  assertMatch(last!, /^All 12 steps held, in \d+\.\d s\./);
  assertEquals(demo.errors, []);
});

Deno.test("demo edge holds every step and says so", async () => {
  await using demo = new TaskProcess("tasks/demo.ts", "demo", ["edge"]);
  const { code } = await demo.ended;
  assertEquals(code, 0, demo.lines.join("\n"));
  assertMatch(demo.lines.at(-1)!, /^All 15 steps held, in \d+\.\d s\. To try it yourself: deno task cluster edge$/);
  assertEquals(demo.errors, []);
});

Deno.test("demo clears everything away on Ctrl-C", async () => {
  await using demo = new TaskProcess("tasks/demo.ts", "demo", ["-v"]);
  const [, port] = await demo.see(/index\s+ready tcp=127\.0\.0\.1:(\d+)/);
  demo.signal("SIGINT");
  demo.signal("SIGINT");
  assertEquals((await demo.ended).code, 130);
  Deno.listen({ hostname: "127.0.0.1", port: Number(port) }).close();
});

Deno.test("demo names the step that fails, shows what the roles said last, and ends with 1", async () => {
  const variables = { MICROCDN_CONFIG: "/no/such/file" };
  await using demo = new TaskProcess("tasks/demo.ts", "demo", [], { variables });
  assertEquals((await demo.ended).code, 1);
  const [, step, said, end] = demo.lines;
  assertMatch(step!, /^ ✗ +\d+\.\d s {2}The monitor and the index start: monitor ended with exit code 2 /);
  assertMatch(said!, /^ {3}monitor Cannot open \/no\/such\/file: /);
  assertMatch(end!, /^A step failed, after \d+\.\d s\.$/);
});
