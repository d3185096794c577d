import { assertEquals } from "@std/assert";
import type { Machine } from "./machine.ts";
import { explainSsh, sshCommand, sshForward } from "./ssh_command.ts";

const PLAIN: Machine = { name: "lab1", host: "lab1", options: [], folder: "microcdn", roles: [] };
const OURS = ["-o", "BatchMode=yes", "-o", "RequestTTY=no", "-o", "RemoteCommand=none", "-o", "ForwardX11=no"];
const QUIET = ["-o", "LogLevel=ERROR"];
const PATIENCE = ["-o", "ConnectTimeout=10", "-o", "ServerAliveInterval=5", "-o", "ServerAliveCountMax=3"];

Deno.test("sshCommand() leaves to the user's configuration what the inventory does not say", () => {
  assertEquals(sshCommand(PLAIN, "sh -s"), [
    ...["ssh", ...OURS, ...QUIET, ...PATIENCE, "-o", "ClearAllForwardings=yes", "--", "lab1", "sh -s"],
  ]);
});

Deno.test("sshCommand() puts the inventory's options before ours that they may replace, and no word is a flag", () => {
  const machine: Machine = {
    ...PLAIN,
    host: "2001:db8::1",
    port: 2222,
    user: "cdn",
    identity: "/keys/a b",
    config: "/keys/config",
    options: [["ProxyJump", "gate"], ["ConnectTimeout", "3"]],
  };
  assertEquals(sshCommand(machine, "-x"), [
    ...["ssh", "-F", "/keys/config", ...OURS, ...QUIET, "-o", "ProxyJump=gate", "-o", "ConnectTimeout=3", ...PATIENCE],
    ...["-i", "/keys/a b", "-p", "2222", "-l", "cdn", "-o", "ClearAllForwardings=yes", "--", "2001:db8::1", "-x"],
  ]);
});

Deno.test("sshForward() connects with an address as it is seen from there", () => {
  assertEquals(sshForward(PLAIN, { host: "::1", port: 15050 }).slice(-4), ["-W", "[::1]:15050", "--", "lab1"]);
});

const KEY = "connect once by hand, with ssh, to accept its key";
const NO_KEY = "no password is asked for: it takes a key, by the agent or as identity";

const FAILURES: ReadonlyArray<readonly [errors: string, reason: string]> = [
  ["ssh: connect to host lab1 port 22: Connection refused\r\n", "Connection refused"],
  ["ssh: connect to host 10.0.0.1 port 22: Connection timed out\n", "Connection timed out"],
  [
    "ssh: Could not resolve hostname lab1: Name or service not known\n",
    "Could not resolve hostname lab1: Name or service not known",
  ],
  ["Timeout, server lab1 not responding.\r\n", "Timeout, server lab1 not responding"],
  [
    "No ED25519 host key is known for lab1.\r\nHost key verification failed.\r\n",
    `Host key verification failed (${KEY})`,
  ],
  ["cdn@lab1: Permission denied (publickey).\n", `cdn@lab1: Permission denied (publickey) (${NO_KEY})`],
  ["\n\n", "ssh does not say why"],
];

Deno.test("explainSsh() says in one line why a machine cannot be reached", () => {
  for (const [errors, reason] of FAILURES) assertEquals(explainSsh(PLAIN, errors), `Cannot reach lab1: ${reason}`);
  assertEquals(explainSsh({ host: "::1", port: 22 }, "x"), "Cannot reach [::1]:22: x");
});
