import { testRule } from "./rule_cases.ts";

const ENDING = "makes a test sleep";

testRule("no-sleep", {
  good: [
    ["tests/until.ts", `setTimeout(run, 20);`],
    ["src/services/a.ts", `await sleep(clock, 20);`],
    ["src/core/a_test.ts", `const clock = new VirtualClock(); await sleep(clock, 20);`],
    ["tests/a_test.ts", `await until(() => ready, { deadlineMs: 5_000 });`],
    ["tests/a_test.ts", `const timers = { setTimeout: f }; clock.setTimeout(f, 1); setImmediate(f);`],
    ["tests/a_test.ts", `const source = "setTimeout(f, 1)"; // sleep(1)`],
  ],
  bad: [
    ["tests/a_test.ts", `setTimeout(run, 20);`, `setTimeout ${ENDING}`],
    ["tests/support.ts", `await new Promise((done) => setTimeout(done, 20));`, `setTimeout ${ENDING}`],
    ["tests/a_test.ts", `setInterval(run, 20);`, `setInterval ${ENDING}`],
    ["tests/a_test.ts", `const wait = setTimeout;`, `setTimeout ${ENDING}`],
    ["src/core/a_test.ts", `globalThis.setTimeout(run, 20);`, `globalThis.setTimeout ${ENDING}`],
    ["src/core/a_test.ts", `import { setTimeout } from "node:timers/promises";`, `node:timers/promises ${ENDING}`],
    ["src/core/a_test.ts", `await sleep(systemClock(), 20);`, `sleep() ${ENDING}`],
    ["src/core/a_test.ts", `await delay(20);`, `delay() ${ENDING}`],
    ["src/core/a_test.ts", `f(AbortSignal.timeout(20));`, `AbortSignal.timeout ${ENDING}`],
    ["src/core/a_test.ts", `new VirtualClock(); setTimeout(f, 1);`, `setTimeout ${ENDING}`],
  ],
});
