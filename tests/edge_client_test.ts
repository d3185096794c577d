/**
 * The client against a real origin, a real meta server and real nodes in memory, and against servers that misbehave.
 */

import { assert, assertEquals, assertRejects } from "@std/assert";
import type { Address } from "../src/base/address.ts";
import type { MemoryFiles } from "../src/env/memory_files.ts";
import type { VirtualEnv } from "../src/env/virtual.ts";
import { readWhole, writeWhole } from "../src/env/files.ts";
import { type HttpResponse, jsonResponse } from "../src/protocol/http.ts";
import {
  EdgeClientError,
  getEdgeFile,
  type GetEdgeFileOptions,
  type GetEvent,
  listEdgeFiles,
  listEdgeNodes,
  purgeEdgeFile,
  removeEdgeFile,
  type SyncEvent,
  syncFolder,
  type SyncOptions,
  type SyncResult,
} from "../src/roles/edge/client.ts";
import type { EdgeDownload } from "../src/roles/edge/client.ts";
import { type MetaRole, startMeta } from "../src/roles/edge/meta.ts";
import { type OriginRole, startOrigin } from "../src/roles/edge/origin.ts";
import { startStore, type StoreRole } from "../src/roles/edge/store.ts";
import { answerFile } from "../src/services/answer_file.ts";
import { openFolderObjects } from "../src/storage/folder_objects.ts";
import { MemoryCatalogue } from "../src/storage/memory_catalogue.ts";
import { shaOf } from "./download_lab.ts";
import { META, STORE } from "./edge_lab_store.ts";
import { CLIENT, EdgeLab, type LabNode } from "./edge_node_lab.ts";
import { ScriptedHttpServer } from "./scripted_http_server.ts";

const ORIGIN: Address = { host: "10.0.0.1", port: 8001 };
const PLACE = { lat: 1, lng: 1 };

/** File names, and bytes, that must survive a round trip. */
const CONTENT: readonly (readonly [name: string, bytes: Uint8Array<ArrayBuffer>])[] = [
  ["empty", new Uint8Array()],
  ["crlf.txt", bytesOf("a\r\nb\r\n")],
  ["binary", Uint8Array.from({ length: 100_000 }, (_, at) => at * 7)],
  ["sub/Größe 50%?.json", bytesOf('{"content":"a","file_hash":"b","timestamp":"c"}')],
  ["sub/it's #1 & [x]|^`.txt", bytesOf("odd")],
];

/** Client, origin, meta server, store, and a node or two: all of them real. */
class Family implements AsyncDisposable {
  readonly lab = new EdgeLab();
  readonly env: VirtualEnv;
  readonly files: MemoryFiles;
  nodes: LabNode[] = [];
  meta!: MetaRole;
  store!: StoreRole;
  origin!: OriginRole;

  private constructor() {
    this.env = this.lab.env(CLIENT);
    this.files = this.env.files;
  }

  static async start(nodes = 1): Promise<Family> {
    const family = new Family();
    const { lab } = family;
    const storeEnv = lab.env(STORE.host);
    const objects = await openFolderObjects(storeEnv, "/objects");
    family.store = await startStore(storeEnv, { listen: STORE, objects, meta: [META], insecure: true });
    const catalogue = new MemoryCatalogue();
    const storePlace = { lat: 50, lng: 50 };
    family.meta = await startMeta(lab.env(META.host), {
      listen: META,
      catalogue,
      store: STORE,
      storePlace,
      insecure: true,
    });
    for (let number = 1; number <= nodes; number++) {
      family.nodes.push(await lab.node(number, { place: { lat: number, lng: number } }));
    }
    await lab.clock.advance(3_000);
    const options = { listen: ORIGIN, meta: [META], store: STORE, insecure: true };
    family.origin = await startOrigin(lab.env(ORIGIN.host), options);
    return family;
  }

  async write(name: string, bytes: Uint8Array): Promise<void> {
    const path = `/site/${name}`;
    await this.files.makeFolder(path.slice(0, path.lastIndexOf("/")));
    await writeWhole(this.files, path, bytes);
  }

