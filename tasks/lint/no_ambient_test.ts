import { testRule } from "./rule_cases.ts";

const PATH = "src/core/a.ts";

function inCore(sources: readonly string[]): (readonly [string, string])[] {
  return sources.map((source) => [PATH, source] as const);
}

testRule("no-ambient", {
  good: [
    ...inCore([
      `const now = env.clock.now();`,
      `const date = new Date(ms); const same = date instanceof Date; let other: Date;`,
      `const day = Date.UTC(2026, 0, 1) + Date.parse(text) + Date["parse"](text);`,
      `const most = Math.max(1, Math["min"](2, 3)); const { floor, ceil: up } = Math;`,
      `const any = AbortSignal.any([signal]); const x = signal instanceof AbortSignal; let y: AbortSignal;`,
      `type Now = ReturnType<typeof Date.UTC>; type Maths = typeof Math;`,
      `interface Clock { setTimeout(run: () => void): void; process: string; fetch: (self: number) => void }`,
      `const record = { process: 1, fetch() {}, get self() { return 1; }, Date: 2 };`,
      `const pid = child.process.pid; const at = record.fetch;`,
      `function f(process: { pid: number }, { fetch }: Options) { return process.pid + fetch(); }`,
      `const f = (window: number) => window + 1;`,
      `const { performance, crypto = 1, ...self } = options; use(performance, crypto, self);`,
      `import { fetch } from "./fetch.ts"; fetch();`,
      `function fetch() { return 1; } export { fetch };`,
      `class Worker {} const worker = new Worker(); let other: Worker;`,
      `interface Worker { id: string } function f(worker: Worker): void {}`,
      `for (const process of processes) stop(process);`,
      `try { run(); } catch (process) { log(process); }`,
      `switch (kind) { case 1: const self = 1; use(self); }`,
      `self: for (;;) break self;`,
      `const text = "Date.now() setTimeout"; // Date.now(), new Date()`,
      `export { now as fetch } from "./clock.ts";`,
      `let apply: Function;`,
      `type Pair = [process: string, self: number]; type F = (fetch: string, ...self: string[]) => void;`,
      `const isOne = (process: unknown): process is One => test(process);`,
    ]),
    ["src/base/clock.ts", `import { hash } from "node:crypto"; const now = performance.now(); setTimeout(f, 1);`],
    ["src/net/node.ts", `import net from "node:net"; process.exit(Date.now());`],
    ["src/env/runtime.ts", `const version = globalThis.process.version;`],
    ["src/cli/main.ts", `const now = new Date(); process.on("SIGINT", stop); import.meta.main;`],
    ["src/core/a_test.ts", `import { readFile } from "node:fs/promises"; const now = Date.now(); Deno.test("a", f);`],
    ["tests/a_test.ts", `const now = Date.now();`],
    ["tasks/a.ts", `const now = Date.now();`],
    ["std/cli/a.ts", `const now = Date.now();`],
  ],
  bad: [
    ...badInCore({
      "Date.now": [`const now = Date.now();`, `const now = Date["now"]();`, `const { now } = Date;`],
      "new Date()": [`const date = new Date();`, `const date = new Date(...parts);`],
      "Date()": [`const text = Date();`],
      "Date": [`const D = Date;`, `const { ...rest } = Date;`, `use(Date);`, `const { [key]: now } = Date;`],
      "Date[...]": [`const now = Date[key]();`],
      "Math.random": [`const chance = Math.random();`, `const { max, random: r } = Math;`, `Math["random"]();`],
      "Math": [`const M = Math;`, `const { random } = { ...Math };`],
      "AbortSignal.timeout": [`const signal = AbortSignal.timeout(5);`, `const { timeout } = AbortSignal;`],
      "Atomics.wait": [`Atomics.wait(view, 0, 0, 1000);`],
      "performance": [`const now = performance.now();`, `const { now } = performance;`],
      "setTimeout": [`setTimeout(run, 1);`, `const later = setTimeout;`, `const timers = { setTimeout };`],
      "setInterval": [`setInterval(run, 1);`],
      "setImmediate": [`setImmediate(run);`],
      "globalThis": [
        `globalThis.setTimeout(run, 1);`,
        `const { setTimeout: later } = globalThis;`,
        `globalThis["Date"].now();`,
      ],
      "window": [`window.fetch("x");`],
      "self": [`self.fetch("x");`],
      "fetch": [`fetch("x");`, `const ask = fetch;`, `type F = typeof fetch;`, `export { fetch };`, `f(...[fetch]);`],
      "WebSocket": [`const socket = new WebSocket("ws://x");`, `let socket: WebSocket;`],
      "Worker": [`new Worker("x");`, `interface Worker { id: 1 } new Worker("x");`],
      "crypto": [`crypto.randomUUID();`, `const { getRandomValues } = crypto;`, `const c = crypto;`],
      "process": [`process.env;`, `process["exit"]();`, `declare const process: { pid: number }; use(process);`],
      "Deno": [
        `Deno.listen({ port: 0 });`,
        `Deno["listen"]({ port: 0 });`,
        `const D = Deno;`,
        `const { listen } = Deno;`,
        `let conn: Deno.Conn;`,
        `type Listen = typeof Deno.listen;`,
        `if (typeof Deno === "object") run();`,
      ],
      "Buffer": [`Buffer.from("x");`],
      "require": [`require("fs");`],
      "eval": [`(0, eval)("x");`],
      "Function": [`new Function("return this")();`],
      "import.meta": [`const here = import.meta.url;`],
      "node:fs": [`import { readFile } from "node:fs";`, `const fs = import("node:fs");`, `export * from "node:fs";`],
      "node:net": [`import type { Socket } from "node:net";`, `let socket: import("node:net").Socket;`],
      "node:timers/promises": [`import { setTimeout as later } from "node:timers/promises";`],
      "node:process": [`import "node:process";`],
    }),
    ["src/protocol/a.ts", `Date.now();`, "Date.now is ambient here"],
    ["src/storage/a.ts", `import "node:fs";`, "node:fs is ambient here"],
    ["src/services/a.ts", `import "node:dgram";`, "node:dgram is ambient here"],
    ["src/roles/cdn/a.ts", `import "node:http";`, "node:http is ambient here"],
    [PATH, `function f(fetch: Ask) { return fetch(); } fetch();`, "fetch is ambient here"],
    [PATH, `{ const self = 1; use(self); } use(self);`, "self is ambient here"],
  ],
});

function badInCore(table: Record<string, readonly string[]>): (readonly [string, string, string])[] {
  return Object.entries(table).flatMap(([what, sources]) =>
    sources.map((source) => [PATH, source, `${what} is ambient here`] as const)
  );
}
