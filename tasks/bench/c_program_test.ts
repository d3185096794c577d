import { assert, assertEquals } from "@std/assert";
import process from "node:process";
import { compileC, type CProgram, NO_COMPILER } from "./c_program.ts";

/** Compiles programs for a test. Says so if there is no compiler, or fails where nothing may be skipped. */
async function withPrograms(
  t: Deno.TestContext,
  run: (paths: Readonly<Record<CProgram, string>>, folder: string) => Promise<void>,
): Promise<void> {
  const folder = await Deno.makeTempDir({ prefix: "microcdn-bench-test-" });
  try {
    const names: readonly CProgram[] = ["plain_server", "page_cache", "heartbeats"];
    const paths = await Promise.all(names.map(async (name) => [name, await compileC(name, folder)]));
    if (paths.some(([, path]) => path === undefined)) {
      assert(process.env.REQUIRE_ALL !== "1", NO_COMPILER);
      await t.step({ name: `SKIPPED: ${NO_COMPILER}`, ignore: true, fn: () => {} });
      return;
    }
    await run(Object.fromEntries(paths), folder);
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
}

async function outputOf(program: string, args: readonly string[]): Promise<{ code: number; json: unknown }> {
  const { code, stdout } = await new Deno.Command(program, { args: [...args], stderr: "null" }).output();
  const text = new TextDecoder().decode(stdout);
  return { code, json: text === "" ? undefined : JSON.parse(text) };
}

Deno.test("compileC() compiles programs that work", (t) =>
  withPrograms(t, async ({ plain_server, page_cache, heartbeats }, folder) => {
    await t.step("plain_server answers any line with so many bytes, and ends with its input", async () => {
      const child = new Deno.Command(plain_server, { args: ["2500000"], stdin: "piped", stdout: "piped" }).spawn();
      const output = child.stdout.getReader();
      const { port } = JSON.parse(new TextDecoder().decode((await output.read()).value));
      const conn = await Deno.connect({ hostname: "127.0.0.1", port });
      await conn.write(new TextEncoder().encode("GET anything\n"));
      const answer = await new Response(conn.readable).text();
      assertEquals(answer, `OK 2500000\n${"x".repeat(2_500_000)}`);
      await child.stdin.close();
      assertEquals((await child.status).code, 0);
      await output.cancel();
    });

    await t.step("page_cache lets go of a file, and counts its pages", async () => {
      await Deno.writeFile(`${folder}/file`, new Uint8Array(1_000_000));
      const { code, json } = await outputOf(page_cache, [`${folder}/file`]);
      assertEquals(code, 0);
      const { pages, resident } = json as { pages: number; resident: number };
      assert(pages > 0 && resident <= pages);
      assertEquals((await outputOf(page_cache, [`${folder}/nothing`])).code, 1);
    });

    await t.step("heartbeats are what a monitor understands, of each server in turn", async () => {
      const socket = Deno.listenDatagram({ transport: "udp", hostname: "127.0.0.1", port: 0 });
      const received = Array.fromAsync({ length: 3 }, () => socket.receive());
      const { port } = socket.addr as Deno.NetAddr;
      const { code, json } = await outputOf(heartbeats, [String(port), "2", "0.1", "100"]);
      assertEquals(code, 0);
      assert((json as { sent: number }).sent >= 3);
      const texts = (await received).map(([bytes]) => new TextDecoder().decode(bytes));
      assertEquals(texts, [
        "HEARTBEAT B0 127.0.0.1 20000 0 10",
        "HEARTBEAT B1 127.0.0.1 20001 0 10",
        "HEARTBEAT B0 127.0.0.1 20000 1 10",
      ]);
      socket.close();
    });
  }));
