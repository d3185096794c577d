/**
 * What a store promises, in memory as over sockets.
 *
 * @module
 */

import { assert, assertEquals, assertMatch, assertStringIncludes } from "@std/assert";
import { md5 } from "../src/base/digest.ts";
import type { HttpQuestion } from "../src/net/http_client.ts";
import { writeEdgePath } from "../src/protocol/edge_name.ts";
import { readEdgeObject, writePublishedVersion } from "../src/protocol/edge_headers.ts";
import { jsonResponse } from "../src/protocol/http.ts";
import { type StoreCase, withStore } from "./edge_store_bench.ts";
import { assertSameBytes, bytesOf, pieces, sha256Of, textBytes } from "./objects_bench.ts";
import { ODD_NAMES } from "./objects_contract.ts";

type Fields = [name: string, value: string][];

function post(name: string, body: Uint8Array, headers: Fields = []): HttpQuestion {
  return { method: "POST", target: `/post/${writeEdgePath(name)}`, body, headers };
}

function get(name: string, headers: Fields = [], method = "GET"): HttpQuestion {
  return { method, target: `/get/${writeEdgePath(name)}`, headers };
}

function remove(name: string, headers: Fields = []): HttpQuestion {
  return { method: "DELETE", target: `/delete/${writeEdgePath(name)}`, headers };
}

function hashed(hash: string): Fields {
  return writePublishedVersion({ hash, timestamp: "" });
}

