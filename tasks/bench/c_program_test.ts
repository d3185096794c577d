import { assert, assertEquals, assertStringIncludes } from "@std/assert";
import process from "node:process";
import { compileC, type CProgram } from "./c_program.ts";

const BODY_BYTES = 3_000_000;

async function run(
  program: string,
  args: readonly string[],
): Promise<{ code: number; output: string; errors: string }> {
  const child = new Deno.Command(program, { args: [...args], stdin: "null" });
  const { code, stdout, stderr } = await child.output();
  return { code, output: new TextDecoder().decode(stdout), errors: new TextDecoder().decode(stderr) };
}

/** A plain server that ends with the test. */
class PlainServer implements AsyncDisposable {
  readonly #child: Deno.ChildProcess;
  readonly #lines: ReadableStreamDefaultReader<string>;

  constructor(program: string, bytes: number) {
    this.#child = new Deno.Command(program, { args: [String(bytes)], stdin: "piped", stdout: "piped" }).spawn();
    this.#lines = this.#child.stdout.pipeThrough(new TextDecoderStream()).getReader();
  }

  async port(): Promise<number> {
    return JSON.parse((await this.#lines.read()).value!).port;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#child.stdin.close();
    const { code } = await this.#child.status;
    await this.#lines.cancel();
    assertEquals(code, 0);
  }
}

Deno.test("load.c and plain_server.c", async (t) => {
  const folder = await Deno.makeTempDir({ prefix: "microcdn-bench-test-" });
  try {
    const compile = (program: CProgram): Promise<string | undefined> => compileC(program, folder);
    const [load, plain] = await Promise.all([compile("load"), compile("plain_server")]);
    if (load === undefined || plain === undefined) {
      assert(process.env.REQUIRE_ALL !== "1", "there is no C compiler");
      await t.step({ name: "SKIPPED: there is no C compiler", ignore: true, fn: () => {} });
      return;
    }
    await using server = new PlainServer(plain, BODY_BYTES);
    const target = ["--port", String(await server.port()), "--request", "GET x\\n", "--head", "line"];
    const measure = async (...args: string[]): Promise<Record<string, unknown>> => {
      const { code, output, errors } = await run(load, [...target, ...args]);
      assertEquals(errors, "");
      assertEquals(code, 0);
      return JSON.parse(output);
    };

    await t.step("counts requests, and every byte of them", async () => {
      const args = ["--count", "20", "--at-once", "8", "--expect", "OK 3", "--length", String(BODY_BYTES)];
      const { requests, errors, firstError, bytes } = await measure(...args);
      assertEquals({ requests, errors, firstError }, { requests: 20, errors: 0, firstError: null });
      assertEquals(bytes, 20 * (`OK ${BODY_BYTES}\n`.length + BODY_BYTES));
    });

    for (
      const [args, message] of [
        [["--expect", "OK 4"], "the answer begins otherwise after 3000011 bytes: OK 3000000.xxx"],
        [["--length", "2999999"], "another length"],
        [["--head", "http"], "no whole head"],
        [["--deadline", "0.001", "--count", "200", "--at-once", "200"], "no end within the deadline"],
      ] as const
    ) {
      await t.step(`counts as an error: ${message}`, async () => {
        const { errors, firstError } = await measure(...args);
        assert(Number(errors) > 0);
        assertStringIncludes(String(firstError), message);
      });
    }

    await t.step("ends after --seconds, when what is under way is done", async () => {
      const { requests, errors, seconds } = await measure("--seconds", "0.05", "--at-once", "2");
      assertEquals(errors, 0);
      assert(Number(requests) >= 2 && Number(seconds) >= 0.05);
    });

    await t.step("holds idle connections until its input ends", async () => {
      const { output } = await run(load, [...target.slice(0, 2), "--idle", "--at-once", "50"]);
      assertEquals(output, '{"open":50}\n{"stillOpen":50}\n');
    });

    await t.step("refuses what it does not know, in one line", async () => {
      for (const args of [["--port", "0"], ["--port", "x"], ["--colour", "red"], ["--request", "\\q"], ["--head"]]) {
        const { code, errors } = await run(load, args);
        assertEquals(code, 2);
        assert(/^load: [^\n]+\n$/.test(errors), errors);
      }
    });
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
});
