/**
 * The contract of every catalogue of the meta servers, as lists of cases that need no test runner.
 *
 * @module
 */

import { assert, assertEquals, assertRejects } from "@std/assert";
import type { MetaFile, PublishedVersion } from "../src/core/meta_file.ts";
import type { MetaCatalogue } from "../src/storage/meta_catalogue.ts";

/** One promise of every {@link MetaCatalogue}. */
export interface CatalogueCase {
  /** What holds. */
  readonly name: string;
  /** Checks it on an empty catalogue. */
  run(catalogue: MetaCatalogue): Promise<void>;
}

/** One promise of a {@link MetaCatalogue} that outlives its process. */
export interface DurableCase {
  /** What holds. */
  readonly name: string;
  /** Checks it. Whoever opens the database again closes the one before first. */
  run(open: () => Promise<MetaCatalogue>): Promise<void>;
}

/** Digests of two versions. */
export const [SHA_A, SHA_B] = ["a".repeat(64), "b".repeat(64)] as const;
const NOW = 1_767_225_600_123;

/** A version as the store tells of it. */
export function storedVersion(sha256: string, generation: number): PublishedVersion {
  return { hash: sha256, timestamp: `t${generation}`, sha256, generation };
}

/** A catalogue's content, in a form that can be compared. */
export function contentOf(catalogue: MetaCatalogue): unknown {
  const shown = ({ holders, ...file }: MetaFile): unknown => ({ ...file, holders: [...holders].sort() });
  return { nodes: catalogue.nodes(), files: catalogue.files().map(shown) };
}

async function registerTwo(catalogue: MetaCatalogue): Promise<[number, number]> {
  const one = await catalogue.register({ address: "localhost:4000", lat: 37.7749, lng: -122.4194 }, NOW);
  const two = await catalogue.register({ address: "localhost:4001", lat: 51.5, lng: 0 }, NOW + 1);
  return [one.id, two.id];
}

