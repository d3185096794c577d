import { testRule } from "./rule_cases.ts";

const ENDING = "in src/core, which only computes";

testRule("synchronous", {
  good: [
    ["src/core/a.ts", `export function step(event: Event, nowMs: number): Effect[] { return []; }`],
    ["src/core/a.ts", `for (const one of list) use(one); const awaited = "await"; const record = { async: true };`],
    ["src/protocol/http.ts", `interface Body { readonly pieces: AsyncIterable<Uint8Array> }`],
    ["src/core/a_test.ts", `Deno.test("a", async () => { await run(); });`],
    ["src/services/a.ts", `export async function f(): Promise<void> { for await (const one of list) await use(one); }`],
    ["src/core/a.ts", `type Promise = { made: number }; let promise: Promise;`],
  ],
  bad: [
    ["src/core/a.ts", `const value = await run();`, `await ${ENDING}`],
    ["src/core/a.ts", `for await (const one of list) use(one);`, `for await ${ENDING}`],
    ["src/core/a.ts", `async function f() {}`, `An async function ${ENDING}`],
    ["src/core/a.ts", `const f = async () => {};`, `An async function ${ENDING}`],
    ["src/core/a.ts", `const f = async function () {};`, `An async function ${ENDING}`],
    ["src/core/a.ts", `class A { async run() {} }`, `An async function ${ENDING}`],
    ["src/core/a.ts", `const a = { async run() {} };`, `An async function ${ENDING}`],
    ["src/core/a.ts", `async function* f() {}`, `An async function ${ENDING}`],
    ["src/core/a.ts", `const later = Promise.resolve(1);`, `Promise ${ENDING}`],
    ["src/core/a.ts", `const later = new Promise(run);`, `Promise ${ENDING}`],
    ["src/core/a.ts", `let later: Promise<void>;`, `Promise ${ENDING}`],
    ["src/core/a.ts", `let later: PromiseLike<void>;`, `PromiseLike ${ENDING}`],
    ["src/core/a.ts", `queueMicrotask(run);`, `queueMicrotask ${ENDING}`],
    ["src/core/a.ts", `import("./b.ts");`, `import() ${ENDING}`],
    ["src/core/a.ts", `await using file = open();`, `await using ${ENDING}`],
    ["src/protocol/a.ts", `const value = await run();`, "await in src/protocol, which only computes"],
  ],
});
