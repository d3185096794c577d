import { MAX_FUNCTION_LINES } from "./function_length.ts";
import { testRule } from "./rule_cases.ts";

/** Wraps lines so that all of it has `lines` lines. */
function body(lines: number, head: string, tail = "}"): string {
  return [head, ...Array.from({ length: lines - 2 }, (_, at) => `  use(${at});`), tail].join("\n");
}

const over = MAX_FUNCTION_LINES + 1;
const message = `A function of ${over} lines: the most is ${MAX_FUNCTION_LINES}`;

testRule("function-length", {
  good: [
    ["src/core/a.ts", body(MAX_FUNCTION_LINES, "function f() {")],
    ["src/core/a.ts", `class A {\n${body(60, "f() {")}\n${body(60, "g() {")}\n}`],
    ["src/core/a.ts", `const table = [\n${"  1,\n".repeat(200)}];`],
    [
      "src/core/a_test.ts",
      `function cases() {\n${body(60, "test(() => {", "});")}\n${body(60, "test(() => {", "});")}\n}`,
    ],
  ],
  bad: [
    ["src/core/a.ts", body(over, "function f() {"), message],
    ["src/core/a.ts", body(over, "const f = () => {", "};"), message],
    ["src/core/a.ts", `class A {\n${body(over, "  f() {", "  }")}\n}`, message],
    ["src/core/a.ts", `const text = "äöü😀".repeat(9);\n// 😀😀\n${body(over, "function f() {")}`, message],
    ["src/core/a.ts", `function outer() {\n${body(over - 2, "function f() {")}\n}`, message],
    ["tasks/a.ts", body(over, "function f() {"), message],
    ["tests/a_test.ts", body(over, "test(() => {", "});"), message],
    ["tests/a_test.ts", `function cases() {\n${body(over, "test(() => {", "});")}\n}`, message],
  ],
});
