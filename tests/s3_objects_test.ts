import { assert, assertEquals, assertRejects, assertStringIncludes } from "@std/assert";
import { systemClock } from "../src/base/clock.ts";
import { createLog, type LogRecord } from "../src/env/log.ts";
import { systemEnv } from "../src/env/runtime.ts";
import type { Objects } from "../src/storage/objects.ts";
import { describeS3, readS3Address, type S3Address } from "../src/storage/s3_address.ts";
import { INLINE_BYTES } from "../src/storage/s3_body.ts";
import { headKey } from "../src/storage/s3_keys.ts";
import { S3Link } from "../src/storage/s3_link.ts";
import { listKeys, listUploads } from "../src/storage/s3_listing.ts";
import { openS3Objects, type S3ObjectsOptions } from "../src/storage/s3_objects.ts";
import { PART_BYTES } from "../src/storage/s3_upload.ts";
import { testWith } from "./missing_programs.ts";
import {
  assertSameBytes,
  assertStorageError,
  bytesOf,
  collect,
  names,
  pieces,
  put,
  read,
  readText,
  textBytes,
} from "./objects_bench.ts";
import { OBJECTS_CASES } from "./objects_contract.ts";
import { checkAgainstMap } from "./objects_model.ts";
import { CREDENTIALS, SWIFT_PROGRAMS, SwiftServer } from "./swift_server.ts";
import { until } from "./until.ts";

const SOON = { deadlineMs: 30_000 };
const ANY = { version: { hash: "", timestamp: "" }, limitBytes: 1e9 };

/** One server, and a bucket or a prefix of its own for each case. */
class Lab {
  readonly records: LogRecord[] = [];
  readonly env = systemEnv({ log: createLog({ clock: systemClock(), sink: (record) => this.records.push(record) }) });
  readonly swift: SwiftServer;
  #places = 0;

  constructor(swift: SwiftServer) {
    this.swift = swift;
  }

  /** An address where nothing is yet. */
  place(): S3Address {
    return this.at(`bucket/place-${this.#places++}`);
  }

  at(path: string, variables: Readonly<Record<string, string>> = {}): S3Address {
    const given: Readonly<Record<string, string>> = {
      MINIO_ENDPOINT: this.swift.endpoint.replace("http://", ""),
      MINIO_ACCESS_KEY: CREDENTIALS.accessKey,
      MINIO_SECRET_KEY: CREDENTIALS.secretKey,
      ...variables,
    };
    return readS3Address(`s3://${path}`, (name) => given[name]);
  }

  open(address: S3Address, options: Partial<S3ObjectsOptions> = {}): Promise<Objects> {
    return openS3Objects(this.env, address, options);
  }

  /** The keys of a place. */
  async keys(address: S3Address, folder = ""): Promise<string[]> {
    const { prefix } = address;
    return await this.#asked(address, async (link) => {
      const found: string[] = [];
      for await (const { key } of listKeys(link, { prefix, folder })) found.push(key);
      return found;
    });
  }

  /** How many uploads were begun and not ended. */
  async openUploads(address: S3Address): Promise<number> {
    const { prefix } = address;
    return await this.#asked(address, async (link) => (await listUploads(link, { prefix, folder: "" })).length);
  }

  /** Writes a key as it is. */
  async write(address: S3Address, key: string, body: Uint8Array<ArrayBuffer>): Promise<void> {
    await this.#asked(address, async (link) => {
      await (await link.ask({ method: "PUT", key, body, what: "write" }))?.body?.cancel();
    });
  }

  async readKey(address: S3Address, key: string): Promise<Uint8Array<ArrayBuffer>> {
    return await this.#asked(address, async (link) => {
      return new Uint8Array(await (await link.ask({ method: "GET", key, what: "read" }))!.arrayBuffer());
    });
  }

  async #asked<T>(address: S3Address, run: (link: S3Link) => Promise<T>): Promise<T> {
    const link = await S3Link.open(this.env, address);
    try {
      return await run(link);
    } finally {
      await link.close();
    }
  }
}