const FILES: readonly StoreCase[] = [
  {
    name: "keeps every byte of every name, and lists them",
    run: (bench) =>
      withStore(bench, async (ask) => {
        for (const [at, name] of ODD_NAMES.entries()) {
          const answer = await ask(post(name, bytesOf(at * 37, at + 1)));
          assertEquals([answer.status, answer.json], [200, { status: "success", file: name }]);
        }
        for (const [at, name] of ODD_NAMES.entries()) {
          assertSameBytes((await ask(get(name))).bytes, bytesOf(at * 37, at + 1));
        }
        const { json } = await ask({ target: "/list" });
        assertEquals(json, { files: ODD_NAMES.toSorted((a, b) => a < b ? -1 : 1) });
      }),
  },
  {
    name: "takes bodies in pieces, and gives binary, empty and CRLF ones back as they were",
    run: (bench) =>
      withStore(bench, async (ask) => {
        for (const bytes of [new Uint8Array(0), textBytes("a\r\nb\r\n"), bytesOf(3_000_000)]) {
          const stored = await ask({ ...post("a.bin", bytes), body: pieces(bytes) });
          assertEquals(stored.status, 200);
          const read = await ask(get("a.bin"));
          assertSameBytes(read.bytes, bytes);
          assertEquals(read.field("content-length"), `${bytes.length}`);
        }
      }),
  },
  {
    name: "describes what it has in HTTP's fields and its own",
    run: (bench) =>
      withStore(bench, async (ask) => {
        const version = { hash: "opaque é%", timestamp: "2026-01-01 10:00" };
        const stored = await ask(post("page.html", textBytes("<p>"), writePublishedVersion(version)));
        const object = readEdgeObject([
          ...["x-file-hash", "x-file-timestamp", "x-file-sha256", "x-file-generation", "x-file-size", "x-file-modified"]
            .map((name) => [name, stored.field(name) ?? ""] as const),
        ]);
        assertEquals({ hash: object?.hash, timestamp: object?.timestamp }, version);
        assertEquals(object?.sha256, sha256Of(textBytes("<p>")));
        for (const method of ["GET", "HEAD"]) {
          const { status, field, text } = await ask(get("page.html", [], method));
          assertEquals([status, text], [200, method === "GET" ? "<p>" : ""]);
          assertEquals(field("etag"), `"${object?.sha256}"`);
          assertEquals(field("x-file-generation"), `${object?.generation}`);
          assertMatch(field("content-type")!, /^text\/html/);
          assertMatch(field("last-modified")!, / GMT$/);
          assertEquals([field("accept-ranges"), field("content-length")], ["bytes", "3"]);
        }
      }),
  },
  {
    name: "answers ranges and conditions",
    run: (bench) =>
      withStore(bench, async (ask) => {
        await ask(post("a.txt", textBytes("0123456789")));
        const tag = `"${sha256Of(textBytes("0123456789"))}"`;
        const part = await ask(get("a.txt", [["range", "bytes=2-4"]]));
        assertEquals([part.status, part.text, part.field("content-range")], [206, "234", "bytes 2-4/10"]);
        assertEquals((await ask(get("a.txt", [["range", "bytes=-3"]]))).text, "789");
        const beyond = await ask(get("a.txt", [["range", "bytes=10-"]]));
        assertEquals([beyond.status, beyond.field("content-range")], [416, "bytes */10"]);
        assertEquals((await ask(get("a.txt", [["if-none-match", tag]]))).status, 304);
        assertEquals((await ask(get("a.txt", [["if-match", '"other"']]))).status, 412);
        const stale = await ask(get("a.txt", [["range", "bytes=0-0"], ["if-range", '"other"']]));
        assertEquals([stale.status, stale.text], [200, "0123456789"]);
      }),
  },
  {
    name: "writes and removes only what the client thinks is there",
    run: (bench) =>
      withStore(bench, async (ask) => {
        const fresh: Fields = [["if-none-match", "*"]];
        assertEquals((await ask(post("a", textBytes("1"), fresh))).status, 200);
        assertEquals((await ask(post("a", textBytes("2"), fresh))).status, 412);
        const tag = `"${sha256Of(textBytes("1"))}"`;
        assertEquals((await ask(post("a", textBytes("3"), [["if-match", tag]]))).status, 200);
        assertEquals((await ask(post("a", textBytes("4"), [["if-match", tag]]))).status, 412);
        assertEquals((await ask(remove("a", [["if-match", tag]]))).status, 412);
        assertEquals((await ask(get("a"))).text, "3");
        assertEquals((await ask(remove("a", [["if-match", "*"]]))).status, 200);
        // Of two who both want to be the first, one is.
        const both = await Promise.all(["x", "y"].map((text) => ask(post("b", textBytes(text), fresh))));
        assertEquals(both.map(({ status }) => status).sort(), [200, 412]);
      }),
  },
  {
    name: "refuses bytes that are not those whose hash was sent",
    run: (bench) =>
      withStore(bench, async (ask) => {
        const bytes = textBytes("hello");
        const digest = md5();
        digest.update(bytes);
        for (const hash of [sha256Of(bytes), sha256Of(bytes).toUpperCase(), digest.hex(), "opaque"]) {
          const answer = await ask(post("a", bytes, hashed(hash)));
          assertEquals([answer.status, answer.field("x-file-hash")], [200, hash]);
        }
        for (const hash of ["0".repeat(64), "0".repeat(32)]) {
          const answer = await ask(post("a", textBytes("other"), hashed(hash)));
          assertEquals(answer.status, 400);
          assertStringIncludes(answer.text, "its hash is");
        }
        assertEquals((await ask(get("a"))).text, "hello");
      }),
  },
  {
    name: "answers what is missing, misnamed or too large with a reason",
    run: (bench) =>
      withStore(bench, async (ask) => {
        const cases: readonly (readonly [method: string, target: string, status: number])[] = [
          ["GET", "/get/missing", 404],
          ["HEAD", "/get/missing", 404],
          ["DELETE", "/delete/missing", 404],
          ["GET", "/get/", 400],
          ["GET", "/get/a//b", 400],
          ["GET", "/get/a%2F..%2Fb", 400],
          ["GET", "/get/%2e%2e%2fb", 400],
          ["GET", "/get/%FF", 400],
          ["GET", "/get/a%00", 400],
          ["POST", `/post/${"x".repeat(1_025)}`, 400],
          ["GET", "/nowhere", 404],
          ["POST", "/get/a", 405],
          ["DELETE", "/post/a", 405],
          ["POST", "/list", 405],
        ];
        for (const [method, target, status] of cases) {
          const answer = await ask({ method, target });
          assertEquals(answer.status, status, `${method} ${target}`);
          if (method !== "HEAD") assert(typeof (answer.json as { detail: string }).detail === "string");
        }
        assertEquals((await ask(post("a", bytesOf(100)))).status, 200);
        assertEquals((await ask(post("a", bytesOf(101)))).status, 413);
        assertEquals((await ask({ ...post("a", bytesOf(101)), body: pieces(bytesOf(101), 10) })).status, 413);
        assertSameBytes((await ask(get("a"))).bytes, bytesOf(100));
        assertEquals((await ask({ target: "/health" })).json, { status: "healthy" });
        const { json } = await ask({ target: "/openapi.json" });
        const { paths } = json as { paths: Record<string, Record<string, unknown>> };
        assertEquals(Object.keys(paths).filter((path) => /^\/(get|post|delete|list)\b/.test(path)).length, 4);
      }, { limitBytes: 100 }),
  },
];