/** What every catalogue promises. */
export const CATALOGUE_CASES: readonly CatalogueCase[] = [
  {
    name: "register() gives each address one id, and keeps when it came first",
    async run(catalogue): Promise<void> {
      const [one, two] = await registerTwo(catalogue);
      assert(one > 0 && two > 0 && one !== two);
      const again = await catalogue.register({ address: "localhost:4000", lat: -90, lng: 180 }, NOW + 5_000);
      assertEquals(again, { id: one, address: "localhost:4000", lat: -90, lng: 180, createdMs: NOW });
      assertEquals(catalogue.node(one), again);
      assertEquals(catalogue.nodes().map(({ id }) => id), [one, two].sort((a, b) => a - b));
      assertEquals(catalogue.node(99_999), undefined);
    },
  },
  {
    name: "register() at once from several sides gives each address one id",
    async run(catalogue): Promise<void> {
      const addresses = Array.from({ length: 20 }, (_, i) => `node${i % 4}:4000`);
      const nodes = await Promise.all(addresses.map((address) => catalogue.register({ address, lat: 0, lng: 0 }, NOW)));
      assertEquals(catalogue.nodes().length, 4);
      nodes.forEach(({ id }, i) => assertEquals(id, nodes[i % 4]!.id));
    },
  },
  {
    name: "publish() follows the store's order, and says what each version changed",
    async run(catalogue): Promise<void> {
      const [one] = await registerTwo(catalogue);
      const publish = async (version: PublishedVersion, holder?: number): Promise<string> => {
        const [result] = await catalogue.publish([{ name: "a.txt", ...version, holder }], NOW);
        assertEquals(catalogue.file("a.txt"), result!.file);
        return result!.kind;
      };
      assertEquals(await publish(storedVersion(SHA_A, 5), one), "new");
      assertEquals(await publish(storedVersion(SHA_A, 5), one), "same");
      assertEquals(await publish(storedVersion(SHA_A, 6)), "touched");
      assertEquals(catalogue.file("a.txt")!.holders, new Map([[one, `5|${SHA_A}`]]));
      assertEquals(catalogue.staleAt(one, 10), []);
      assertEquals(await publish(storedVersion(SHA_B, 1_767_225_600_123_456)), "changed");
      assertEquals(await publish(storedVersion(SHA_A, 6)), "outdated");
      assertEquals(catalogue.file("a.txt")!.generation, 1_767_225_600_123_456);
      assertEquals(catalogue.staleAt(one, 10), ["a.txt"]);
      assertEquals(catalogue.file("a.txt")!.createdMs, NOW);
    },
  },
  {
    name: "publish() of many versions answers for each, also where names repeat",
    async run(catalogue): Promise<void> {
      const names = Array.from({ length: 450 }, (_, i) => `many/${i % 225}`);
      const results = await catalogue.publish(
        names.map((name, i) => ({ name, ...storedVersion(i < 225 ? SHA_A : SHA_B, i + 1) })),
        NOW,
      );
      assertEquals(results.length, 450);
      assertEquals(results.map(({ file }) => file.name), names);
      assertEquals(new Set(results.slice(0, 225).map(({ kind }) => kind)), new Set(["new"]));
      assertEquals(new Set(results.slice(225).map(({ kind }) => kind)), new Set(["changed"]));
      assertEquals(catalogue.files().length, 225);
      assertEquals(await catalogue.publish([], NOW), []);
    },
  },
  {
    name: "changes at once to one file all count",
    async run(catalogue): Promise<void> {
      const nodes = await Promise.all(
        Array.from({ length: 12 }, (_, i) => catalogue.register({ address: `n${i}:1`, lat: 0, lng: 0 }, NOW)),
      );
      await catalogue.publish([{ name: "hot", ...storedVersion(SHA_A, 1) }], NOW);
      const claim = { name: "hot", ...storedVersion(SHA_A, 1) };
      await Promise.all(nodes.map(({ id }) => catalogue.hold({ ...claim, nodeId: id }, NOW)));
      assertEquals(catalogue.file("hot")!.holders.size, 12);
      const versions = Array.from({ length: 12 }, (_, i) => ({ name: "hot", ...storedVersion(SHA_B, 20 - i) }));
      const kinds = await Promise.all(versions.map((one) => catalogue.publish([one], NOW)));
      assertEquals(kinds.flat().filter(({ kind }) => kind === "changed").length, 1);
      assertEquals(catalogue.file("hot")!.generation, 20);
      await Promise.all(nodes.map(({ id }) => catalogue.release([{ name: "hot", nodeId: id, bytes: `1|${SHA_A}` }])));
      assertEquals(catalogue.file("hot")!.holders.size, 0);
    },
  },
  {
    name: "update() takes an existing program's word, and never overwrites what is known by an empty hash",
    async run(catalogue): Promise<void> {
      const [one, two] = await registerTwo(catalogue);
      const update = async (hash: string, timestamp: string, holder: number | undefined): Promise<string> =>
        (await catalogue.update({ name: "old.txt", hash, timestamp, holder }, NOW)).kind;
      assertEquals(await update("v1", "t1", one), "new");
      assertEquals(await update("", "", two), "same");
      const { hash, timestamp, sha256, generation, holders } = catalogue.file("old.txt")!;
      assertEquals({ hash, timestamp, sha256, generation }, {
        hash: "v1",
        timestamp: "t1",
        sha256: "",
        generation: undefined,
      });
      assertEquals(holders, new Map([[one, "=v1"], [two, "=v1"]]));
      assertEquals(await update("v2", "t2", two), "changed");
      assertEquals(catalogue.staleAt(one, 10), ["old.txt"]);
      assertEquals(await update("v2", "t2", undefined), "same");
    },
  },
  {
    name: "hold() lets a node keep what is present",
    async run(catalogue): Promise<void> {
      const [one] = await registerTwo(catalogue);
      const hold = async (sha256: string, generation: number): Promise<string> =>
        (await catalogue.hold({ name: "h", nodeId: one, ...storedVersion(sha256, generation) }, NOW)).verdict;
      assertEquals(await hold(SHA_A, 1), "unknown");
      assertEquals(catalogue.file("h"), undefined);
      await catalogue.publish([{ name: "h", ...storedVersion(SHA_A, 2) }], NOW);
      assertEquals(await hold(SHA_A, 2), "current");
      assertEquals(await hold(SHA_B, 1), "stale");
      assertEquals(catalogue.file("h")!.holders, new Map([[one, `2|${SHA_A}`]]));
      assertEquals(await hold(SHA_B, 3), "current");
      assertEquals(catalogue.file("h")!.generation, 3);
    },
  },
  {
    name: "remove() keeps what nodes have to drop, until they have",
    async run(catalogue): Promise<void> {
      const [one, two] = await registerTwo(catalogue);
      assertEquals(await catalogue.remove("none"), undefined);
      await catalogue.publish([{ name: "gone", ...storedVersion(SHA_A, 1), holder: one }], NOW);
      await catalogue.hold({ name: "gone", nodeId: two, ...storedVersion(SHA_A, 1) }, NOW);
      assertEquals((await catalogue.remove("gone", { generation: 0 }))!.isRemoved, false);
      assertEquals((await catalogue.remove("gone", { generation: 1 }))!.isRemoved, true);
      assertEquals(catalogue.files(), []);
      assertEquals(catalogue.staleAt(one, 10), ["gone"]);
      await catalogue.release([{ name: "gone", nodeId: one, bytes: `1|${SHA_B}` }]);
      assertEquals(catalogue.staleAt(one, 10), ["gone"]);
      await catalogue.release([{ name: "gone", nodeId: one, bytes: `1|${SHA_A}` }, {
        name: "gone",
        nodeId: two,
        bytes: undefined,
      }]);
      assertEquals(catalogue.file("gone"), undefined);
      assertEquals(catalogue.staleAt(two, 10), []);
      assertEquals((await catalogue.publish([{ name: "gone", ...storedVersion(SHA_A, 1) }], NOW + 9))[0]!.kind, "new");
      assertEquals(catalogue.file("gone")!.createdMs, NOW + 9);
    },
  },
  {
    name: "purge() makes every copy stale, and leaves the file",
    async run(catalogue): Promise<void> {
      const [one, two] = await registerTwo(catalogue);
      for (const name of ["p1", "p2"]) {
        await catalogue.publish([{ name, ...storedVersion(SHA_A, 1), holder: one }], NOW);
      }
      await catalogue.purge(["p1", "p2", "nobody knows"], "m1");
      assertEquals([...catalogue.staleAt(one, 10)].sort(), ["p1", "p2"]);
      assertEquals(catalogue.staleAt(one, 1).length, 1);
      assertEquals(catalogue.files().length, 2);
      await catalogue.hold({ name: "p1", nodeId: one, ...storedVersion(SHA_A, 1) }, NOW);
      assertEquals(catalogue.staleAt(one, 10), ["p2"]);
      assertEquals(catalogue.staleAt(two, 10), []);
    },
  },
  {
    name: "files() is in the order of code units, with any text as a name, hash or time stamp",
    async run(catalogue): Promise<void> {
      const names = [
        "b",
        "a",
        "B",
        "é",
        "e\u0301",
        "日本/語",
        "😀",
        "\ufb00",
        "a b?#%'\"\\",
        "x\n\t\u007f",
        "%00",
        "_%",
      ];
      await catalogue.publish(
        names.map((name, i) => ({ name, hash: name, timestamp: `${name}'`, sha256: SHA_A, generation: i + 1 })),
        NOW,
      );
      assertEquals(catalogue.files().map(({ name }) => name), [...names].sort());
      for (const name of names) {
        assertEquals([catalogue.file(name)!.hash, catalogue.file(name)!.timestamp], [name, `${name}'`]);
      }
    },
  },
  {
    name: "a node that nobody knows is refused before anything changes",
    async run(catalogue): Promise<void> {
      const version = { name: "x", ...storedVersion(SHA_A, 1) };
      await assertRejects(() => catalogue.publish([{ ...version, holder: 7 }], NOW), RangeError);
      await assertRejects(() => catalogue.hold({ ...version, nodeId: 7 }, NOW), RangeError);
      await assertRejects(() => catalogue.update({ ...version, holder: 7 }, NOW), RangeError);
      assertEquals(catalogue.files(), []);
    },
  },
  {
    name: "listen() tells of what changed when it can be read, until it is ended",
    async run(catalogue): Promise<void> {
      const told: string[] = [];
      const end = catalogue.listen({
        onNode: ({ id }) => void told.push(`node ${catalogue.node(id)?.id === id}`),
        onBeat: () => void told.push("beat"),
        onFile: (name, file) => void told.push(`${name} ${catalogue.file(name) === file} ${file?.isRemoved}`),
      });
      const { id } = await catalogue.register({ address: "n:1", lat: 0, lng: 0 }, NOW);
      await catalogue.beat(id);
      await catalogue.publish([{ name: "a", ...storedVersion(SHA_A, 1) }], NOW);
      await catalogue.publish([{ name: "a", ...storedVersion(SHA_A, 1) }], NOW);
      await catalogue.remove("a");
      end();
      await catalogue.beat(id);
      await catalogue.publish([{ name: "b", ...storedVersion(SHA_A, 1) }], NOW);
      assertEquals(told, ["node true", "beat", "a true false", "a true undefined"]);
    },
  },
  {
    name: "close() may be called twice, and reads go on",
    async run(catalogue): Promise<void> {
      await catalogue.publish([{ name: "a", ...storedVersion(SHA_A, 1) }], NOW);
      assertEquals(catalogue.failure, undefined);
      await catalogue.close();
      await catalogue.close();
      assertEquals(catalogue.files().length, 1);
    },
  },
];

