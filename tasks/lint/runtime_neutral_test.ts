import { testRule } from "./rule_cases.ts";

const LACKING = "does not run here: Node 20 has not got it";

testRule("runtime-neutral", {
  good: [
    ["src/net/deno.ts", `const conn = await Deno.connect({ port: 1 }); let other: Deno.Conn;`],
    ["src/net/deno_listener.ts", `Deno.listen({ port: 0 });`],
    ["src/env/deno_processes.ts", `const { pid } = new Deno.Command("sh").spawn(); let child: Deno.ChildProcess;`],
    ["src/env/runtime.ts", `const onDeno = typeof Deno !== "undefined" || "Deno" in globalThis;`],
    ["src/core/a_test.ts", `await using role = await start(); using file = open(); Deno.test("a", f);`],
    ["tasks/a.ts", `await using role = await start(); Deno.exit(await Promise.try(f));`],
    [
      "src/core/a.ts",
      `const { promise } = later.withResolvers(); let all: Iterator<string>; type I = Iterator<number>;`,
    ],
    ["src/core/a.ts", `const Promise = make(); Promise.withResolvers();`],
    ["mod.ts", `export * from "./src/base/clock.ts";`],
  ],
  bad: [
    ["src/env/a.ts", `using file = open();`, `"using" ${LACKING}`],
    ["src/env/a.ts", `async function f() { await using file = open(); }`, `"await using" ${LACKING}`],
    ["src/env/a.ts", `for (using file of files) use(file);`, `"using" ${LACKING}`],
    ["mod.ts", `using file = open();`, `"using" ${LACKING}`],
    ["src/env/a.ts", `Deno.env.get("HOME");`, "Deno is one runtime's own"],
    ["src/net/node.ts", `let conn: Deno.Conn;`, "Deno is one runtime's own"],
    ["src/cli/deno_io.ts", `Deno.exit();`, "Deno is one runtime's own"],
    ["src/env/denominator.ts", `Deno.exit();`, "Deno is one runtime's own"],
    ["src/cli/main.ts", `globalThis.Deno.exit();`, "Deno is one runtime's own"],
    ["src/cli/main.ts", `globalThis["Bun"].serve();`, "Bun is one runtime's own"],
    ["src/services/a.ts", `const later = Promise.withResolvers<void>();`, `Promise.withResolvers ${LACKING}`],
    ["src/services/a.ts", `Promise["try"](f);`, `Promise.try ${LACKING}`],
    ["src/services/a.ts", `await Array.fromAsync(x);`, `Array.fromAsync ${LACKING}`],
    ["src/core/a.ts", `Object.groupBy(list, f);`, `Object.groupBy ${LACKING}`],
    ["src/core/a.ts", `const stack = new DisposableStack();`, `DisposableStack ${LACKING}`],
    ["src/core/a.ts", `Iterator.from(list);`, `Iterator ${LACKING}`],
  ],
});
