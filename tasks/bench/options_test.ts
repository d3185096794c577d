import { assertEquals, assertThrows } from "@std/assert";
import { UsageError } from "../../src/cli/usage_error.ts";
import { readBenchOptions, selectRows } from "./options.ts";
import { ROWS } from "./rows.ts";

const LIST = [{ name: "hot", isQuick: true }, { name: "hot-crowd", isQuick: false }, { name: "get", isQuick: true }];

Deno.test("readBenchOptions() reads flags and rows in any order", () => {
  assertEquals(readBenchOptions(["get", "--quick", "hot", "--json", "-"]), {
    isQuick: true,
    wantsList: false,
    json: "-",
    writes: false,
    anew: false,
    wantsHelp: false,
    named: ["get", "hot"],
  });
});

Deno.test("readBenchOptions() refuses what makes no sense", () => {
  for (
    const [args, message] of [
      [["--qick"], "Unknown flag --qick; did you mean --quick? (try deno task bench --help)"],
      [["--json"], "--json needs a value"],
      [["--quick", "--write"], "leave --quick away"],
      [["--anew", "hot"], "add --write"],
    ] as const
  ) assertThrows(() => readBenchOptions(args), UsageError, message);
});

Deno.test("selectRows() takes all rows, the everyday ones, or those that are named, in the list's order", () => {
  for (
    const [named, isQuick, expected] of [
      [[], false, ["hot", "hot-crowd", "get"]],
      [[], true, ["hot", "get"]],
      [["get", "hot-crowd"], false, ["hot-crowd", "get"]],
      [["hot-crowd"], true, ["hot-crowd"]],
      [["get", "get"], false, ["get"]],
    ] as const
  ) assertEquals(selectRows(LIST, { named, isQuick }).map(({ name }) => name), [...expected]);
});

Deno.test("selectRows() names the nearest row to one that is not there", () => {
  for (
    const [name, message] of [
      ["hto", 'There is no row "hto"; did you mean hot?'],
      ["crowd", 'There is no row "crowd"; did you mean hot-crowd?'],
      ["everything", 'There is no row "everything"; --list shows the rows'],
      ["\x1b[2J", 'There is no row "\\u001b[2J"'],
    ] as const
  ) assertThrows(() => selectRows(LIST, { named: [name], isQuick: false }), UsageError, message);
});

Deno.test("ROWS have names that differ and can be typed", () => {
  const names = ROWS.map(({ name }) => name);
  assertEquals(new Set(names).size, names.length);
  assertEquals(names.filter((name) => !/^[a-z]+(-[a-z]+)*$/.test(name)), []);
});
