import { assert, assertEquals, assertThrows } from "@std/assert";
import { UsageError } from "../../src/cli/usage_error.ts";
import { parseInventory } from "./inventory.ts";
import { roleKinds } from "./role_kinds.ts";

const KINDS = roleKinds();

function parse(value: unknown): ReturnType<typeof parseInventory> {
  return parseInventory(typeof value === "string" ? value : JSON.stringify(value), KINDS);
}

const ROLE = { role: "index" };
const LAB = { host: "lab1", roles: [ROLE] };

/** An inventory of one machine. */
function one(machine: Record<string, unknown>): unknown {
  return { machines: [{ ...LAB, ...machine }] };
}

/** An inventory of one machine with one role. */
function role(fields: Record<string, unknown>): unknown {
  return one({ roles: [{ ...ROLE, ...fields }] });
}

/** An inventory of one index with these flags. */
function flags(flags: unknown): unknown {
  return role({ flags });
}

function content(name: string, flags: Record<string, unknown>): unknown {
  return { host: name, roles: [{ role: "content", flags }] };
}

Deno.test("parseInventory() fills in what a short inventory leaves out", () => {
  const [machine] = parse(one({}));
  assert(machine !== undefined);
  const { roles, ...rest } = machine;
  assertEquals(rest, { name: "lab1", host: "lab1", options: [], folder: "microcdn" });
  const [index] = roles;
  assert(index !== undefined);
  assertEquals([index.name, index.kind.word, index.args], ["index", "index", []]);
  assertEquals(index.settings, {
    admin: undefined,
    drainMs: 5_000,
    isQuiet: false,
    ports: [{ transport: "TCP", host: "127.0.0.1", port: 5050 }],
    identity: undefined,
  });
});

Deno.test("parseInventory() reads all that an inventory can say", () => {
  const [machine] = parse(one({
    name: "first",
    host: "[2001:db8::1]",
    port: 2222,
    user: "cdn",
    identity: "~/.ssh/lab key",
    config: "ssh config",
    options: { ProxyJump: "gate", StrictHostKeyChecking: false, ConnectTimeout: 3, ServerAliveInterval: "7" },
    folder: "/srv/it's here/",
    roles: [{
      role: "content",
      name: "cs-1",
      flags: {
        "server-id": "LAB1",
        "tcp-port": 7101,
        "admin": "[::1]:17101",
        "drain": 0,
        "quiet": true,
        "files": "two words/'$HOME'",
        "index-host": "index.lab",
      },
    }],
  }));
  assert(machine !== undefined);
  const { roles, ...rest } = machine;
  assertEquals(rest, {
    name: "first",
    host: "2001:db8::1",
    port: 2222,
    user: "cdn",
    identity: "~/.ssh/lab key",
    config: "ssh config",
    options: [["ProxyJump", "gate"], ["StrictHostKeyChecking", "no"], ["ConnectTimeout", "3"], [
      "ServerAliveInterval",
      "7",
    ]],
    folder: "/srv/it's here",
  });
  assertEquals(roles[0]!.args, [
    "--server-id=LAB1",
    "--tcp-port=7101",
    "--admin=[::1]:17101",
    "--drain=0",
    "--quiet=true",
    "--files=two words/'$HOME'",
    "--index-host=index.lab",
  ]);
  assertEquals(roles[0]!.settings, {
    admin: { host: "::1", port: 17101 },
    drainMs: 0,
    isQuiet: true,
    ports: [
      { transport: "TCP", host: "127.0.0.1", port: 7101 },
      { transport: "UDP", host: "127.0.0.1", port: 7002 },
      { transport: "TCP", host: "::1", port: 17101 },
    ],
    identity: { serverId: "LAB1", indexes: [{ host: "index.lab", port: 5050 }] },
  });
});

const GOOD: ReadonlyArray<readonly [what: string, inventory: unknown]> = [
  ["a folder below the home, however written", one({ folder: "~/a/b" })],
  ["a folder with every odd sign", one({ folder: "a b/'\"$`\\*;é" })],
  [
    "two roles that listen at different hosts",
    one({
      roles: [{ role: "index", flags: { host: "127.0.0.2" } }, { role: "index", name: "two" }],
    }),
  ],
  [
    "two roles that take any port",
    one({
      roles: [{ role: "index", flags: { port: 0 } }, { role: "index", name: "two", flags: { port: 0 } }],
    }),
  ],
  [
    "TCP and UDP on one port",
    one({
      roles: [{ role: "index", flags: { port: 6000 } }, { role: "monitor" }],
    }),
  ],
  ["one id at two indexes", {
    machines: [content("a", { "index-host": "x" }), content("b", { "index-host": "y" })],
  }],
  ["one id at the index of each machine's own", { machines: [content("a", {}), content("b", {})] }],
  ["a machine twice, under two names and in two folders", {
    machines: [{ ...LAB, name: "a", folder: "one" }, { ...LAB, name: "b", folder: "two" }],
  }],
];

