import { assert, assertEquals, assertStringIncludes } from "@std/assert";
import type { Address } from "../src/base/address.ts";
import { systemClock } from "../src/base/clock.ts";
import type { Env } from "../src/env/env.ts";
import { createLog } from "../src/env/log.ts";
import { systemEnv } from "../src/env/runtime.ts";
import type { HttpServer } from "../src/net/http.ts";
import { writeEdgePath } from "../src/protocol/edge_name.ts";
import { startStore, type StoreRole } from "../src/roles/edge/store.ts";
import { openFolderObjects } from "../src/storage/folder_objects.ts";
import { type StoreBench, withStore } from "./edge_store_bench.ts";
import { STORE_CASES } from "./edge_store_cases.ts";
import { MetaStub } from "./meta_stub.ts";
import { testWith } from "./missing_programs.ts";
import { assertSameBytes, bytesOf, textBytes } from "./objects_bench.ts";
import { ODD_NAMES } from "./objects_contract.ts";
import { withFolder } from "./temporary_folder.ts";
import { until } from "./until.ts";

const SOON = { deadlineMs: 30_000 };
const ANY_PORT = { host: "127.0.0.1", port: 0 };

class SocketBench implements StoreBench {
  readonly env: Env = systemEnv({ log: createLog({ clock: systemClock(), sink: () => {} }) });
  readonly client = this.env.httpClient;
  readonly meta = new MetaStub();
  readonly #folder: string;
  #server: HttpServer | undefined;
  #address: Address = ANY_PORT;

  constructor(folder: string) {
    this.#folder = folder;
  }

