import { assertEquals, assertRejects } from "@std/assert";
import { VirtualClock } from "../base/virtual_clock.ts";
import { MemoryFiles } from "../env/memory_files.ts";
import { writeWhole } from "../env/files.ts";
import { optionalText, port } from "./flag.ts";
import { configSource, variableOf, variableSource } from "./flag_sources.ts";
import { UsageError } from "./usage_error.ts";

const PORT = port({ name: "port", initial: 5050, help: "Where" });
const INDEX_PORT = port({ name: "index-port", initial: 5050, help: "Where" });
const OUT = optionalText({ name: "out", placeholder: "PATH", help: "Where to" });
const COMMANDS = new Map([
  ["index", new Set(["port", "log"])],
  ["get", new Set(["out", "index-port", "log"])],
]);

Deno.test("variableSource() reads MICROCDN_ and the flag's name", () => {
  const variables: Record<string, string> = { MICROCDN_INDEX_PORT: "5051", MICROCDN_OUT: "" };
  const source = variableSource({ variable: (name) => variables[name] });
  assertEquals(variableOf(INDEX_PORT), "MICROCDN_INDEX_PORT");
  assertEquals(source.label(INDEX_PORT), "MICROCDN_INDEX_PORT");
  assertEquals(source.get(INDEX_PORT), "5051");
  assertEquals(source.get(OUT), undefined);
  assertEquals(source.get(PORT), undefined);
});

Deno.test("configSource() takes what is for every command, and a section for one", async () => {
  const files = await folderWith(
    `{"port": 1, "index-port": "2", "out": "", "index": {"port": 3}, "get": {"out": "x"}}`,
  );
  const index = await configSource(files, "cdn.json", { command: "index", commands: COMMANDS });
  assertEquals([index.get(PORT), index.get(INDEX_PORT), index.get(OUT)], ["3", "2", undefined]);
  assertEquals(index.label(PORT), "port in cdn.json");
  const get = await configSource(files, "cdn.json", { command: "get", commands: COMMANDS });
  assertEquals([get.get(PORT), get.get(INDEX_PORT), get.get(OUT)], ["1", "2", "x"]);
});

Deno.test("configSource() says what is wrong with a file in one line", async () => {
  const cases: ReadonlyArray<readonly [string, RegExp]> = [
    ["{", /^Cannot parse cdn\.json: /],
    ["[]", /^Cannot use cdn\.json: expected a JSON object$/],
    ["7", /^Cannot use cdn\.json: expected a JSON object$/],
    [`{"prot": 1}`, /^Cannot use cdn\.json: unknown flag "prot"; did you mean "port"\?$/],
    [`{"index": {"out": "x"}}`, /^Cannot use cdn\.json: unknown flag "out"$/],
    [`{"index": 7}`, /^Cannot use cdn\.json: "index" is not an object$/],
    [`{"port": [1]}`, /^Cannot use cdn\.json: "port" must be a text, a number, true or false$/],
    [`{"port": null}`, /^Cannot use cdn\.json: "port" must be a text, a number, true or false$/],
  ];
  for (const [text, message] of cases) {
    const files = await folderWith(text);
    const scope = { command: "index", commands: COMMANDS };
    const error = await assertRejects(() => configSource(files, "cdn.json", scope), UsageError);
    assertEquals(message.test(error.message), true, error.message);
  }
  const scope = { command: "index", commands: COMMANDS };
  await assertRejects(
    () => configSource(new MemoryFiles({ clock: new VirtualClock() }), "none.json", scope),
    UsageError,
    "Cannot open none.json",
  );
});

async function folderWith(text: string): Promise<MemoryFiles> {
  const files = new MemoryFiles({ clock: new VirtualClock() });
  await writeWhole(files, "cdn.json", new TextEncoder().encode(text));
  return files;
}
