import { testRule } from "./rule_cases.ts";

const MESSAGE = "console outside src/cli and tasks";

testRule("no-console", {
  good: [
    ["src/cli/main.ts", `console.log(1);`],
    ["tasks/ok.ts", `console.error(1);`],
    ["tests/a_test.ts", `console.log(1);`],
    ["src/core/a_test.ts", `console.log(1);`],
    ["src/services/a.ts", `function f(console: Console) { console.log(1); }`],
    ["src/services/a.ts", `admin.console.log(1);`],
  ],
  bad: [
    ["src/services/a.ts", `console.log(1);`, MESSAGE],
    ["src/env/a.ts", `console["log"](1);`, MESSAGE],
    ["src/net/a.ts", `const { log } = console;`, MESSAGE],
    ["mod.ts", `console.log(1);`, MESSAGE],
    ["std/cli/a.ts", `console.log(1);`, MESSAGE],
  ],
});