/** What a catalogue promises that outlives its process. */
export const DURABLE_CASES: readonly DurableCase[] = [
  {
    name: "a catalogue that is opened again knows all that it knew",
    async run(open): Promise<void> {
      const first = await open();
      const [one, two] = await registerTwo(first);
      await first.publish([{ name: "a/é?.txt", ...storedVersion(SHA_A, 2 ** 53 - 1), holder: one }], NOW);
      await first.update({ name: "old", hash: "v1", timestamp: "", holder: two }, NOW);
      await first.publish([{ name: "gone", ...storedVersion(SHA_A, 3), holder: two }], NOW);
      await first.remove("gone");
      await first.publish([{ name: "none", ...storedVersion(SHA_A, 3) }], NOW);
      await first.remove("none");
      await first.purge(["old"], "m1");
      const before = contentOf(first);
      await first.close();
      const second = await open();
      assertEquals(contentOf(second), before);
      assertEquals([...second.staleAt(two, 10)].sort(), ["gone", "old"]);
      assertEquals(second.file("gone")!.isRemoved, true);
      assertEquals(second.file("none"), undefined);
      const third = await second.register({ address: "localhost:4002", lat: 0, lng: 0 }, NOW);
      assert(![one, two].includes(third.id));
      await second.release([{ name: "gone", nodeId: two, bytes: undefined }]);
      await second.close();
      const last = await open();
      assertEquals(last.file("gone"), undefined);
      assertEquals(last.nodes().length, 3);
      await last.close();
    },
  },
];