const PUBLISHING: readonly StoreCase[] = [
  {
    name: "tells the meta server of each version before it answers, and of removals",
    run: (bench) =>
      withStore(bench, async (ask) => {
        const stored = await ask(post("a", textBytes("1")));
        assertEquals(stored.field("x-published"), "yes");
        const generation = stored.field("x-file-generation");
        assertEquals(bench.meta.told.at(-1), `publish a ${generation}`);
        assertEquals(bench.meta.files.get("a")?.sha256, sha256Of(textBytes("1")));
        const byNode = await ask(post("b", textBytes("2"), [["x-cdn-node", "3"]]));
        assertEquals(bench.meta.told.at(-1), `publish b ${byNode.field("x-file-generation")} by 3`);
        const removed = await ask(remove("a"));
        assertEquals([removed.json, removed.field("x-published")], [{ status: "success", file: "a" }, "yes"]);
        assertEquals([bench.meta.told.at(-1), [...bench.meta.files.keys()]], ["delete a", ["b"]]);
        assertEquals((await ask(post("c", textBytes("1"), [["x-cdn-node", "three"]]))).status, 400);
      }),
  },
  {
    name: "publishes the versions of a name in their order, whoever writes at the same time",
    run: (bench) =>
      withStore(bench, async (ask) => {
        const writes = Array.from({ length: 10 }, (_, at) => ask(post("a", textBytes(`${at}`))));
        await bench.wait(Promise.all(writes));
        const told = bench.meta.told.map((line) => Number(line.split(" ")[2]));
        assertEquals(told.slice(-10), told.slice(-10).toSorted((a, b) => a - b));
        assertEquals(bench.meta.files.get("a")?.sha256, sha256Of((await ask(get("a"))).bytes));
      }),
  },
  {
    name: "is safe without a meta server",
    run: (bench) =>
      withStore(bench, async (ask) => {
        const stored = await ask(post("a", textBytes("1")));
        assertEquals([stored.status, stored.field("x-published")], [200, "no"]);
        assertEquals((await ask(remove("a"))).field("x-published"), "no");
        assertEquals(bench.meta.told, []);
      }, { meta: [] }),
  },
  {
    name: "keeps what it cannot publish, and publishes it when a meta server is back",
    run: (bench) =>
      withStore(bench, async (ask) => {
        await ask(post("removed", textBytes("1")));
        await bench.setMeta(false);
        const first = await bench.wait(ask(post("a", textBytes("1"))));
        assertEquals([first.status, first.field("x-published")], [200, "later"]);
        await bench.wait(ask(post("a", textBytes("2"))));
        assertEquals((await bench.wait(ask(remove("removed")))).field("x-published"), "later");
        assertEquals((await ask({ target: "/health" })).status, 200);
        await bench.setMeta(true);
        await bench.until(() => bench.meta.files.has("a") && !bench.meta.files.has("removed"));
        assertEquals(bench.meta.files.get("a")?.sha256, sha256Of(textBytes("2")));
        await bench.until(() => bench.meta.told.includes("delete removed"));
        let published = "";
        while (published !== "yes") {
          published = (await bench.wait(ask(post("b", textBytes("3"))))).field("x-published")!;
        }
      }),
  },
  {
    name: "publishes everything at its start, and withdraws what it has not",
    run: async (bench) => {
      await withStore(bench, async (ask) => {
        for (const name of ["a", "b", "c"]) await ask(post(name, textBytes(name)));
      }, { meta: [] });
      bench.meta.files.set("ghost", {
        file_name: "ghost",
        file_hash: "",
        timestamp: "",
        sha256: "0".repeat(64),
        generation: 1,
      });
      await withStore(bench, async () => {
        await bench.until(() => [...bench.meta.files.keys()].sort().join() === "a,b,c");
      });
    },
  },
  {
    name: "rebuilds a meta server that has lost everything",
    run: (bench) =>
      withStore(bench, async (ask) => {
        for (const name of ["a", "b", "c"]) await ask(post(name, textBytes(name)));
        bench.meta.files.clear();
        await bench.until(() => bench.meta.files.size === 3);
      }),
  },
  {
    name: "does not take a refusal of the meta server for a failure of its own",
    run: (bench) =>
      withStore(bench, async (ask) => {
        bench.meta.refusal = jsonResponse(500, { detail: "broken" });
        const stored = await bench.wait(ask(post("a", textBytes("1"))));
        assertEquals([stored.status, stored.field("x-published")], [200, "later"]);
        bench.meta.refusal = undefined;
        await bench.until(() => bench.meta.files.has("a"));
      }),
  },
];

/** Everything that a store promises. */
export const STORE_CASES: readonly StoreCase[] = [...FILES, ...PUBLISHING];
