import { assert, assertEquals } from "@std/assert";
import { describeLoad, describeThisMachine, parseMachine } from "./machine.ts";

Deno.test("parseMachine() finds processor, memory, system and kernel", () => {
  const text = `== kernel
Linux 6.1.0-18-amd64
== release
PRETTY_NAME="Debian GNU/Linux 12 (bookworm)"
NAME="Debian GNU/Linux"
== cpu
processor\t: 0
model name\t: AMD EPYC 7B13
processor\t: 1
model name\t: AMD EPYC 7B13
== memory
MemTotal:       24684092 kB
MemFree:        16027516 kB
`;
  assertEquals(parseMachine(text, { cores: 2, versions: { deno: "2.9.6" } }), {
    cpu: "AMD EPYC 7B13",
    cores: 2,
    memoryGib: 24,
    system: "Debian GNU/Linux 12 (bookworm)",
    kernel: "Linux 6.1.0-18-amd64",
    versions: { deno: "2.9.6" },
  });
});

Deno.test("parseMachine() calls unknown what a system does not say", () => {
  const { cpu, memoryGib, kernel } = parseMachine("== kernel\nDarwin 23.1\n== release\n", { cores: 8, versions: {} });
  assertEquals({ cpu, memoryGib, kernel }, { cpu: "unknown", memoryGib: 0, kernel: "Darwin 23.1" });
});

Deno.test("describeLoad() warns of a machine that does other work", () => {
  for (const [load, cores] of [[0, 1], [0.5, 1], [1, 2], [3.9, 8]] as const) {
    assertEquals(describeLoad(load, cores), []);
  }
  assertEquals(describeLoad(1.26, 2), [
    "The machine is busy: 1.3 programs want to run on 2 cores. Ratios may be chance.",
  ]);
});

Deno.test("describeThisMachine() names the programs that are there", async () => {
  const { cores, versions } = await describeThisMachine({
    installed: new Map([["curl", { command: "curl", version: "8.0" }]]),
  });
  assert(cores > 0);
  assertEquals(versions, { deno: Deno.version.deno, curl: "8.0" });
});
