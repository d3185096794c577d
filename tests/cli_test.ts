import { assert, assertEquals, assertMatch, assertStringIncludes } from "@std/assert";
import { INDEX, ROLES, shortNameOf } from "../src/cli/roles.ts";
import { VERSION } from "../src/cli/version.ts";
import { type CliLauncher, CliProcess, fromModule, type PermissionSet } from "./cli_process.ts";
import { build } from "./launchers.ts";
import { testWith } from "./missing_programs.ts";
import { RUNTIMES } from "./real_runtime.ts";
import { withFolder } from "./temporary_folder.ts";
import { until } from "./until.ts";

const HELLO = await Deno.readTextFile(new URL("../content/cs1/hello.txt", import.meta.url));

/** A network of three processes on free ports. */
class Network implements AsyncDisposable {
  readonly programs: CliProcess[] = [];
  readonly #launch: CliLauncher;
  indexPort = "";
  contentPort = "";

  constructor(launch: CliLauncher) {
    this.#launch = launch;
  }

  static async start(folder: string, launch: CliLauncher): Promise<Network> {
    const network = new Network(launch);
    const monitor = network.#add("monitor", ["monitor", "--udp-port=0", "--tcp-port=0", "--index-port=9"]);
    const [, udp = "", tcp = ""] = await monitor.see(/ready udp=127\.0\.0\.1:(\d+) tcp=127\.0\.0\.1:(\d+)/);
    const index = network.#add("index", ["index", "--port=0", `--monitor-tcp-port=${tcp}`]);
    network.indexPort = (await index.see(/ready tcp=127\.0\.0\.1:(\d+)/))[1]!;
    const places = ["--tcp-port=0", "--udp-port=0", `--index-port=${network.indexPort}`, `--monitor-udp-port=${udp}`];
    const content = network.#add("content", ["content", "--files", folder, ...places]);
    network.contentPort = (await content.see(/ready id=CS1 tcp=127\.0\.0\.1:(\d+)/))[1]!;
    await content.see(/registered/);
    return network;
  }

