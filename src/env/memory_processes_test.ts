import { assertEquals, assertStringIncludes } from "@std/assert";
import { assertFileError } from "../../tests/files_bench.ts";
import { textOfStream } from "../../tests/processes_contract.ts";
import { MemoryProcesses } from "./memory_processes.ts";

Deno.test("MemoryProcesses.spawn() runs a script with its output and its exit code", async () => {
  const processes = new MemoryProcesses();
  processes.install("greet", ({ options, print, complain }) => {
    print(`hello ${options.command[1]}\n`);
    complain("too early\n");
    return Promise.resolve(3);
  });
  const child = await processes.spawn({ command: ["greet", "you"] });
  assertEquals(await child.ended, { kind: "exited", code: 3 });
  assertEquals(await textOfStream(child.output), "hello you\n");
  assertEquals(await textOfStream(child.errors), "too early\n");
  assertEquals(processes.started.map(({ pid, end }) => ({ pid, end })), [
    { pid: child.pid, end: { kind: "exited", code: 3 } },
  ]);
});

Deno.test("MemoryProcesses.spawn() rejects when there is no such program", async () => {
  await assertFileError(new MemoryProcesses().spawn({ command: ["none"] }), "not-found");
});

Deno.test("MemoryProcesses ends a script by a signal, and its context says so", async () => {
  const processes = new MemoryProcesses();
  let told: unknown;
  processes.install("wait", ({ signal, print }) => {
    signal.addEventListener("abort", () => {
      told = signal.reason;
      print("lost\n");
    });
    return new Promise(() => {});
  });
  const child = await processes.spawn({ command: ["wait"] });
  child.signal("SIGSTOP");
  assertEquals(processes.started[0]?.stopped, true);
  child.signal("SIGCONT");
  child.signal("SIGKILL");
  child.signal("SIGTERM");
  assertEquals(await child.ended, { kind: "signalled", signal: "SIGKILL" });
  assertEquals(told, "SIGKILL");
  assertEquals(await textOfStream(child.output), "");
  assertEquals(processes.started[0]?.signals, ["SIGSTOP", "SIGCONT", "SIGKILL"]);
});

Deno.test("MemoryProcesses lets a script take SIGTERM, but not SIGKILL", async () => {
  const processes = new MemoryProcesses();
  processes.install("tidy", ({ onSignal }) => {
    return new Promise((resolve) => {
      onSignal("SIGTERM", () => resolve(0));
      onSignal("SIGKILL", () => resolve(0));
    });
  });
  const polite = await processes.spawn({ command: ["tidy"] });
  polite.signal("SIGTERM");
  assertEquals(await polite.ended, { kind: "exited", code: 0 });
  const rude = await processes.spawn({ command: ["tidy"] });
  rude.signal("SIGKILL");
  assertEquals(await rude.ended, { kind: "signalled", signal: "SIGKILL" });
});

Deno.test("MemoryProcesses hands a script its input, until it is closed, or whoever started it is gone", async () => {
  const processes = new MemoryProcesses();
  processes.install("cat", async ({ input, print }) => {
    for await (const bytes of input) print(bytes);
    print("ended\n");
    return 0;
  });
  const [closed, orphaned] = [await processes.spawn({ command: ["cat"] }), await processes.spawn({ command: ["cat"] })];
  for (const child of [closed, orphaned]) await child.input.write(new TextEncoder().encode("a line\n"));
  closed.input.close();
  assertEquals(await closed.ended, { kind: "exited", code: 0 });
  assertEquals(processes.started.map(({ end }) => end?.kind), ["exited", undefined]);
  processes.orphan();
  assertEquals(await orphaned.ended, { kind: "exited", code: 0 });
  for (const child of [closed, orphaned]) {
    assertEquals(await textOfStream(child.output), "a line\nended\n");
    await child.input.write(new Uint8Array(10));
  }
});

Deno.test("MemoryProcesses makes a script that throws exit with 1, and inherited streams empty", async () => {
  const processes = new MemoryProcesses();
  processes.install("crash", () => Promise.reject(new Error("no luck")));
  const piped = await processes.spawn({ command: ["crash"] });
  assertEquals(await piped.ended, { kind: "exited", code: 1 });
  assertStringIncludes(await textOfStream(piped.errors), "no luck");
  const inherited = await processes.spawn({ command: ["crash"], streams: "inherited" });
  assertEquals(await textOfStream(inherited.errors), "");
  const partly = await processes.spawn({ command: ["crash"], errors: "inherited" });
  assertEquals(await textOfStream(partly.errors), "");
});