  async sync(options: Partial<SyncOptions> = {}): Promise<SyncResult> {
    const all = { folder: "/site", origin: [ORIGIN], place: PLACE, ...options };
    return await this.lab.clock.until(syncFolder(this.env, all));
  }

  async get(name: string, options: Partial<GetEdgeFileOptions> = {}): Promise<EdgeDownload> {
    const all = { name, to: { kind: "file", path: "/got" }, origin: [ORIGIN], place: PLACE, ...options } as const;
    return await this.lab.clock.until(getEdgeFile(this.env, all));
  }

  async got(): Promise<Uint8Array> {
    return await readWhole(this.files, "/got", 10_000_000);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    const { clock } = this.lab;
    await clock.until(this.origin.stop());
    await this.lab[Symbol.asyncDispose]();
    await clock.until(Promise.all([this.store.stop(), this.meta.stop()]));
  }
}

Deno.test("syncFolder() brings a folder in, and getEdgeFile() gets the same bytes", async () => {
  await using family = await Family.start();
  for (const [name, bytes] of CONTENT) await family.write(name, bytes);
  await family.write(".hidden", bytesOf("x"));
  const events: SyncEvent[] = [];
  const first = await family.sync({ onEvent: (event) => events.push(event) });
  assertEquals([first.uploaded, first.unchanged, first.failed], [CONTENT.length, 0, 0], JSON.stringify(first));
  assertEquals(first.files.map(({ name }) => name), CONTENT.map(([name]) => name).sort());
  for (const file of first.files) assert(file.kind === "uploaded" && file.isPublished);
  const kinds = new Set(events.map(({ kind }) => kind));
  assertEquals([...kinds].sort(), ["hashed", "scanned", "sending", "uploaded"]);
  for (const [name, bytes] of CONTENT) {
    const download = await family.get(name);
    assertEquals(await family.got(), bytes);
    assertEquals([download.sha256, download.isVerified], [shaOf(bytes), true]);
  }
  assertEquals((await listEdgeFiles(family.env, { origin: [ORIGIN], place: PLACE })).length, CONTENT.length);
});

Deno.test("syncFolder() sends again what has changed, and nothing else", async () => {
  await using family = await Family.start();
  for (const [name, bytes] of CONTENT) await family.write(name, bytes);
  await family.sync();
  const second = await family.sync();
  assertEquals([second.uploaded, second.unchanged], [0, CONTENT.length]);
  await family.get("crlf.txt");
  await family.write("crlf.txt", bytesOf("other"));
  const third = await family.sync();
  assertEquals([third.uploaded, third.unchanged, third.failed], [1, CONTENT.length - 1, 0]);
  await family.get("crlf.txt");
  assertEquals(await family.got(), bytesOf("other"));
});

Deno.test("syncFolder() and getEdgeFile() go on when a node dies: to the next one, or to the store", async () => {
  await using family = await Family.start(2);
  await family.write("a", bytesOf("one"));
  await family.sync();
  const heal = family.lab.http.faults.cut(family.nodes[0]!.at.host, "refused");
  const events: GetEvent[] = [];
  const download = await family.get("a", { onEvent: (event) => events.push(event) });
  assertEquals(download.server, "10.0.0.3:5050");
  assertEquals(events.filter(({ kind }) => kind === "retrying").length, 1);
  await family.write("b", bytesOf("two"));
  const { files: [, file] } = await family.sync();
  assert(file?.kind === "uploaded" && file.to === "10.0.0.3:5050", JSON.stringify(file));
  await family.lab.clock.advance(15_000);
  assertEquals((await family.get("b")).server, "10.0.1.2:4000");
  heal();
});

Deno.test("syncFolder() does not stop at bad files, and says why each failed", async () => {
  await using family = await Family.start();
  await family.write("good", bytesOf("good"));
  const long = Array.from({ length: 5 }, () => "x".repeat(250)).join("/");
  await family.write(long, bytesOf("x"));
  const result = await family.sync();
  assertEquals([result.uploaded, result.failed], [1, 1]);
  const failed = result.files.find(({ kind }) => kind === "failed");
  assert(failed?.kind === "failed" && failed.reason.includes("over 1024 bytes"), JSON.stringify(failed));
  family.lab.http.faults.cut(ORIGIN.host, "refused");
  const offline = await family.sync({ retries: 1 });
  assertEquals([offline.uploaded, offline.failed], [0, 2]);
  await assertRejects(() => family.sync({ folder: "/none" }), Error, "no such file or folder");
  await assertRejects(() => family.sync({ parallel: 0 }), RangeError);
});

