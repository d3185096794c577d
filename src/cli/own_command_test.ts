import { assertEquals } from "@std/assert";
import {
  describeExecutable,
  type Executable,
  ownCommand,
  permissionFlags,
  type ProcessFacts,
  servingFlags,
} from "./own_command.ts";
import { ROLES, shortNameOf } from "./roles.ts";

const ARGS = ["content", "--worker=2"];
const NEEDS = { listen: { host: "::1", port: 7001 }, folder: "/srv/files" };

const MAY = ["--allow-read=/srv/files", "--allow-env=INIT_CWD,NO_COLOR,MICROCDN_*", "--deny-import"];
const RUN = ["run", "--quiet", "--no-prompt", "--unstable-net", "--allow-net=[::1]:7001", ...MAY];

interface Case {
  readonly name: string;
  readonly facts: ProcessFacts;
  readonly isDenoCompiled?: boolean;
  readonly executable: Executable;
  readonly command: readonly string[];
}

const CASES: readonly Case[] = [
  {
    name: "from source on Deno",
    facts: {
      versions: { deno: "2.9.6", node: "22.0.0" },
      execPath: "/bin/deno",
      execArgv: [],
      argv: ["/bin/deno", "/p/src/cli/main.ts", "content"],
    },
    executable: { runtime: "deno", path: "/bin/deno", options: [], script: "/p/src/cli/main.ts" },
    command: ["/bin/deno", ...RUN, "/p/src/cli/main.ts", ...ARGS],
  },
  {
    name: "compiled with Deno",
    facts: {
      versions: { deno: "2.9.6", node: "22.0.0" },
      execPath: "/bin/microcdn",
      execArgv: [],
      argv: ["/bin/microcdn", "/tmp/deno-compile-microcdn/src/cli/main.ts", "content"],
    },
    isDenoCompiled: true,
    executable: { runtime: "deno", path: "/bin/microcdn", options: [], script: undefined },
    command: ["/bin/microcdn", ...ARGS],
  },
  {
    name: "a bundle on Node, with options of Node's own",
    facts: {
      versions: { node: "22.12.0" },
      execPath: "/bin/node",
      execArgv: ["--max-old-space-size=64"],
      argv: ["/bin/node", "/p/microcdn.mjs", "content"],
    },
    executable: {
      runtime: "node",
      path: "/bin/node",
      options: ["--max-old-space-size=64"],
      script: "/p/microcdn.mjs",
    },
    command: ["/bin/node", "--max-old-space-size=64", "/p/microcdn.mjs", ...ARGS],
  },
  {
    name: "a bundle on Bun",
    facts: {
      versions: { bun: "1.4.4", node: "24.0.0" },
      execPath: "/bin/bun",
      execArgv: [],
      argv: ["/bin/bun", "/p/microcdn.mjs", "content"],
    },
    executable: { runtime: "bun", path: "/bin/bun", options: [], script: "/p/microcdn.mjs" },
    command: ["/bin/bun", "/p/microcdn.mjs", ...ARGS],
  },
  {
    name: "compiled with Bun",
    facts: {
      versions: { bun: "1.4.4", node: "24.0.0" },
      execPath: "/bin/microcdn",
      execArgv: [],
      argv: ["bun", "/$bunfs/root/microcdn", "content"],
    },
    executable: { runtime: "bun", path: "/bin/microcdn", options: [], script: undefined },
    command: ["/bin/microcdn", ...ARGS],
  },
  {
    name: "compiled with Bun for Windows",
    facts: {
      versions: { bun: "1.4.4", node: "24.0.0" },
      execPath: "C:\\microcdn.exe",
      execArgv: [],
      argv: ["bun", "B:\\~BUN\\root\\microcdn.exe", "content"],
    },
    executable: { runtime: "bun", path: "C:\\microcdn.exe", options: [], script: undefined },
    command: ["C:\\microcdn.exe", ...ARGS],
  },
];

Deno.test("ownCommand() starts the program again as it was started", () => {
  for (const { name, facts, isDenoCompiled = false, executable, command } of CASES) {
    const found = describeExecutable(facts, { isDenoCompiled });
    assertEquals(found, executable, name);
    assertEquals(ownCommand(found, ARGS, servingFlags(NEEDS)), command, name);
  }
});

Deno.test("servingFlags() lets a process read everything if its folder cannot be named", () => {
  const flags = servingFlags({ ...NEEDS, folder: "/srv/a,b" });
  assertEquals(flags.filter((word) => word.startsWith("--allow-read")), ["--allow-read"]);
});

Deno.test("permissionFlags() gives each role what it needs and no more", () => {
  const env = "--allow-env=INIT_CWD,NO_COLOR,MICROCDN_*";
  const flags = Object.fromEntries(ROLES.map((role) => [shortNameOf(role), permissionFlags(role.permissions)]));
  const keeps = ["--allow-net", "--allow-read", "--allow-write"];
  assertEquals(flags, {
    index: ["--allow-net", `${env},PG*`, "--deny-import"],
    monitor: ["--allow-net", env, "--deny-import"],
    content: ["--allow-net", "--allow-read", env, "--deny-import"],
    client: [...keeps, env, "--deny-import"],
    "edge-meta": [...keeps, `${env},DATABASE_URL,FSS_URL,PG*`, "--deny-import"],
    "edge-origin": ["--allow-net", `${env},META_SERVER_URL,FSS_URL`, "--deny-import"],
    "edge-store": [...keeps, `${env},META_SERVER_URL,MINIO_*,AWS_*`, "--deny-import"],
    "edge-node": [...keeps, `${env},META_SERVER_URL,FSS_URL,CDN_*,REDIS_*`, "--deny-import"],
    "edge-client": [...keeps, env, "--deny-import"],
  });
  assertEquals(permissionFlags({ run: true, env: ["A"], import: { deny: true } }), [
    "--allow-run",
    "--allow-env=A",
    "--deny-import",
  ]);
});
