import { assert, assertEquals } from "@std/assert";
import { parseAddress } from "../src/base/address.ts";
import { startStore, type StoreRole } from "../src/roles/edge/store.ts";
import { openFolderObjects } from "../src/storage/folder_objects.ts";
import { ask as askStore, type WholeAnswer } from "./edge_store_bench.ts";
import { MetaLab, stored } from "./edge_meta_lab.ts";
import { sha256Of, textBytes } from "./objects_bench.ts";

const STORE = parseAddress("127.0.0.1:5050");
const META = parseAddress("127.0.0.1:8002");

/** A real store beside a real meta server. */
class Pair {
  readonly lab = new MetaLab();

  async startStore(): Promise<StoreRole> {
    const { env, clock } = this.lab;
    const objects = await clock.until(openFolderObjects(env, "/objects"));
    return await startStore(env, { objects, meta: [META] });
  }

  write(name: string, text: string): Promise<WholeAnswer> {
    return this.#ask("POST", `/post/${name}`, textBytes(text));
  }

  remove(name: string): Promise<WholeAnswer> {
    return this.#ask("DELETE", `/delete/${name}`);
  }

  /** What the meta server knows: hashes by name. */
  async known(): Promise<Record<string, string>> {
    const [, value] = await this.lab.ask("GET", "/meta/files");
    const { files } = value as { files: { name: string; hash: string }[] };
    return Object.fromEntries(files.map(({ name, hash }) => [name, hash]));
  }

  /** Lets time pass until the meta server knows exactly these files. */
  async untilKnown(expected: Record<string, string>): Promise<void> {
    for (let count = 0; count < 300; count++) {
      if (JSON.stringify(await this.known()) === JSON.stringify(expected)) return;
      await this.lab.clock.advance(100);
    }
    assertEquals(await this.known(), expected);
  }

  #ask(method: string, target: string, body?: Uint8Array): Promise<WholeAnswer> {
    const { env, clock } = this.lab;
    const question = body === undefined ? { method, target } : { method, target, body };
    return clock.until(askStore(env.httpClient, STORE, question));
  }
}

function hashes(files: Record<string, string>): Record<string, string> {
  return Object.fromEntries(Object.entries(files).map(([name, text]) => [name, sha256Of(textBytes(text))]));
}

Deno.test("A store and a meta server agree on what is published, changed and removed", async () => {
  const pair = new Pair();
  await pair.lab.start();
  const store = await pair.startStore();
  assertEquals((await pair.write("a", "1")).field("x-published"), "yes");
  await pair.write("b", "2");
  assertEquals(await pair.known(), hashes({ a: "1", b: "2" }));
  await pair.write("a", "3");
  assertEquals((await pair.remove("b")).field("x-published"), "yes");
  assertEquals(await pair.known(), hashes({ a: "3" }));
  await pair.lab.clock.until(store.stop());
  await pair.lab.stop();
});

Deno.test("A store rebuilds a meta server that was started anew with nothing, whenever that was", async () => {
  const pair = new Pair();
  await pair.lab.start();
  const store = await pair.startStore();
  await pair.write("a", "1");
  await pair.write("b", "2");
  await pair.lab.stop();
  assertEquals((await pair.write("c", "3")).field("x-published"), "later");
  await pair.remove("b");
  await pair.lab.start();
  await pair.untilKnown(hashes({ a: "1", c: "3" }));
  // One that was away for so short a time that nobody noticed.
  await pair.lab.stop();
  await pair.lab.start();
  await pair.untilKnown(hashes({ a: "1", c: "3" }));
  await pair.lab.clock.until(store.stop());
  await pair.lab.stop();
});

Deno.test("A store that was away withdraws what it removed before, and publishes what it has", async () => {
  const pair = new Pair();
  let store = await pair.startStore();
  await pair.write("a", "1");
  await pair.lab.clock.until(store.stop());
  await pair.lab.start();
  await pair.lab.ask("POST", "/meta/publish", { files: [stored("gone", "f".repeat(64), 1)] });
  store = await pair.startStore();
  await pair.untilKnown(hashes({ a: "1" }));
  assert(
    pair.lab.env.records.some(({ event, fields }) => event === "everything published" && fields.toBeWithdrawn === 1),
  );
  await pair.lab.clock.until(store.stop());
  await pair.lab.stop();
});

Deno.test("A store whose publication a meta server does not take goes on with the others", async () => {
  const pair = new Pair();
  await pair.lab.start();
  const store = await pair.startStore();
  const { env, clock } = pair.lab;
  // No node has such an id.
  const headers = [["x-cdn-node", "9007199254740991"]] as const;
  const question = { method: "POST", target: "/post/odd", headers, body: textBytes("odd") };
  const odd = await clock.until(askStore(env.httpClient, STORE, question));
  assertEquals([odd.status, odd.field("x-published")], [200, "later"]);
  assertEquals((await pair.write("plain", "plain")).field("x-published"), "yes");
  await pair.untilKnown(hashes({ odd: "odd", plain: "plain" }));
  await clock.until(store.stop());
  await pair.lab.stop();
});
