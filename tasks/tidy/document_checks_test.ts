import { assertEquals } from "@std/assert";
import { checkDependencies, checkLinks, checkMentions } from "./document_checks.ts";
import { type Check, renderProblem, type TextFile } from "./project.ts";

const OTHERS: readonly TextFile[] = [
  { path: "src/base/clock.ts", text: "" },
  { path: "docs/guide.md", text: '# Guide\n\n## How to `run` it\n\n## Twice\n\n## Twice\n\n<a id="own"></a>\n' },
];

function run(check: Check, text: string, path = "README.md"): string[] {
  return check([...OTHERS, { path, text }]).map(renderProblem);
}

Deno.test("checkLinks() follows relative links and anchors", () => {
  const good = [
    "[a](docs/guide.md)",
    "[a](./docs/)",
    "[a](src/base/clock.ts)",
    "[a](docs/guide.md#how-to-run-it)",
    "[a](docs/guide.md#twice-1)",
    "[a](docs/guide.md#own)",
    '[a](<docs/guide.md> "title")',
    "[a]: docs/guide.md",
    "[a](https://example.com/x) [b](mailto:a@example.com)",
    "# Top\n\n[a](#top)",
    "`[a](nowhere.md)`",
    "```md\n[a](nowhere.md)\n```",
    '<img src="docs/guide.md">',
  ];
  for (const text of good) assertEquals(run(checkLinks, `${text}\n`), [], text);
  assertEquals(run(checkLinks, "[a](../README.md) [b](guide.md)\n", "docs/other.md"), [
    'docs/other.md:1: the link "../README.md" leads nowhere',
  ]);
});

Deno.test("checkLinks() reports dead ones with their lines", () => {
  assertEquals(run(checkLinks, "One.\n\nSee [a](docs/none.md).\n"), [
    'README.md:3: the link "docs/none.md" leads nowhere',
  ]);
  assertEquals(run(checkLinks, "[a](docs/guide.md#none)\n"), [
    'README.md:1: the link "docs/guide.md#none" names no heading there',
  ]);
  for (const link of ["none", "../outside.md", "#none", "docs/guide.md#twice-2"]) {
    assertEquals(run(checkLinks, `[a](${link})\n`).length, 1, link);
  }
  assertEquals(run(checkLinks, "[a]: none.md\n").length, 1);
  assertEquals(run(checkLinks, '<a href="none.md">\n').length, 1);
  assertEquals(run(checkLinks, "~~~\n```\n~~~\n[a](none.md)\n").length, 1);
});

Deno.test("checkMentions() reports paths in code spans that are not there", () => {
  const good = [
    "`src/base/clock.ts`",
    "`src/base/`",
    "`src/base`",
    "`src/base/clock.ts:12`",
    "`src/roles/<family>/`",
    "`src/**/*.ts`",
    "`src/base/...`",
    "src/none.ts",
    "```\nsrc/none.ts `src/none.ts`\n```",
  ];
  for (const text of good) assertEquals(run(checkMentions, `${text}\n`), [], text);
  assertEquals(run(checkMentions, "Open `src/base/clock.ts` or `tests/none_test.ts`.\n"), [
    'README.md:1: "tests/none_test.ts" is not there',
  ]);
});

function dependencies(imports: Record<string, string>, architecture: string): string[] {
  const files = [
    { path: "deno.json", text: JSON.stringify({ lock: false, scopes: { "./": imports } }) },
    { path: "ARCHITECTURE.md", text: architecture },
  ];
  return checkDependencies(files).map(renderProblem);
}

Deno.test("checkDependencies() wants each one pinned, and named in ARCHITECTURE.md", () => {
  const npm = "np" + "m:", jsr = "js" + "r:";
  assertEquals(dependencies({ "@std/cli": `${jsr}@std/cli@^1.0.0`, a: `${npm}a@1.2.3` }, "`@std/cli` and `a`"), []);
  assertEquals(dependencies({ a: `${npm}a@1.2.3` }, "a"), ["ARCHITECTURE.md: it does not say what `a` is for"]);
  for (
    const specifier of [`${npm}a`, `${npm}a@^1.2.3`, `${npm}a@1`, "./src/", "https://example.com/a.ts", `${jsr}@a/b`]
  ) {
    assertEquals(dependencies({ a: specifier }, "`a`").length, 1, specifier);
  }
  assertEquals(checkDependencies([{ path: "deno.json", text: "{}" }]).map(renderProblem), [
    "ARCHITECTURE.md: it is missing",
  ]);
});

Deno.test("checkDependencies() wants nothing in deno.json that every task would download", () => {
  const npm = "np" + "m:", jsr = "js" + "r:";
  const others = [{ path: "ARCHITECTURE.md", text: "`a` and `@std/a`" }];
  const cases: [configuration: unknown, problems: number][] = [
    [{ lock: false }, 0],
    [{}, 1],
    [{ lock: true }, 1],
    [{ lock: false, imports: { "@std/a": `${jsr}@std/a@^1` } }, 0],
    [{ lock: false, imports: { a: `${npm}a@1.2.3` } }, 1],
    [{ lock: false, scopes: { "./": { a: `${npm}a@1.2.3` } } }, 0],
  ];
  for (const [configuration, problems] of cases) {
    const text = JSON.stringify(configuration);
    assertEquals(checkDependencies([{ path: "deno.json", text }, ...others]).length, problems, text);
  }
});
