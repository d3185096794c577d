import { assertEquals, assertThrows } from "@std/assert";
import { count, optionalText, port, toggle } from "./flag.ts";
import { type FlagSource, readFlags, splitArgs } from "./flags.ts";
import { UsageError } from "./usage_error.ts";

const TABLE = {
  port: port({ name: "port", initial: 5050, mayBeAny: true, help: "Where" }),
  out: optionalText({ name: "out", letter: "o", placeholder: "PATH", help: "Where to" }),
  longitude: optionalText({ name: "lng", placeholder: "DEGREES", help: "East" }),
  retries: count({ name: "retry", letter: "r", initial: 3, min: 0, max: 100, help: "How often" }),
  isVerbose: toggle({ name: "verbose", letter: "v", help: "More" }),
  isQuiet: toggle({ name: "quiet", letter: "q", help: "Less" }),
  servers: optionalText({ name: "meta", placeholder: "URL", isList: true, help: "Who knows" }),
  supervised: toggle({ name: "supervised", hidden: true, onlyTyped: true, help: "For supervisors" }),
} as const;

const DEFAULTS = {
  port: 5050,
  out: undefined,
  longitude: undefined,
  retries: 3,
  isVerbose: false,
  isQuiet: false,
  servers: undefined,
  supervised: false,
};

Deno.test("splitArgs() takes values behind and joined to a flag, and operands as they are", () => {
  const cases: ReadonlyArray<readonly [string[], Partial<Record<keyof typeof DEFAULTS, unknown>>, string[]]> = [
    [[], {}, []],
    [["--port", "0"], { port: 0 }, []],
    [["--port=7001", "hello.txt"], { port: 7001 }, ["hello.txt"]],
    [["--port", "1", "--port", "2"], { port: 2 }, []],
    [["--meta", "a"], { servers: "a" }, []],
    [["--meta", "a", "--meta=b,c", "d"], { servers: "a,b,c" }, ["d"]],
    [["--lng", "-122.4"], { longitude: "-122.4" }, []],
    [["--lng", "-.5"], { longitude: "-.5" }, []],
    [["--lng=-122.4"], { longitude: "-122.4" }, []],
    [["--out", "-", "a"], { out: "-" }, ["a"]],
    [["-o", "-", "a"], { out: "-" }, ["a"]],
    [["-o-", "a"], { out: "-" }, ["a"]],
    [["-ofile", "a"], { out: "file" }, ["a"]],
    [["-o=file", "a"], { out: "file" }, ["a"]],
    [["-vofile"], { isVerbose: true, out: "file" }, []],
    [["-vo", "file"], { isVerbose: true, out: "file" }, []],
    [["-vqr5"], { isVerbose: true, isQuiet: true, retries: 5 }, []],
    [["--out=a=b"], { out: "a=b" }, []],
    [["--out", "two\nlines"], { out: "two\nlines" }, []],
    [["--verbose", "true"], { isVerbose: true }, ["true"]],
    [["--verbose=false", "5050"], {}, ["5050"]],
    [["-v", "false", "007", "1e3"], { isVerbose: true }, ["false", "007", "1e3"]],
    [["--", "--port", "-v"], {}, ["--port", "-v"]],
    [["a", "-", "--", "b"], {}, ["a", "-", "b"]],
    [["--supervised"], { supervised: true }, []],
  ];
  for (const [args, values, operands] of cases) {
    const line = splitArgs(args, TABLE);
    assertEquals(line.problems, [], args.join(" "));
    assertEquals(readFlags(TABLE, [line]), { ...DEFAULTS, ...values }, args.join(" "));
    assertEquals(line.operands, operands, args.join(" "));
  }
});

Deno.test("splitArgs() names what it cannot understand, with the nearest known flag", () => {
  const cases: ReadonlyArray<readonly [string[], string]> = [
    [["--prot", "5050"], "Unknown flag --prot; did you mean --port?"],
    [["--prot=5050"], "Unknown flag --prot; did you mean --port?"],
    [["--frobnicate"], "Unknown flag --frobnicate"],
    [["--superviced"], "Unknown flag --superviced"],
    [["--no-verbose"], "Unknown flag --no-verbose; did you mean --verbose?"],
    [["-x"], "Unknown flag -x"],
    [["-vx"], "Unknown flag -x"],
    [["-5"], "Unknown flag -5"],
    [["--a\x1b[2J"], "Unknown flag --a\\u001b[2J"],
    [["--__proto__=x"], "Unknown flag --__proto__"],
    [["--port"], "--port needs a value: PORT"],
    [["--port="], "--port needs a value: PORT"],
    [["--port=", "5050"], "--port needs a value: PORT"],
    [["--port", ""], "--port needs a value: PORT"],
    [["--port", "--verbose"], "--port needs a value: PORT"],
    [["-o", "-v"], "--out needs a value: PATH"],
    [["-o"], "--out needs a value: PATH"],
    [["--verbose="], "--verbose needs a value: true or false"],
  ];
  for (const [args, problem] of cases) assertEquals(splitArgs(args, TABLE).problems[0], problem, args.join(" "));
});

Deno.test("readFlags() takes each flag from the first source that has it, and names that source", () => {
  const line = splitArgs(["--port", "1"], TABLE);
  const variables = source("variable", { port: "2", retry: "4", supervised: "true" });
  const file = source("file", { port: "3", retry: "5", out: "there" });
  assertEquals(readFlags(TABLE, [line, variables, file]), { ...DEFAULTS, port: 1, retries: 4, out: "there" });
  const wrong = source("file", { retry: "many" });
  const error = assertThrows(() => readFlags(TABLE, [line, wrong]), UsageError);
  assertEquals(error.message, 'retry of file must be 0 to 100, got "many"');
  const typed = splitArgs(["--port", "70000"], TABLE);
  assertEquals(
    assertThrows(() => readFlags(TABLE, [typed]), UsageError).message,
    "--port must be 1 to 65535, got 70000",
  );
});

function source(name: string, texts: Readonly<Record<string, string>>): FlagSource {
  return { label: (flag) => `${flag.name} of ${name}`, get: (flag) => texts[flag.name] };
}