Deno.test("syncFolder() counts what it cannot look at as failed, and what it passes over on purpose not", async () => {
  await using family = await Family.start();
  await family.write("closed", bytesOf("x"));
  await family.write("good", bytesOf("good"));
  family.files.addLink("/site/link", "/elsewhere");
  family.files.failNext("info", "denied");
  const result = await family.sync();
  assertEquals([result.uploaded, result.failed, result.skipped], [1, 1, ["link: a link"]]);
  assertEquals(result.files[0], {
    kind: "failed",
    name: "closed",
    reason: "Cannot look at /site/closed: permission denied",
  });
});

Deno.test("getEdgeFile() says that nobody has a file, and that a name is none", async () => {
  await using family = await Family.start();
  const missing = await assertRejects(() => family.get("none"), EdgeClientError, "Cannot get none: nobody has it");
  assertEquals(missing.kind, "not-found");
  const invalid = await assertRejects(() => family.get("../a"), EdgeClientError);
  assertEquals(invalid.kind, "invalid-name");
  assertEquals((await family.files.list("/")).map(({ name }) => name), []);
});

Deno.test("removeEdgeFile() removes a file everywhere", async () => {
  await using family = await Family.start();
  await family.write("a b", bytesOf("one"));
  await family.sync();
  await family.get("a b");
  const options = { origin: [ORIGIN], place: PLACE, name: "a b" };
  await family.lab.clock.until(removeEdgeFile(family.env, options));
  const gone = await assertRejects(() => family.get("a b"), EdgeClientError);
  assertEquals(gone.kind, "not-found");
  assertEquals(await family.lab.clock.until(listEdgeFiles(family.env, options)), []);
  const twice = await assertRejects(() => family.lab.clock.until(removeEdgeFile(family.env, options)), EdgeClientError);
  assertEquals(twice.kind, "not-found");
});

Deno.test("purgeEdgeFile() drops copies, and the file stays", async () => {
  await using family = await Family.start();
  await family.write("a", bytesOf("one"));
  await family.sync();
  // A file that is new goes to the store: the first who asks for it fills the node.
  assertEquals((await family.get("a")).cache, "MISS");
  assert((await family.get("a")).cache?.startsWith("HIT"));
  const options = { origin: [ORIGIN], place: PLACE };
  await family.lab.clock.until(purgeEdgeFile(family.env, { ...options, name: "a" }));
  assertEquals((await family.get("a")).cache, "MISS");
  await family.lab.clock.until(purgeEdgeFile(family.env, { ...options, name: undefined }));
  const unknown = purgeEdgeFile(family.env, { ...options, name: "none" });
  const error = await family.lab.clock.until(assertRejects(() => unknown, EdgeClientError));
  assertEquals(error.kind, "not-found");
});

/** An origin and servers that a test scripts. */
class Misfits {
  readonly lab = new EdgeLab();
  readonly env = this.lab.env(CLIENT);
  readonly asked: string[] = [];
  #places: readonly string[] = [];
  origin!: ScriptedHttpServer;

