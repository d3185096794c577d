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
const META = optionalText({ name: "meta", placeholder: "URL", help: "Where" });
const FAMILIES = new Map([
  ["cdn", new Map([["index", new Set(["port", "log"])], ["get", new Set(["out", "index-port", "log"])]])],
  ["edge", new Map([["meta", new Set(["port", "log"])], ["get", new Set(["meta", "out", "log"])]])],
]);
const INDEX = { family: "cdn", command: "index", families: FAMILIES };

Deno.test("variableSource() reads MICROCDN_ and the flag's name", () => {
  const variables: Record<string, string> = { MICROCDN_INDEX_PORT: "5051", MICROCDN_OUT: "" };
  const source = variableSource({ variable: (name) => variables[name] });
  assertEquals(variableOf(INDEX_PORT), "MICROCDN_INDEX_PORT");
  assertEquals(source.label(INDEX_PORT), "MICROCDN_INDEX_PORT");
  assertEquals(source.get(INDEX_PORT), "5051");
  assertEquals(source.get(OUT), undefined);
  assertEquals(source.get(PORT), undefined);
});

Deno.test("variableSource() reads the variables of a document after our own, and says which it was", () => {
  const cache = optionalText({
    name: "cache",
    placeholder: "WHERE",
    help: "Where",
    documented: {
      names: ["REDIS_HOST", "REDIS_PORT"],
      compose(variable): string | undefined {
        const host = variable("REDIS_HOST");
        return host === undefined ? undefined : `redis://${host}:${variable("REDIS_PORT") ?? 6379}`;
      },
    },
  });
  const cases: ReadonlyArray<readonly [Record<string, string>, text: string | undefined, label: string]> = [
    [{}, undefined, ""],
    [{ REDIS_PORT: "7" }, undefined, "REDIS_PORT"],
    [{ REDIS_HOST: "" }, undefined, ""],
    [{ REDIS_HOST: "r" }, "redis://r:6379", "REDIS_HOST"],
    [{ REDIS_HOST: "r", REDIS_PORT: "7" }, "redis://r:7", "REDIS_HOST and REDIS_PORT"],
    [{ REDIS_HOST: "r", MICROCDN_CACHE: "memory" }, "memory", "MICROCDN_CACHE"],
  ];
  for (const [variables, text, label] of cases) {
    const source = variableSource({ variable: (name) => variables[name] });
    assertEquals([source.get(cache), source.label(cache)], [text, label]);
  }
});

Deno.test("configSource() takes what is for every command, and a section for one", async () => {
  const files = await folderWith(
    `{"port": 1, "index-port": "2", "out": "", "index": {"port": 3}, "get": {"out": "x"}}`,
  );
  const index = await configSource(files, "cdn.json", INDEX);
  assertEquals([index.get(PORT), index.get(INDEX_PORT), index.get(OUT)], ["3", "2", undefined]);
  assertEquals(index.label(PORT), "port in cdn.json");
  const get = await configSource(files, "cdn.json", { ...INDEX, command: "get" });
  assertEquals([get.get(PORT), get.get(INDEX_PORT), get.get(OUT)], ["1", "2", "x"]);
});

Deno.test("configSource() tells commands of one name in two families apart, and a section from a flag of its name", async () => {
  const files = await folderWith(JSON.stringify({
    port: 1,
    get: { out: "of cdn" },
    cdn: { index: { port: 2 }, get: { "index-port": 3 } },
    edge: { meta: { port: 4 }, log: "json", get: { out: "of edge", meta: "http://a" } },
    meta: "http://b",
  }));
  const cases: ReadonlyArray<readonly [family: string, command: string, ...values: (string | undefined)[]]> = [
    ["cdn", "index", "2", undefined, undefined, "http://b"],
    ["cdn", "get", "1", "3", "of cdn", "http://b"],
    ["edge", "meta", "4", undefined, undefined, "http://b"],
    ["edge", "get", "1", undefined, "of edge", "http://a"],
  ];
  for (const [family, command, ...values] of cases) {
    const source = await configSource(files, "cdn.json", { family, command, families: FAMILIES });
    assertEquals([PORT, INDEX_PORT, OUT, META].map((flag) => source.get(flag)), values, `${family} ${command}`);
  }
});

Deno.test("configSource() says what is wrong with a file in one line", async () => {
  const cases: ReadonlyArray<readonly [string, RegExp]> = [
    ["{", /^Cannot parse cdn\.json: /],
    ["[]", /^Cannot use cdn\.json: expected a JSON object$/],
    ["7", /^Cannot use cdn\.json: expected a JSON object$/],
    [`{"prot": 1}`, /^Cannot use cdn\.json: unknown flag "prot"; did you mean "port"\?$/],
    [`{"index": {"out": "x"}}`, /^Cannot use cdn\.json: unknown flag "out"$/],
    [`{"edge": 7}`, /^Cannot use cdn\.json: "edge" is not an object$/],
    [`{"node": {"port": 1}}`, /^Cannot use cdn\.json: unknown flag "node"/],
    [`{"index": 7}`, /^Cannot use cdn\.json: "index" is not an object$/],
    [`{"port": [1]}`, /^Cannot use cdn\.json: "port" must be a text, a number, true or false$/],
    [`{"port": null}`, /^Cannot use cdn\.json: "port" must be a text, a number, true or false$/],
  ];
  for (const [text, message] of cases) {
    const files = await folderWith(text);
    const error = await assertRejects(() => configSource(files, "cdn.json", INDEX), UsageError);
    assertEquals(message.test(error.message), true, error.message);
  }
  const files = await folderWith(`{"edge": {"index-port": 1}}`);
  await assertRejects(
    () => configSource(files, "cdn.json", { ...INDEX, family: "edge", command: "meta" }),
    UsageError,
    'Cannot use cdn.json: unknown flag "index-port"',
  );
  await assertRejects(
    () => configSource(new MemoryFiles({ clock: new VirtualClock() }), "none.json", INDEX),
    UsageError,
    "Cannot open none.json",
  );
});

async function folderWith(text: string): Promise<MemoryFiles> {
  const files = new MemoryFiles({ clock: new VirtualClock() });
  await writeWhole(files, "cdn.json", new TextEncoder().encode(text));
  return files;
}