for (const [what, inventory] of GOOD) {
  Deno.test(`parseInventory() takes ${what}`, () => assert(parse(inventory).length > 0));
}

const NTH = 'machine 1: "host"';
const LAB1 = 'machine "lab1"';
const INDEX = `${LAB1}, role "index"`;
const NO_NAME = "must be letters, digits, dots, dashes and underlines, got";

const BAD: ReadonlyArray<readonly [inventory: unknown, message: string]> = [
  ["", "it is no JSON: Unexpected end of JSON input"],
  ["{machines: []}", "it is no JSON: "],
  ["[]", "the inventory must be an object"],
  ["null", "the inventory must be an object"],
  ["{}", '"machines" is missing'],
  ['{"machines":[],"machines":[]}', 'the key "machines" stands twice in one object'],
  [{ machine: [] }, 'the inventory: unknown key "machine"; did you mean "machines"?'],
  [{ machines: {} }, '"machines" must be a list'],
  [{ machines: [] }, '"machines" is empty'],
  [{ machines: Array(1_001).fill(LAB) }, '"machines" has 1001 entries, and may have 1000'],
  [{ machines: ["lab1"] }, "machine 1 must be an object"],
  [{ machines: [LAB, { host: "x", roles: [ROLE], hots: 1 }] }, 'machine 2: unknown key "hots"; did you mean "host"?'],
  [one({ colour: 1 }), 'machine 1: unknown key "colour"; there are name, host, port'],
  [{ machines: [{ roles: [ROLE] }] }, `${NTH} is missing`],
  [one({ host: "" }), `${NTH} must be a host, an address or an alias, got ""`],
  [one({ host: "-oProxyCommand=x" }), `${NTH} must be a host, an address or an alias, got "-oProxyCommand=x"`],
  [one({ host: "a b" }), `${NTH} must be a host, an address or an alias, got "a b"`],
  [one({ host: "a\nb" }), `${NTH} must be a host, an address or an alias, got "a\\nb"`],
  [one({ host: 7 }), `${NTH} must be a host, an address or an alias, got 7`],
  [one({ host: "cdn@lab1" }), `${NTH}: write the user of "cdn@lab1" as "user"`],
  [one({ host: "lab1:22" }), `${NTH}: write the port of "lab1:22" as "port"`],
  [one({ name: "a/b" }), `machine 1: "name" ${NO_NAME} "a/b"`],
  [one({ name: "-f" }), `machine 1: "name" ${NO_NAME} "-f"`],
  [one({ name: "" }), `machine 1: "name" ${NO_NAME} ""`],
  [one({ port: 0 }), `${LAB1}: "port" must be a number from 1 to 65535, got 0`],
  [one({ port: 65_536 }), `${LAB1}: "port" must be a number from 1 to 65535, got 65536`],
  [one({ port: 22.5 }), `${LAB1}: "port" must be a number from 1 to 65535, got 22.5`],
  [one({ port: "22" }), `${LAB1}: "port" must be a number from 1 to 65535, got "22"`],
  [one({ user: "-l" }), `${LAB1}: "user" must be a user's name, got "-l"`],
  [one({ user: "a;b" }), `${LAB1}: "user" must be a user's name, got "a;b"`],
  [one({ identity: "" }), `${LAB1}: "identity" must be a path, got ""`],
  [one({ identity: "a\u0000" }), `${LAB1}: "identity" must be a path, got "a\\u0000"`],
  [one({ options: ["a"] }), `${LAB1}: "options" must be an object`],
  [one({ options: { "Proxy Jump": "x" } }), `${LAB1}: "options": "Proxy Jump" is no option of ssh`],
  [one({ options: { batchmode: "no" } }), `${LAB1}: "options": batchmode cannot be set here: ship sets it`],
  [one({ options: { Port: 22 } }), `${LAB1}: "options": Port cannot be set here: write "port"`],
  [one({ options: { ProxyJump: "" } }), `${LAB1}: "options": ProxyJump must be a text, a number, true or false`],
  [one({ options: { ProxyJump: null } }), `${LAB1}: "options": ProxyJump must be a text, a number, true or false`],
  [one({ options: { ProxyJump: "a\nb" } }), `${LAB1}: "options": ProxyJump must be a text, a number, true or false`],
  [one({ folder: "" }), `${LAB1}: "folder" must be a path of at most 200 characters, got ""`],
  [one({ folder: "a\nb" }), `${LAB1}: "folder" must be a path of at most 200 characters, got "a\\nb"`],
  [one({ folder: "../x" }), `${LAB1}: "folder" may not lead upwards with "..", got "../x"`],
  [one({ folder: "/srv/../etc" }), `${LAB1}: "folder" may not lead upwards with "..", got "/srv/../etc"`],
  [one({ folder: "/" }), `${LAB1}: "folder" must be a folder of its own, got "/"`],
  [one({ folder: "~" }), `${LAB1}: "folder" must be a folder of its own, got "~"`],
  [one({ folder: "./" }), `${LAB1}: "folder" must be a folder of its own, got "./"`],
  [one({ folder: "~bob/x" }), `${LAB1}: "folder": write the path of another user's home, not "~bob/x"`],
  [one({ roles: undefined }), `${LAB1}: "roles" is missing`],
  [one({ roles: [] }), `${LAB1}: "roles" is empty`],
  [one({ roles: ["index"] }), `${LAB1}, role 1 must be an object`],
  [one({ roles: [ROLE, {}] }), `${LAB1}, role 2: "role" is missing`],
  [role({ role: "idnex" }), `${LAB1}, role 1: unknown role "idnex"; did you mean "index"?`],
  [role({ role: "client" }), `${LAB1}, role 1: unknown role "client"; there are index, monitor, content`],
  [role({ role: ["index"] }), `${LAB1}, role 1: "role" must be the name of a role, got ["index"]`],
  [role({ flag: {} }), `${LAB1}, role 1: unknown key "flag"; did you mean "flags"?`],
  [role({ name: "../x" }), `${LAB1}, role 1: "name" ${NO_NAME} "../x"`],
  [role({ name: "a b" }), `${LAB1}, role 1: "name" ${NO_NAME} "a b"`],
  [role({ name: "it's" }), `${LAB1}, role 1: "name" ${NO_NAME} "it's"`],
  [flags([]), `${INDEX}: "flags" must be an object`],
  [flags({ prot: 1 }), `${INDEX}: unknown flag "prot"; did you mean "port"?`],
  [flags({ "--port": 1 }), `${INDEX}: unknown flag "--port"; did you mean "port"?`],
  [flags({ files: "x" }), `${INDEX}: unknown flag "files"`],
  [flags({ supervised: true }), `${INDEX}: unknown flag "supervised"`],
  [flags({ help: true }), `${INDEX}: unknown flag "help"`],
  [flags({ config: "x.json" }), `${INDEX}: write the flags of "config" here instead of the file's name`],
  [flags({ port: 70_000 }), `${INDEX}: flag "port" must be 1 to 65535, got 70000`],
  [flags({ port: [1] }), `${INDEX}: "port" must be a text, a number, true or false`],
  [flags({ host: "" }), `${INDEX}: flag "host" has no value`],
  [flags({ host: "a b" }), `${INDEX}: flag "host" must be a host without a port, got "a b"`],
  [flags({ admin: "x" }), `${INDEX}: flag "admin" must be HOST:PORT, got "x"`],
  [flags({ drain: -1 }), `${INDEX}: flag "drain" must be a number of seconds 0 or more, got -1`],
  [one({ roles: [{ role: "content", flags: { files: "a\0b" } }] }), `${LAB1}, role "content": flag "files" has a NUL`],
  [{ machines: [LAB, LAB] }, 'two machines are called "lab1"'],
  [
    { machines: [LAB, { ...LAB, host: "LAB1", name: "b", port: 22 }] },
    'machines "lab1" and "b" have the same host, port, user and folder',
  ],
  [one({ roles: [ROLE, ROLE] }), `${LAB1}: two roles are called "index"; give one another "name"`],
  [
    one({ roles: [ROLE, { ...ROLE, name: "two", flags: { host: "0.0.0.0" } }] }),
    `${LAB1}: roles "index" and "two" would both listen on TCP 5050`,
  ],
  [flags({ admin: "127.0.0.1:5050" }), `${LAB1}: role "index" would listen on TCP 5050 twice`],
  [
    { machines: [content("a", { "index-host": "x" }), content("b", { "index-host": "x" })] },
    'a/content and b/content have the same server-id "CS1" at the same index',
  ],
];

Deno.test("parseInventory() refuses what makes no sense, in one line that says where", () => {
  for (const [inventory, message] of BAD) {
    const error = assertThrows(() => parse(inventory), UsageError);
    assertEquals(error.message.slice(0, message.length), message);
  }
});

Deno.test("parseInventory() takes the inventory that the README shows", async () => {
  const readme = await Deno.readTextFile(new URL("../../README.md", import.meta.url));
  const [, example] = readme.match(/^```json\n(.*"machines".*?)^```$/ms) ?? [];
  const machines = parse(example!);
  assertEquals(machines.map(({ name, roles }) => [name, ...roles.map((role) => role.name)]), [
    ["lab1", "index", "monitor"],
    ["second", "content"],
  ]);
});