  static async start(places: readonly string[]): Promise<Misfits> {
    const misfits = new Misfits();
    misfits.#places = places;
    misfits.origin = await ScriptedHttpServer.start(misfits.lab.http, ORIGIN, {
      "POST /origin/plan": (body) => {
        const place = misfits.#places[0] ?? "";
        if (misfits.#places.length > 1) misfits.#places = misfits.#places.slice(1);
        const { FileList } = body as { FileList: { Name: string }[] };
        const files = FileList.map(({ Name }) => ({ file_name: Name, cdn_address: place, cdn_id: 1, upload: true }));
        return jsonResponse(200, { files });
      },
    });
    return misfits;
  }

  /** Serves bytes at a node; `spoil` changes them, `cutAfter` ends them early. */
  async node(host: string, bytes: Uint8Array<ArrayBuffer>, { spoil = false, cutAfter = Infinity } = {}): Promise<void> {
    const sha256 = shaOf(bytes);
    const object = { hash: "", timestamp: "", sha256, generation: 1, sizeBytes: bytes.length, modifiedMs: 0 };
    await this.lab.http.serve({ host, port: 4000 }, (request) => {
      this.asked.push(`${host} ${new Map(request.headers).get("range") ?? "all"}`);
      const read = async function* ({ start, end } = { start: 0, end: bytes.length }): AsyncGenerator<Uint8Array> {
        for (let at = start; at < end; at++) {
          if (at - start >= cutAfter) throw new Error("gone");
          yield await Promise.resolve(Uint8Array.of(spoil ? 0 : bytes[at]!));
        }
      };
      return answerFile({ object, read, close: () => Promise.resolve() }, request, { name: "a", nowMs: 0 });
    });
  }

  async get(to: GetEdgeFileOptions["to"] = { kind: "file", path: "/got" }, retries = 3): Promise<EdgeDownload> {
    return await this.lab.clock.until(
      getEdgeFile(this.env, { name: "a", to, origin: [ORIGIN], place: PLACE, retries }),
    );
  }
}

const BYTES = Uint8Array.from({ length: 50 }, (_, at) => at + 1);

Deno.test("getEdgeFile() goes on at the same byte with the next server", async () => {
  const misfits = await Misfits.start(["10.0.1.1:4000", "10.0.1.2:4000"]);
  await misfits.node("10.0.1.1", BYTES, { cutAfter: 20 });
  await misfits.node("10.0.1.2", BYTES);
  const written: number[] = [];
  await misfits.get({ kind: "writer", write: (bytes) => Promise.resolve(void written.push(...bytes)) });
  assertEquals(written, [...BYTES]);
  assertEquals(misfits.asked, ["10.0.1.1 all", "10.0.1.2 bytes=20-"]);
});

Deno.test("getEdgeFile() goes on where an earlier download ended", async () => {
  const misfits = await Misfits.start(["10.0.1.1:4000"]);
  await misfits.node("10.0.1.1", BYTES, { cutAfter: 20 });
  const broken = await assertRejects(() => misfits.get(undefined, 0), EdgeClientError, "Cannot get a");
  assertEquals(broken.kind, "network");
  assertEquals((await misfits.get()).sha256, shaOf(BYTES));
  assertEquals(misfits.asked, ["10.0.1.1 all", "10.0.1.1 bytes=20-", "10.0.1.1 bytes=40-"]);
  assertEquals(await readWhole(misfits.env.files, "/got", 100), BYTES);
  assertEquals((await misfits.env.files.list("/")).map(({ name }) => name), ["got"]);
});

Deno.test("getEdgeFile() takes no wrong bytes, and leaves what was there", async () => {
  const misfits = await Misfits.start(["10.0.1.1:4000", "10.0.1.2:4000"]);
  await misfits.node("10.0.1.1", BYTES, { spoil: true });
  await misfits.node("10.0.1.2", BYTES);
  assertEquals((await misfits.get()).server, "10.0.1.2:4000");
  const others = await Misfits.start(["10.0.1.1:4000"]);
  await others.node("10.0.1.1", BYTES, { spoil: true });
  await writeWhole(others.env.files, "/got", bytesOf("old"));
  const error = await assertRejects(() => others.get(), EdgeClientError, "the bytes are not those");
  assertEquals(error.kind, "integrity");
  assertEquals(await readWhole(others.env.files, "/got", 100), bytesOf("old"));
});

Deno.test("getEdgeFile() begins anew with a server that has another version", async () => {
  const other = Uint8Array.from({ length: 30 }, (_, at) => 200 - at);
  const misfits = await Misfits.start(["10.0.1.1:4000", "10.0.1.2:4000"]);
  await misfits.node("10.0.1.1", BYTES, { cutAfter: 20 });
  await misfits.node("10.0.1.2", other);
  assertEquals((await misfits.get()).sha256, shaOf(other));
  assertEquals(await readWhole(misfits.env.files, "/got", 100), other);
});

Deno.test("syncFolder() does not send again what is refused, and asks an old origin the old way", async () => {
  const misfits = await Misfits.start([]);
  const { env, lab, origin } = misfits;
  let uploads = 0;
  const refuse = (): HttpResponse => {
    uploads++;
    return jsonResponse(401, { detail: "it needs the token" });
  };
  const node = await ScriptedHttpServer.start(lab.http, { host: "10.0.1.1", port: 4000 }, {});
  const locations = { files: [{ file_name: "a", cdn_address: "http://10.0.1.1:4000", cdn_id: 1 }] };
  origin.script = { "POST /origin/sync": () => jsonResponse(200, locations) };
  await env.files.makeFolder("/site");
  await writeWhole(env.files, "/site/a", bytesOf("7"));
  node.script = { "PUT /cdn/cache/a": refuse };
  const options = { folder: "/site", origin: [ORIGIN], place: PLACE };
  const refused = await lab.clock.until(syncFolder(env, options));
  assertEquals(refused.files, [{ kind: "failed", name: "a", reason: "Cannot send a: 401: it needs the token" }]);
  assertEquals(uploads, 1);
  node.script = { "PUT /cdn/cache/a": () => jsonResponse(200, { status: "success", file: "a" }) };
  const sent = await lab.clock.until(syncFolder(env, options));
  assertEquals(sent.uploaded, 1);
  assertEquals(node.asked.at(-1), ["PUT /cdn/cache/a", 7]);
});

Deno.test("the edge client says that something else than an origin answers, and not that there is no file", async () => {
  const misfits = await Misfits.start([]);
  const { env, lab, origin } = misfits;
  origin.script = {};
  const options = { origin: [ORIGIN], place: PLACE, name: "a", retries: 0, folder: "/site" };
  const to = { kind: "file", path: "/got", isSynced: false } as const;
  const questions: readonly (() => Promise<unknown>)[] = [
    () => getEdgeFile(env, { ...options, to }),
    () => listEdgeFiles(env, options),
    () => listEdgeNodes(env, options),
    () => purgeEdgeFile(env, options),
    () => removeEdgeFile(env, options),
  ];
  for (const ask of questions) {
    const error = await assertRejects(() => lab.clock.until(ask()), EdgeClientError, "Is that an origin?");
    assertEquals(error.kind, "network");
  }
  await env.files.makeFolder("/site");
  await writeWhole(env.files, "/site/a", bytesOf("7"));
  const { files: [file] } = await lab.clock.until(syncFolder(env, options));
  assert(file?.kind === "failed" && file.reason.endsWith("Is that an origin?"), JSON.stringify(file));
});

Deno.test("removeEdgeFile() says what the origin says", async () => {
  const misfits = await Misfits.start([]);
  const { env, lab, origin } = misfits;
  const options = { origin: [ORIGIN], place: PLACE, name: "a", token: "s3cret" };
  const tokens: unknown[] = [];
  origin.script = {
    "DELETE /origin/file": (_, { headers }) => {
      tokens.push(new Map(headers).get("authorization"));
      return jsonResponse(200, { status: "success" });
    },
  };
  await lab.clock.until(removeEdgeFile(env, options));
  assertEquals([origin.asked.at(-1), tokens], [["DELETE /origin/file", { file_name: "a" }], ["Bearer s3cret"]]);
  origin.script = { "DELETE /origin/file": () => jsonResponse(404, { detail: 'Cannot find the file "a"' }) };
  const missing = await assertRejects(() => lab.clock.until(removeEdgeFile(env, options)), EdgeClientError);
  assertEquals(missing.kind, "not-found");
  lab.http.faults.cut(ORIGIN.host, "refused");
  const away = await assertRejects(() => lab.clock.until(removeEdgeFile(env, options)), EdgeClientError);
  assertEquals(away.kind, "network");
});

function bytesOf(text: string): Uint8Array<ArrayBuffer> {
  return new TextEncoder().encode(text);
}
