import { assert, assertEquals, assertMatch, assertStringIncludes } from "@std/assert";
import process from "node:process";
import { ROOT } from "../../cluster/surroundings.ts";
import { compileC, NO_COMPILER } from "../c_program.ts";
import { type LoadResult, scriptCommand } from "./generator.ts";

const BODY = "x".repeat(3_000_000);
const HEAD = `OK ${BODY.length}\n`;

/** Answers every line with a head and a body, and closes; the test's end closes it. */
class LineServer implements AsyncDisposable {
  readonly port: number;
  readonly #listener = Deno.listen({ hostname: "127.0.0.1", port: 0 });
  readonly #serving: Promise<void>;
  readonly #conns = new Set<Promise<void>>();

  constructor() {
    this.port = this.#listener.addr.port;
    this.#serving = this.#serve();
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#listener.close();
    await this.#serving;
    await Promise.all(this.#conns);
  }

  async #serve(): Promise<void> {
    for await (const conn of this.#listener) this.#conns.add(this.#answer(conn));
  }

  async #answer(conn: Deno.TcpConn): Promise<void> {
    try {
      // Nobody who is idle says a line.
      if (await conn.read(new Uint8Array(512)) === null) return;
      const bytes = new TextEncoder().encode(HEAD + BODY);
      for (let at = 0; at < bytes.length;) at += await conn.write(bytes.subarray(at));
    } catch {
      // The generator gave up, as one case wants it to.
    } finally {
      conn.close();
    }
  }
}

type Command = readonly [string, ...string[]];

async function run(
  [program, ...first]: Command,
  args: readonly string[],
): Promise<{ code: number; output: string; errors: string }> {
  const child = new Deno.Command(program, { args: [...first, ...args], cwd: ROOT, stdin: "null" });
  const { code, stdout, stderr } = await child.output();
  return { code, output: new TextDecoder().decode(stdout), errors: new TextDecoder().decode(stderr) };
}

/** What every generator does, whatever it is written in. */
async function checkGenerator(t: Deno.TestContext, generator: Command): Promise<void> {
  await using server = new LineServer();
  const port = ["--port", String(server.port)];
  const target = [...port, "--request", "GET x\\n", "--head", "line"];
  const measure = async (...args: string[]): Promise<LoadResult> => {
    const { code, output, errors } = await run(generator, [...target, ...args]);
    assertEquals(errors, "");
    assertEquals(code, 0);
    return JSON.parse(output);
  };

  await t.step("counts requests, and every byte of them", async () => {
    const args = ["--count", "20", "--at-once", "8", "--expect", "OK 3", "--length", String(BODY.length)];
    const { requests, errors, firstError, bytes, latencyUs: { p50, p99, max } } = await measure(...args);
    assertEquals({ requests, errors, firstError }, { requests: 20, errors: 0, firstError: null });
    assertEquals(bytes, 20 * (HEAD.length + BODY.length));
    assert(0 < p50 && p50 <= p99 && p99 <= max);
  });

  for (
    const [args, message] of [
      [["--expect", "OK 4"], "the answer begins otherwise after 3000011 bytes: OK 3000000.xxx"],
      [["--length", "2999999"], "another length"],
      [["--head", "http"], "no whole head"],
      [["--deadline", "0.001", "--count", "50", "--at-once", "50"], "no end within the deadline"],
    ] as const
  ) {
    await t.step(`counts as an error: ${message}`, async () => {
      const { errors, firstError } = await measure(...args);
      assert(errors > 0);
      assertStringIncludes(String(firstError), message);
    });
  }

  await t.step("ends after --seconds, when what is under way is done", async () => {
    const { requests, errors, seconds } = await measure("--seconds", "0.05", "--at-once", "2");
    assertEquals(errors, 0);
    assert(requests >= 2 && seconds >= 0.05);
  });

  await t.step("holds idle connections until its input ends", async () => {
    const { output } = await run(generator, [...port, "--idle", "--at-once", "50"]);
    assertEquals(output, '{"open":50}\n{"stillOpen":50}\n');
  });

  await t.step("refuses what it does not know, in one line", async () => {
    for (const args of [["--port", "0"], ["--port", "x"], ["--colour", "red"], ["--port", "1", "--head"]]) {
      const { code, errors } = await run(generator, args);
      assertEquals(code, 2, errors);
      assertMatch(errors, /^load: [^\n]+\n$/);
    }
  });
}

Deno.test("load.c measures a server", async (t) => {
  const folder = await Deno.makeTempDir({ prefix: "microcdn-bench-test-" });
  try {
    const load = await compileC("load", folder);
    if (load === undefined) {
      assert(process.env.REQUIRE_ALL !== "1", NO_COMPILER);
      await t.step({ name: `SKIPPED: ${NO_COMPILER}`, ignore: true, fn: () => {} });
      return;
    }
    await checkGenerator(t, [load]);
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
});

Deno.test("load/program.ts measures a server as load.c does", (t) => checkGenerator(t, scriptCommand()));