/** What is checked on the real server, in order. */
const CASES: readonly (readonly [name: string, run: (lab: Lab) => Promise<void>])[] = [
  ...OBJECTS_CASES.map(({ name, run }) =>
    [name, async (lab: Lab): Promise<void> => {
      const address = lab.place();
      await run({ open: () => lab.open(address), thresholds: [INLINE_BYTES] });
    }] as const
  ),
  ["holds what a map would after any sequence of changes", async (lab) => {
    await checkAgainstMap(() => {
      const address = lab.place();
      return Promise.resolve({ open: () => lab.open(address), thresholds: [] });
    }, 3);
  }],
  ["makes the bucket if it is missing", async (lab) => {
    const objects = await lab.open(lab.at("another.bucket-7"));
    await put(objects, "a", "1");
    await objects.close();
    assertEquals(await lab.keys(lab.at("another.bucket-7")), ["names/a"]);
  }],
  ["sends large objects in parts, keeps them whole, and gives any range", async (lab) => {
    const address = lab.place();
    const objects = await lab.open(address);
    for (const sizeBytes of [PART_BYTES, PART_BYTES * 2 + 12_345]) {
      const bytes = bytesOf(sizeBytes);
      await put(objects, "large", bytes);
      assertSameBytes(await read(objects, "large"), bytes);
      const range = { start: PART_BYTES - 1_000, end: PART_BYTES - 1_000 + 900 };
      assertSameBytes(await read(objects, "large", range), bytes.slice(range.start, range.end));
    }
    assertEquals(await lab.openUploads(address), 0);
    await objects.close();
  }],
  ["leaves nothing of a large body that breaks off or is refused", async (lab) => {
    const address = lab.place();
    const objects = await lab.open(address);
    const gone = new Error("gone");
    async function* breaking(): AsyncGenerator<Uint8Array, void, void> {
      yield* pieces(bytesOf(PART_BYTES + 5));
      throw gone;
    }
    assertEquals(await assertRejects(() => objects.put("a", breaking(), ANY)), gone);
    const check = (): void => {
      throw gone;
    };
    assertEquals(await assertRejects(() => put(objects, "a", bytesOf(PART_BYTES + 5), { check })), gone);
    assertEquals(await lab.keys(address), []);
    assertEquals(await lab.openUploads(address), 0);
    await objects.close();
  }],
  ["removes bytes that were replaced when nobody can be reading them", async (lab) => {
    const address = lab.place();
    const objects = await lab.open(address, { graceMs: 50 });
    await put(objects, "a", bytesOf(200_000, 1));
    const opened = await objects.open("a");
    await put(objects, "a", bytesOf(200_000, 2));
    assertEquals((await lab.keys(address, "data/")).length, 2);
    assertSameBytes(await collect(opened!.read()), bytesOf(200_000, 1));
    await opened!.close();
    await until(async () => (await lab.keys(address, "data/")).length === 1, SOON);
    assertSameBytes(await read(objects, "a"), bytesOf(200_000, 2));
    await objects.remove("a");
    await until(async () => (await lab.keys(address)).length === 0, SOON);
    await objects.close();
  }],
  ["clears what a killed process left: bytes without a head, uploads without an end", async (lab) => {
    const address = lab.place();
    const first = await lab.open(address);
    await put(first, "kept", bytesOf(200_000));
    await first.close();
    await lab.write(address, "data/names/kept/0123", textBytes("old"));
    await lab.write(address, "data/names/never/0123", textBytes("never named"));
    const link = await S3Link.open(lab.env, address);
    const key = "data/names/never/4567";
    await (await link.ask({ method: "POST", key, query: { uploads: "" }, what: "begin" }))?.body?.cancel();
    await link.close();
    const objects = await lab.open(address, { graceMs: -60_000, abandonedMs: -60_000, cleanEveryMs: 100 });
    await until(async () => (await lab.keys(address, "data/")).length === 1, SOON);
    await until(async () => await lab.openUploads(address) === 0, SOON);
    assertEquals((await read(objects, "kept"))?.length, 200_000);
    await objects.close();
  }],
  ["never gives out damaged bytes", async (lab) => {
    const address = lab.place();
    const objects = await lab.open(address);
    for (const sizeBytes of [100, 200_000]) {
      await put(objects, "a", bytesOf(sizeBytes));
      const data = (await lab.keys(address, "data/"))[0];
      for (const key of [headKey("a"), data].filter((one) => one !== undefined)) {
        const stored = await lab.readKey(address, key);
        const changed = stored.slice();
        changed[changed.length - 5]! ^= 1;
        await lab.write(address, key, changed);
        await assertStorageError(read(objects, "a"), "corrupt");
        await lab.write(address, key, stored.slice(0, -1));
        await assertStorageError(read(objects, "a"), "corrupt");
        await lab.write(address, key, stored);
        assertEquals((await read(objects, "a"))?.length, sizeBytes);
      }
    }
    await lab.write(address, headKey("a"), textBytes("something else"));
    await assertStorageError(objects.stat("a"), "corrupt");
    await put(objects, "a", "mended");
    assertEquals(await readText(objects, "a"), "mended");
    await objects.close();
  }],
  ["refuses wrong credentials at the start, and shows none", async (lab) => {
    const secretKey = "wr0ng-s3cr3t";
    const address = lab.at("bucket", { MINIO_SECRET_KEY: secretKey });
    const error = await assertStorageError(lab.open(address), "denied");
    const shown = [Deno.inspect(error, { depth: 10 }), describeS3(address), JSON.stringify(lab.records)].join("\n");
    for (const secret of [secretKey, CREDENTIALS.secretKey]) assert(!shown.includes(secret), shown);
  }],
  ["says at once that a store is away, and goes on by itself when it is back", async (lab) => {
    const objects = await lab.open(lab.place());
    await put(objects, "a", "acknowledged");
    await put(objects, "large", bytesOf(300_000));
    await lab.swift.stop();
    await assertStorageError(objects.stat("a"), "unavailable");
    await until(() => objects.failure !== undefined, SOON);
    await assertStorageError(put(objects, "b", "1"), "unavailable");
    await assertStorageError(names(objects), "unavailable");
    assertStringIncludes(objects.failure!, "connection refused");
    await lab.swift.start();
    await until(() => objects.failure === undefined, SOON);
    assertEquals(await readText(objects, "a"), "acknowledged");
    assertEquals((await read(objects, "large"))?.length, 300_000);
    await put(objects, "b", "2");
    await objects.close();
    const shown = JSON.stringify(lab.records);
    assert(!shown.includes(CREDENTIALS.secretKey), shown);
  }],
  ["starts while the store is away, and serves when it comes", async (lab) => {
    await lab.swift.stop();
    const objects = await lab.open(lab.at("late-bucket"));
    assert(objects.failure !== undefined);
    await lab.swift.start();
    await until(() => objects.failure === undefined, SOON);
    await put(objects, "a", "1");
    assertEquals(await names(objects), ["a"]);
    await objects.close();
  }],
  ["gives up on a store that hangs, sends it nothing more, and goes on when it does", async (lab) => {
    const objects = await lab.open(lab.place());
    await put(objects, "a", "1");
    lab.swift.signal("SIGSTOP");
    await assertStorageError(objects.stat("a"), "timeout");
    const beganMs = performance.now();
    for (let round = 0; round < 100; round++) await assertStorageError(objects.stat("a"), "unavailable");
    assert(performance.now() - beganMs < 5_000, "each must be refused at once");
    lab.swift.signal("SIGCONT");
    await until(() => objects.failure === undefined, SOON);
    assertEquals(await readText(objects, "a"), "1");
    await objects.close();
  }],
];

testWith(SWIFT_PROGRAMS, "S3Objects on OpenStack Swift keeps the contract of objects", async () => {
  const swift = await SwiftServer.start();
  try {
    const lab = new Lab(swift);
    for (const [name, run] of CASES) {
      try {
        await run(lab);
      } catch (error) {
        throw new Error(`S3Objects ${name}: ${error instanceof Error ? error.message : error}`, { cause: error });
      }
    }
  } finally {
    await swift[Symbol.asyncDispose]();
  }
});