  #add(permissions: PermissionSet, args: readonly string[]): CliProcess {
    const program = new CliProcess(permissions, args, { launch: this.#launch });
    this.programs.push(program);
    return program;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    for (const program of this.programs) await program[Symbol.asyncDispose]();
  }
}

async function exists(path: string): Promise<boolean> {
  return await Deno.stat(path).then(() => true, () => false);
}

/** Registers a test of the program from source, and of the file that the other runtimes run. */
function testEverywhere(name: string, run: (launch: CliLauncher) => Promise<void>): void {
  Deno.test(name, () => run(fromModule()));
  for (const runtime of RUNTIMES) {
    testWith([runtime], `${name}, on ${runtime}`, async () => {
      await using built = await build("bundle");
      await run(() => [runtime, `${built.folder}/microcdn.mjs`]);
    });
  }
}

Deno.test("microcdn answers wrong command lines with one line and exit code 2", async () => {
  const cases: ReadonlyArray<readonly [PermissionSet, string[], string]> = [
    ["client", ["gte", "hello.txt"], "Unknown command gte; did you mean get? (try microcdn --help)\n"],
    ["index", ["index", "--prot", "1"], "Unknown flag --prot; did you mean --port? (try microcdn index --help)\n"],
    ["index", ["index", "--port", "70000"], "--port must be 1 to 65535, got 70000 (try microcdn index --help)\n"],
    ["content", ["content", "--files"], "--files needs a value: DIR (try microcdn content --help)\n"],
    ["client", ["get"], "get needs at least one NAME (try microcdn get --help)\n"],
    ["client", ["get", "a", "--config", "no.json"], "Cannot open "],
  ];
  for (const [permissions, args, line] of cases) {
    const { exitCode, output, errors } = await CliProcess.run(permissions, args);
    assertEquals([exitCode, output], [2, ""], errors);
    assertEquals(errors.slice(0, line.length), line);
    assertEquals(errors.split("\n").length, 2, errors);
  }
});

Deno.test("microcdn --version and --help need no permission", async () => {
  const version = await CliProcess.run("index", ["--version"]);
  assertEquals(version.exitCode, 0);
  assertMatch(version.output, /^microcdn \d+\.\d+\.\d+\n$/);
  const help = await CliProcess.run("index", ["content", "--help"]);
  assertEquals(help.exitCode, 0);
  assertStringIncludes(help.output, "--heartbeat-interval S");
});

Deno.test("each role is a program of its own, which may do no more than it needs", async () => {
  for (const role of ROLES) {
    const { name, entry } = role;
    const { output, errors } = await CliProcess.run(shortNameOf(role) as PermissionSet, ["--version"], {
      launch: fromModule(entry),
    });
    assertEquals([output, errors], [`${name} ${VERSION}\n`, ""]);
  }
  const denied = await CliProcess.run("index", ["--config", "deno.json"], { launch: fromModule(INDEX.entry) });
  assertEquals(denied.exitCode, 2);
  assertMatch(denied.errors, /^Cannot open .*deno\.json: permission denied \(try microcdn-index --help\)\n$/);
});

testEverywhere("microcdn says in one line that the network or a file fails", async (launch) => {
  const down = await CliProcess.run("client", ["ls", "--index-port", "9"], { launch });
  assertEquals(down.exitCode, 3);
  assertMatch(
    down.errors,
    /^Cannot list files: .*:9: connection refused\. Is the index running\? Start it with: .*\n$/,
  );
  using listener = Deno.listen({ hostname: "127.0.0.1", port: 0 });
  const { port } = listener.addr;
  const inUse = await CliProcess.run("index", ["index", "--port", `${port}`], { launch });
  const line = `Cannot listen at 127.0.0.1:${port}: the address is in use; choose another with --port\n`;
  assertEquals([inUse.exitCode, inUse.errors], [3, line]);
  const missing = await CliProcess.run("content", ["content", "--files", "no/such/folder"], { launch });
  assertEquals(missing.exitCode, 5);
  assertMatch(missing.errors, /^Cannot list .*no\/such\/folder: no such file or folder\n$/);
});

testEverywhere("microcdn serves and downloads, each role with its own permissions", async (launch) => {
  await withFolder(async (folder) => {
    await using network = await Network.start("content/cs1", launch);
    const at = ["--index-port", network.indexPort];
    const list = await CliProcess.run("client", ["ls", ...at], { launch });
    assertMatch(list.output, /^96\thello\.txt$/m);
    const shown = await CliProcess.run("client", ["client", "hello.txt", ...at, "--out", "-"], { launch });
    assertEquals(shown, { exitCode: 0, output: HELLO, errors: "" });
    const saved = await CliProcess.run("client", ["get", "hello.txt", "poster.png", ...at, "--parallel=4"], {
      folder,
      launch,
    });
    assertEquals(saved, { exitCode: 0, output: "", errors: "" });
    assertEquals(await Deno.readTextFile(`${folder}/hello.txt`), HELLO);
    const { exitCode, output } = await CliProcess.run("client", ["stat", "hello.txt", ...at], { launch });
    assertEquals(exitCode, 0);
    assertMatch(output, /^sha256\t[0-9a-f]{64}$/m);
    const servers = await CliProcess.run("client", ["servers"], {
      launch,
      variables: { MICROCDN_INDEX_PORT: network.indexPort },
    });
    assertMatch(servers.output, /^CS1\t127\.0\.0\.1:\d+\t\d+\talive\n$/);
    const none = await CliProcess.run("client", ["get", "nope.txt", ...at], { folder, launch });
    assertEquals(none, { exitCode: 1, output: "", errors: "Cannot get nope.txt: no server has it\n" });
    const signals: readonly Deno.Signal[] = ["SIGINT", "SIGTERM", "SIGHUP"];
    for (const [at, program] of network.programs.entries()) {
      program.signal(signals[at]!);
      assertEquals(await program.ended, 0);
      assertStringIncludes(program.errors, `Stopped by ${signals[at]}`);
    }
  });
});

testEverywhere("microcdn get ends with 130 at Ctrl-C, and with 141 when nobody reads", async (launch) => {
  await withFolder(async (folder) => {
    await Deno.writeFile(`${folder}/film.mp4`, new Uint8Array(8_000_000));
    await using network = await Network.start(folder, launch);
    const direct = ["--direct-port", network.contentPort];
    await using slow = new CliProcess(
      "client",
      ["get", "film.mp4", ...direct, "--limit-rate=500k", "-v", "-o", "copy"],
      {
        folder,
        launch,
      },
    );
    await slow.see(/state file=film\.mp4 from=IDLE to=DOWNLOADING/);
    await until(() => exists(`${folder}/copy.part.json`));
    slow.signal("SIGINT");
    slow.signal("SIGINT");
    assertEquals(await slow.ended, 130);
    assertStringIncludes(slow.errors, `Stopped by SIGINT; the same command goes on from ${folder}/copy.part\n`);
    await using piped = new CliProcess("client", ["get", "film.mp4", ...direct, "-o-"], {
      folder,
      launch,
      readsBytes: 1,
    });
    assertEquals([await piped.ended, piped.errors], [141, ""]);
    assert(piped.output.length > 0);
  });
});

testEverywhere("microcdn ends at once when somebody insists", async (launch) => {
  await using index = new CliProcess("index", ["index", "--port=0", "--drain=600", "--idle-timeout=600"], { launch });
  const [, port] = await index.see(/ready tcp=127\.0\.0\.1:(\d+)/);
  using conn = await Deno.connect({ hostname: "127.0.0.1", port: Number(port) });
  await conn.write(new TextEncoder().encode("HELLO\n"));
  assert(await conn.read(new Uint8Array(64)) !== null);
  await index.insist("SIGINT");
  assertEquals(await index.ended, 130);
});

testEverywhere("microcdn ends with its supervisor", async (launch) => {
  await using index = new CliProcess("index", ["index", "--port=0", "--supervised"], { hasInput: true, launch });
  await index.see(/ready/);
  await index.endInput();
  assertEquals(await index.ended, 0);
  assertStringIncludes(index.errors, "standard input ended");
});
