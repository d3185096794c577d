import { assert, assertEquals, assertThrows } from "@std/assert";
import { parseArgs, type ParseOptions } from "@std/cli";

/** A command line, the options it is read with, and what it comes to. */
type Case = readonly [line: string, options: ParseOptions, expected: Record<string, unknown>];

const CASES: Record<string, readonly Case[]> = {
  "reads flags, values and the rest": [
    ["", {}, { _: [] }],
    ["a b", {}, { _: ["a", "b"] }],
    ["--foo", {}, { _: [], foo: true }],
    ["--foo bar", {}, { _: [], foo: "bar" }],
    ["--foo=bar", {}, { _: [], foo: "bar" }],
    ["--foo=", {}, { _: [], foo: "" }],
    ["--foo=a=b", {}, { _: [], foo: "a=b" }],
    ["--foo=1 --foo=2", {}, { _: [], foo: 2 }],
    ["-", {}, { _: ["-"] }],
  ],
  "never takes a next argument that begins with - as a value": [
    ["--lng -122.4", {}, { _: [], lng: true, "1": true, "2": 0.4 }],
    ["--lng -122.4", { string: "lng" }, { _: [], lng: "", "1": true, "2": 0.4 }],
    ["--lng=-122.4", {}, { _: [], lng: -122.4 }],
    ["--lng=-122.4", { string: "lng" }, { _: [], lng: "-122.4" }],
    ["-o -v", {}, { _: [], o: true, v: true }],
    ["--out -", {}, { _: ["-"], out: true }],
    ["-o -", {}, { _: [], o: "-" }],
  ],
  "turns digits into numbers unless they are declared as strings": [
    ["7 0x10 1e3 7a", {}, { _: [7, 16, 1000, "7a"] }],
    ["7 0x10", { string: "_" }, { _: ["7", "0x10"] }],
    ["--port 5050", {}, { _: [], port: 5050 }],
    ["--port 5050 7", { string: ["port", "_"] }, { _: ["7"], port: "5050" }],
  ],
  "reads letters": [
    ["-abc", {}, { _: [], a: true, b: true, c: true }],
    ["-p 80", {}, { _: [], p: 80 }],
    ["-p80", {}, { _: [], p: 80 }],
    ["-p=80", {}, { _: [], p: 80 }],
    ["-vp80", {}, { _: [], v: "p80" }],
    ["-o=", {}, { _: [], o: "" }],
    ["-I/usr", {}, { _: [], I: "/usr" }],
    ["-a-", {}, { _: [], a: "-" }],
  ],
  "reads booleans": [
    ["--json a", { boolean: "json" }, { _: ["a"], json: true }],
    ["a", { boolean: ["json"] }, { _: ["a"], json: false }],
    ["--json=false --v true", { boolean: ["json", "v"] }, { _: [], json: false, v: true }],
    ["-j a", { boolean: "json", alias: { json: "j" } }, { _: ["a"], json: true, j: true }],
    ["--a b -c d", { boolean: true }, { _: ["b"], a: true, c: "d" }],
  ],
  "negates what may be negated": [
    ["--no-color", { negatable: "color" }, { _: [], color: false }],
    ["--no-color", {}, { _: [], "no-color": true }],
    ["--no-color", { boolean: "color", negatable: "color", default: { color: true } }, { _: [], color: false }],
  ],
  "collects what may be repeated": [
    ["--tag a --tag b", { collect: "tag" }, { _: [], tag: ["a", "b"] }],
    ["", { collect: "tag", string: "tag" }, { _: [], tag: [] }],
    ["--tag 1", { collect: "tag", string: "tag" }, { _: [], tag: ["1"] }],
    ["-t a", { collect: "tag", alias: { tag: "t" } }, { _: [], tag: ["a"], t: ["a"] }],
  ],
  "fills in defaults": [
    ["", { default: { port: 5050 } }, { _: [], port: 5050 }],
    ["--port 1", { default: { port: 5050 } }, { _: [], port: 1 }],
    ["", { default: { port: 5050 }, alias: { port: ["p", "listen"] } }, { _: [], port: 5050, p: 5050, listen: 5050 }],
  ],
  "makes objects of names with dots": [
    ["--a.b 1 --a.c=2", {}, { _: [], a: { b: 1, c: 2 } }],
    ["--__proto__.x 1", {}, { _: [] }],
  ],
  "stops at --": [
    ["a -- --b 7", {}, { _: ["a", "--b", "7"] }],
    ["a -- --b 7", { "--": true }, { _: ["a"], "--": ["--b", "7"] }],
    ["a", { "--": true }, { _: ["a"], "--": [] }],
  ],
  "stops early when asked to": [
    ["--a 1 get --b 7", { stopEarly: true }, { _: ["get", "--b", "7"], a: 1 }],
  ],
};

for (const [what, cases] of Object.entries(CASES)) {
  Deno.test(`parseArgs() ${what}`, () => {
    for (const [line, options, expected] of cases) {
      assertEquals(parseArgs(line.split(" ").filter(Boolean), options), expected, `${line} ${Deno.inspect(options)}`);
    }
  });
}

Deno.test("parseArgs() asks about what is not declared, and leaves out what is refused", () => {
  const asked: unknown[][] = [];
  const options = {
    string: ["port"],
    unknown: (...args: unknown[]) => {
      asked.push(args);
      return args[1] !== "refused";
    },
  };
  const args = parseArgs(["--port", "1", "--refused=2", "--kept", "3", "name"], options);
  assertEquals<Record<string, unknown>>(args, { _: ["name"], port: "1", kept: 3 });
  assertEquals(asked, [["--refused=2", "refused", "2"], ["--kept", "kept", "3"], ["name"]]);
});

Deno.test("parseArgs() refuses an alias that is undefined", () => {
  assertThrows(() => parseArgs([], { alias: { a: undefined } as never }), TypeError);
});

Deno.test("parseArgs() gives declared flags their types", () => {
  const args = parseArgs(["--host", "h", "--tag", "t", "-v"], {
    string: ["host", "tag", "name", "_"],
    boolean: ["verbose"],
    collect: ["tag"],
    default: { host: "127.0.0.1" },
    alias: { verbose: "v" },
    "--": true,
  });
  const host: string = args.host;
  const name: string | undefined = args.name;
  const tags: string[] = args.tag;
  const verbose: boolean = args.verbose;
  const v: boolean = args.v;
  const rest: string[] = args["--"];
  const other: unknown = args["other"];
  assertEquals([host, name, tags, verbose, v, rest, other], ["h", undefined, ["t"], true, true, [], undefined]);
  const loose: Record<string, unknown> = parseArgs([], { string: [] as string[], boolean: ["x"] as string[] });
  assert(loose["x"] === false);
});