  async start(options: Parameters<StoreBench["start"]>[0] = {}): Promise<StoreRole> {
    const objects = await openFolderObjects(this.env, this.#folder);
    return await startStore(this.env, { objects, listen: ANY_PORT, meta: [this.#address], ...options });
  }

  async setMeta(isThere: boolean): Promise<void> {
    if (isThere) {
      this.#server = await this.env.http.serve(this.#address, this.meta.handler);
      this.#address = this.#server.address;
    } else {
      await this.#server?.close();
      this.#server = undefined;
    }
  }

  until(condition: () => boolean): Promise<void> {
    return until(condition, SOON);
  }

  wait<T>(promise: Promise<T>): Promise<T> {
    return promise;
  }
}

async function withBench(run: (bench: SocketBench) => Promise<void>): Promise<void> {
  await withFolder(async (folder) => {
    const bench = new SocketBench(folder);
    await bench.setMeta(true);
    try {
      await run(bench);
    } finally {
      await bench.setMeta(false);
    }
  });
}

for (const { name, run } of STORE_CASES) {
  Deno.test(`A store over sockets ${name}`, () => withBench(run));
}

interface Said {
  readonly status: string;
  readonly head: string;
  readonly body: Uint8Array;
}

/** Runs curl. */
async function curl(folder: string, args: readonly string[]): Promise<Said> {
  const [body, head] = [`${folder}/body`, `${folder}/head`];
  await Deno.writeFile(body, new Uint8Array());
  const command = new Deno.Command("curl", {
    args: ["-sS", "--max-time", "30", "--path-as-is", "-o", body, "-D", head, "-w", "%{http_code}", ...args],
    stdin: "null",
  });
  const { success, stdout, stderr } = await command.output();
  assert(success, new TextDecoder().decode(stderr));
  return {
    status: new TextDecoder().decode(stdout),
    head: (await Deno.readTextFile(head)).toLowerCase(),
    body: await Deno.readFile(body),
  };
}

interface Curl {
  run(...args: string[]): Promise<Said>;
  readonly url: string;
  /** A file to be sent. */
  readonly upload: string;
}

function text({ body }: Said): string {
  return new TextDecoder().decode(body);
}

/** The two examples of the document, and files of every kind. */
async function checkRoundTrips({ run, url, upload }: Curl): Promise<void> {
  // The two examples of the document.
  const stored = await run(
    "-X",
    "POST",
    `${url}/post/test.txt`,
    "-H",
    "Content-Type: text/plain",
    "-d",
    "Hello, CDN!",
  );
  assertEquals([stored.status, JSON.parse(text(stored))], ["200", { status: "success", file: "test.txt" }]);
  assertEquals(text(await run(`${url}/get/test.txt`)), "Hello, CDN!");

  assertEquals(JSON.parse(text(await run(`${url}/health`))), { status: "healthy" });
  assertEquals(JSON.parse(text(await run(`${url}/list`))), { files: ["test.txt"] });

  const contents = [new Uint8Array(), textBytes("a\r\nb\r\n"), bytesOf(1_500_000)];
  for (const [at, name] of ODD_NAMES.entries()) {
    const bytes = contents[at % contents.length]!;
    await Deno.writeFile(upload, bytes);
    const path = writeEdgePath(name);
    assertEquals(
      (await run("-X", "POST", "--data-binary", `@${upload}`, `${url}/post/${path}`)).status,
      "200",
      path,
    );
    const read = await run(`${url}/get/${path}`);
    assertSameBytes(read.body, bytes);
  }
  // In chunks, and after having waited to be told to continue.
  await Deno.writeFile(upload, bytesOf(2_000_000, 2));
  assertEquals((await run("-T", upload, `${url}/post/put.bin`)).status, "200");
  const chunked = ["-T", upload, "-H", "Transfer-Encoding: chunked", "-H", "Expect: 100-continue"];
  assertEquals((await run(...chunked, `${url}/post/chunked.bin`)).status, "200");
  assertSameBytes((await run(`${url}/get/chunked.bin`)).body, bytesOf(2_000_000, 2));
}

/** Parts and conditions. `test.txt` is there. */
async function checkParts({ run, url }: Curl): Promise<void> {
  const part = await run("-r", "7-10", `${url}/get/test.txt`);
  assertEquals([part.status, text(part)], ["206", "CDN!"]);
  assertEquals((await run("-r", "99-", `${url}/get/test.txt`)).status, "416");
  const head = await run("-I", `${url}/get/test.txt`);
  assertStringIncludes(head.head, "content-length: 11\r\n");
  const [, tag = ""] = /etag: ("[0-9a-f]{64}")/.exec(head.head) ?? [];
  const [, modified = ""] = /last-modified: (.*)\r/.exec(head.head) ?? [];
  assertEquals((await run("-H", `If-None-Match: ${tag}`, `${url}/get/test.txt`)).status, "304");
  assertEquals((await run("-z", modified, `${url}/get/test.txt`)).status, "304");
  assertEquals((await run("-H", 'If-Match: "x"', "-d", "no", `${url}/post/test.txt`)).status, "412");
}

/** What is refused. `test.txt` is there, and a file may have 3,000,000 bytes. */
async function checkRefusals({ run, url, upload }: Curl): Promise<void> {
  for (
    const target of ["/get/missing.txt", "/get/%2e%2e/test.txt", "/get/../test.txt", "/get/a/../../etc/passwd"]
  ) {
    const answer = await run(`${url}${target}`);
    assertEquals(answer.status, target.includes("missing") ? "404" : "400", target);
    assertEquals(typeof JSON.parse(text(answer)).detail, "string");
  }
  assertEquals((await run("-X", "DELETE", `${url}/delete/test.txt`)).status, "200");
  assertEquals((await run("-X", "DELETE", `${url}/delete/test.txt`)).status, "404");

  await Deno.writeFile(upload, bytesOf(3_000_001));
  assertEquals((await run("--data-binary", `@${upload}`, `${url}/post/large`)).status, "413");
  assertEquals(
    (await run("--data-binary", `@${upload}`, "-H", "Transfer-Encoding: chunked", `${url}/post/large`)).status,
    "413",
  );
  assertEquals((await run(`${url}/get/large`)).status, "404");
}

testWith(["curl"], "A store does for curl what its document says", async () => {
  await withFolder((folder) =>
    withBench((bench) =>
      withStore(bench, async (_ask, store) => {
        const url = `http://127.0.0.1:${store.addresses.http!.port}`;
        const asked: Curl = { url, upload: `${folder}/upload`, run: (...args) => curl(folder, args) };
        await checkRoundTrips(asked);
        await checkParts(asked);
        await checkRefusals(asked);
      }, { limitBytes: 3_000_000 })
    )
  );
});
