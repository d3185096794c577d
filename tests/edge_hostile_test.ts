/**
 * The four roles of the edge family over real sockets, and what comes in that should not: each answers with a clear 4xx and
 * what is wrong, whatever it is, and goes on serving.
 */

import { assert, assertEquals, assertMatch } from "@std/assert";
import type { Address } from "../src/base/address.ts";
import { systemClock } from "../src/base/clock.ts";
import type { Env } from "../src/env/env.ts";
import { createLog } from "../src/env/log.ts";
import { systemEnv } from "../src/env/runtime.ts";
import type { Role } from "../src/services/role.ts";
import { startMeta } from "../src/roles/edge/meta.ts";
import { startNode } from "../src/roles/edge/node.ts";
import { startOrigin } from "../src/roles/edge/origin.ts";
import { startStore } from "../src/roles/edge/store.ts";
import { openFolderObjects } from "../src/storage/folder_objects.ts";
import { MemoryCatalogue } from "../src/storage/memory_catalogue.ts";
import { MemoryLayer } from "../src/storage/memory_layer.ts";
import { HttpBench, type HttpClient, requestText } from "./http_bench.ts";
import { withFolder } from "./temporary_folder.ts";
import { until } from "./until.ts";

const ANY_PORT: Address = { host: "127.0.0.1", port: 0 };
const PLACE = { lat: 0, lng: 0 };
const LIMIT_BYTES = 1_048_576;

type Name = "meta" | "store" | "node" | "origin";

/** The whole family on this machine, and clients that speak in raw bytes. */
class Family implements AsyncDisposable {
  readonly bench = new HttpBench();
  readonly errors: string[] = [];
  readonly #roles: Role[] = [];
  readonly #at = new Map<Name, Address>();

  static async start(folder: string): Promise<Family> {
    const family = new Family();
    const log = createLog({
      clock: systemClock(),
      sink: ({ level, event }) => {
        if (level === "error") family.errors.push(event);
      },
    });
    const env: Env = systemEnv({ log });
    const at = (name: Name, role: Role): Address => {
      family.#roles.unshift(role);
      family.#at.set(name, role.addresses.http!);
      return role.addresses.http!;
    };
    const meta = at("meta", await startMeta(env, { listen: ANY_PORT, catalogue: new MemoryCatalogue() }));
    const objects = await openFolderObjects(env, folder);
    const options = { listen: ANY_PORT, meta: [meta], limitBytes: LIMIT_BYTES };
    const store = at("store", await startStore(env, { ...options, objects }));
    at("node", await startNode(env, { ...options, place: PLACE, store: [store], cache: new MemoryLayer(env) }));
    at("origin", await startOrigin(env, { listen: ANY_PORT, meta: [meta], store }));
    return family;
  }

  at(name: Name): Address {
    return this.#at.get(name)!;
  }

  /** Sends raw text, and reads one answer. */
  async ask(name: Name, text: string): Promise<{ status: number; body: string }> {
    const client = await this.bench.dial(this.at(name));
    try {
      await client.send(text);
      return await client.answer();
    } finally {
      client.close();
    }
  }

  /** Sends raw text in one piece, and reads until the server ends the connection. */
  async exchange(name: Name, text: string): Promise<string> {
    return await this.bench.exchange(this.at(name), text);
  }

  async checkUp(): Promise<void> {
    for (const name of ["meta", "store", "node", "origin"] as const) {
      const { status, body } = await this.ask(name, requestText("/health"));
      assertEquals([status, body.trim()], [200, '{"status":"healthy"}'], name);
    }
    assertEquals(this.errors, []);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.bench[Symbol.asyncDispose]();
    for (const role of this.#roles) await role.stop();
  }
}

async function withFamily(run: (family: Family) => Promise<void>): Promise<void> {
  await withFolder(async (folder) => {
    await using family = await Family.start(folder);
    await run(family);
    await family.checkUp();
  });
}

/** Asks for something, with a body of JSON. */
function json(target: string, body: string, { method = "POST", headers = "" } = {}): string {
  const bytes = Array.from(new TextEncoder().encode(body), (byte) => String.fromCharCode(byte)).join("");
  return requestText(target, { method, headers: `Content-Length: ${bytes.length}\r\n${headers}`, body: bytes });
}

function assertDetail(body: string, what: string): void {
  assert(JSON.parse(body).detail?.length > 0, `${what}: ${body}`);
}

Deno.test("edge: JSON that is none, or of other types, is 422 with what is wrong", () =>
  withFamily(async (family) => {
    const place = '"Lat":1,"Lng":2';
    const file = '{"Name":"a","Hash":"","TimeStamp":""}';
    const table: [Name, target: string, body: string, method?: string][] = [
      ["meta", "/meta/register", "{"],
      ["meta", "/meta/register", ""],
      ["meta", "/meta/register", "null"],
      ["meta", "/meta/register", "[]"],
      ["meta", "/meta/register", '{"Type":0,"IP":"a:1","Lat":91,"Lng":0}'],
      ["meta", "/meta/register", '{"Type":0,"IP":"a:1","Lat":-90.1,"Lng":0}'],
      ["meta", "/meta/register", '{"Type":0,"IP":"a:1","Lat":0,"Lng":181}'],
      ["meta", "/meta/register", '{"Type":0,"IP":"a:1","Lat":1e999,"Lng":0}'],
      ["meta", "/meta/register", '{"Type":0,"IP":"a:1","Lat":"12","Lng":[]}'],
      ["meta", "/meta/register", `{"Type":0,"IP":"${"a".repeat(5_000)}:1",${place}}`],
      ["meta", "/meta/query", '{"file_name":"a/../b","client_lat":0,"client_lng":0}'],
      ["meta", "/meta/query", '{"file_name":"","client_lat":0,"client_lng":0}'],
      ["meta", "/meta/query", `{"file_name":"${"ü".repeat(600)}","client_lat":0,"client_lng":0}`],
      ["meta", "/meta/query", '{"file_name":"\\ud800","client_lat":0,"client_lng":0}'],
      ["meta", "/meta/query", '{"file_name":"a\\u0000","client_lat":0,"client_lng":0}'],
      ["meta", "/meta/query", '{"__proto__":{"file_name":"a"},"client_lat":0,"client_lng":0}'],
      ["meta", "/meta/update", '{"file_name":"a","file_hash":7,"timestamp":null,"cdn_id":"x"}'],
      ["meta", "/meta/update", '{"file_name":"a","file_hash":"h","timestamp":"","cdn_id":1.5}'],
      ["meta", "/meta/publish", '{"files":{}}'],
      [
        "meta",
        "/meta/publish",
        '{"files":[{"file_name":"a","file_hash":"","timestamp":"","sha256":"x","generation":-1}]}',
      ],
      ["meta", "/meta/heartbeat", '{"cdn_id":"1","cdn_address":1,"dropped":["../.."]}'],
      ["meta", "/meta/hold", "true"],
      [
        "meta",
        "/meta/plan",
        `{"client_lat":0,"client_lng":0,"files":[${'{"file_name":"a"},'.repeat(10_001).slice(0, -1)}]}`,
      ],
      ["meta", "/meta/purge", '{"all":false}'],
      ["meta", "/meta/delete", "7", "DELETE"],
      ["origin", "/origin/sync", `{"Lat":91,"Lng":0,"FileList":[${file}]}`],
      ["origin", "/origin/sync", `{${place},"FileList":${file}}`],
      ["origin", "/origin/sync", `{${place},"FileList":[{"Name":"a/%2e%2e/../b"}]}`],
      ["origin", "/origin/sync", "[".repeat(100_000)],
      ["origin", "/origin/explicit", '{"Lat":"x"}'],
      ["origin", "/origin/plan", "\xff\xfe"],
      ["origin", "/origin/file", "{}", "DELETE"],
    ];
    for (const [name, target, body, method = "POST"] of table) {
      const what = `${name} ${target} ${body.slice(0, 100)}`;
      const answer = await family.ask(name, json(target, body, { method }));
      assertEquals(answer.status, 422, `${what}: ${answer.body}`);
      assertDetail(answer.body, what);
    }
  }));

Deno.test("edge: names that lead elsewhere, or nowhere, are 400", () =>
  withFamily(async (family) => {
    const names = [
      "..",
      "../a",
      "a/..",
      "a/../b",
      "%2e%2e/a",
      "%2E%2E%2Fa",
      "a/%2e%2e/b",
      ".%2e/a",
      "a%2f..%2fb",
      "%2e",
      "./a",
      "",
      "/a",
      "a//b",
      "a/",
      "%2fetc/passwd",
      "a%00b",
      "%",
      "%zz",
      "%c0%ae%c0%ae/a",
      "%ff",
      "%ed%a0%80",
      "a".repeat(1_025),
      "%C3%BC".repeat(513),
    ];
    for (const name of names) {
      for (
        const [role, prefix, methods] of [
          ["store", "/get/", ["GET", "HEAD"]],
          ["store", "/post/", ["POST", "PUT"]],
          ["store", "/delete/", ["DELETE"]],
          ["node", "/cdn/cache/", ["GET", "HEAD", "PUT", "DELETE"]],
        ] as const
      ) {
        for (const method of methods) {
          const text = requestText(prefix + name, { method, headers: "Content-Length: 0\r\nConnection: close\r\n" });
          const answer = await family.exchange(role, text);
          assertMatch(answer, /^HTTP\/1.1 400 /, `${method} ${role} ${name}`);
          if (method !== "HEAD") assertDetail(answer.slice(answer.indexOf("\r\n\r\n")), name);
        }
      }
    }
  }));

Deno.test("edge: a body over the limit is refused before it comes, or as soon as it goes over", () =>
  withFamily(async (family) => {
    const table: [Name, method: string, target: string, limitBytes: number][] = [
      ["store", "POST", "/post/a", LIMIT_BYTES],
      ["node", "PUT", "/cdn/cache/a", LIMIT_BYTES],
      ["meta", "POST", "/meta/query", 8 * 1_048_576],
      ["origin", "POST", "/origin/sync", 8 * 1_048_576],
    ];
    const piece = "x".repeat(65_536);
    for (const [name, method, target, limitBytes] of table) {
      for (const type of ["application/octet-stream", "application/json"]) {
        const headers = `Content-Type: ${type}\r\n`;
        const client = await family.bench.dial(family.at(name));
        await client.send(requestText(target, { method, headers: `${headers}Content-Length: 10737418240\r\n` }));
        const { status, body } = await client.answer();
        assertEquals(status, 413, `${name} ${type}`);
        assertDetail(body, name);
        client.close();
        const chunked = await family.bench.dial(family.at(name));
        await chunked.send(requestText(target, { method, headers: `${headers}Transfer-Encoding: chunked\r\n` }));
        const answered = chunked.answer();
        let isAnswered = false;
        answered.finally(() => isAnswered = true).catch(() => {});
        let sentBytes = 0;
        while (!isAnswered && sentBytes < 4 * limitBytes + 16 * 1_048_576) {
          await chunked.send(`10000\r\n${piece}\r\n`).catch(() => isAnswered = true);
          sentBytes += piece.length;
        }
        assertEquals((await answered).status, 413, `${name} ${type} in chunks`);
        chunked.close();
      }
    }
    assertEquals((await family.ask("store", requestText("/list"))).body.trim(), '{"files":[]}');
  }));

Deno.test("edge: what is no request, or two, is refused and the connection closed", () =>
  withFamily(async (family) => {
    const post = "POST /meta/query HTTP/1.1\r\nHost: a\r\n";
    const table: [text: string, status: RegExp][] = [
      ["GET /health HTTP/1.1\r\nHost: a\r\nHost: b\r\n\r\n", /^400/],
      ["GET /health HTTP/1.1\r\n\r\n", /^400/],
      [`${post}Content-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n`, /^400/],
      [`${post}Content-Length: 5\r\nContent-Length: 6\r\n\r\nhello`, /^400/],
      [`${post}Content-Length: -5\r\n\r\n`, /^400/],
      [`${post}Content-Length: 5x\r\n\r\nhello`, /^400/],
      [`${post}Transfer-Encoding: chunked, gzip\r\n\r\n`, /^(400|501)/],
      [`${post}Transfer-Encoding: xchunked\r\n\r\n`, /^(400|501)/],
      [`${post}Transfer-Encoding: chunked\r\n\r\nnonsense\r\n`, /^400/],
      [`${post}Transfer-Encoding: chunked\r\n\r\nFFFFFFFFFFFFFFFFF\r\n`, /^400/],
      [`${post}Transfer-Encoding: chunked\r\n\r\n-1\r\n`, /^400/],
      ["GET /health HTTP/1.1\r\nHost: a\r\n Folded: b\r\n\r\n", /^400/],
      ["GET /health HTTP/1.1\r\nHost : a\r\n\r\n", /^400/],
      ["GET /health HTTP/9.9\r\nHost: a\r\n\r\n", /^(400|505)/],
      ["G\0T /health HTTP/1.1\r\nHost: a\r\n\r\n", /^400/],
      ["\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03", /^400/],
      [`GET /${"a".repeat(20_000)} HTTP/1.1\r\nHost: a\r\n\r\n`, /^(414|431)/],
      [`GET /health HTTP/1.1\r\nHost: a\r\nX: ${"a".repeat(20_000)}\r\n\r\n`, /^431/],
      [`GET /health HTTP/1.1\r\nHost: a\r\n${"X: aaaaaaaa\r\n".repeat(5_000)}\r\n`, /^431/],
    ];
    for (const name of ["meta", "store", "node", "origin"] as const) {
      for (const [text, status] of table) {
        const answer = await family.exchange(name, text);
        const what = `${name} ${text.slice(0, 120)}`;
        assertMatch(answer.slice("HTTP/1.1 ".length), status, `${what}: ${answer.slice(0, 200)}`);
        assertEquals(answer.match(/HTTP\/1.1 /g)?.length, 1, what);
        assertDetail(answer.slice(answer.indexOf("\r\n\r\n")), what);
      }
    }
  }));

Deno.test("edge: methods and targets that nobody expects", () =>
  withFamily(async (family) => {
    const paths: [Name, string][] = [
      ["meta", "/meta/files"],
      ["store", "/list"],
      ["store", "/get/a"],
      ["node", "/cdn/cache/a"],
      ["origin", "/origin/files"],
    ];
    for (const [name, path] of paths) {
      for (const method of ["OPTIONS", "TRACE", "PATCH", "PROPFIND", "PURGE", "LINK"]) {
        const { status, body } = await family.ask(name, requestText(path, { method }));
        assertEquals(status, 405, `${method} ${path}`);
        assertDetail(body, method);
      }
      assertMatch(await family.exchange(name, requestText(path, { method: "BREW" })), /^HTTP\/1.1 (400|405|501) /);
      assertMatch(await family.exchange(name, "CONNECT a:443 HTTP/1.1\r\nHost: a\r\n\r\n"), /^HTTP\/1.1 40[045] /);
    }
    const targets: [Name, target: string, status: number][] = [
      ["store", "http://elsewhere:99/list", 200],
      ["store", "HTTP://elsewhere/get/a", 404],
      ["store", "http://elsewhere/get/../list", 400],
      ["store", "ftp://elsewhere/list", 404],
      ["store", "*", 404],
      ["store", "/list?x=%zz#y", 200],
      ["node", "/cdn/cache/a?b=../../c", 404],
      ["meta", "//meta/files", 404],
      ["meta", "/meta/../meta/files", 404],
      ["origin", "/Origin/Files", 404],
    ];
    for (const [name, target, expected] of targets) {
      const { status, body } = await family.ask(name, requestText(target));
      assertEquals(status, expected, `${name} ${target}: ${body}`);
    }
    // A body that nobody asked for is no request of its own.
    for (const [name, path] of paths) {
      const body = "GET /openapi.json HTTP/1.1\r\nHost: a\r\n\r\n";
      const client = await family.bench.dial(family.at(name));
      await client.send(requestText(path, { headers: `Content-Length: ${body.length}\r\n`, body }));
      assert([200, 404].includes((await client.answer()).status), path);
      await client.send(requestText("/health"));
      assertEquals((await client.answer()).body.trim(), '{"status":"healthy"}', path);
      client.close();
    }
  }));

Deno.test("edge: ranges and conditions of all kinds", () =>
  withFamily(async (family) => {
    const bytes = "0123456789";
    const put = await family.ask("node", json("/cdn/cache/r", bytes, { method: "PUT" }));
    assertEquals(put.status, 200, put.body);
    const table: [range: string, status: number, body?: string][] = [
      ["bytes=0-0", 206, "0"],
      ["bytes=9-", 206, "9"],
      ["bytes=-3", 206, "789"],
      ["bytes=-99999999999999999999", 200, bytes],
      // Numbers that nobody can count to are no range.
      ["bytes=5-99999999999999999999", 200, bytes],
      ["bytes=10-", 416],
      ["bytes=99999999999999999999-", 200, bytes],
      ["bytes=-0", 416],
      ["bytes=5-2", 200, bytes],
      ["bytes=a-b", 200, bytes],
      ["bytes=", 200, bytes],
      ["bytes=--1", 200, bytes],
      ["octets=0-1", 200, bytes],
      ["bytes=0-1,3-4", 200, bytes],
      [`bytes=${"0-1,".repeat(2_000)}0-1`, 200, bytes],
      [`bytes=${Array.from({ length: 1_000 }, (_, at) => `${at * 2}-${at * 2}`).join()}`, 200, bytes],
      ["bytes=1e1-", 200, bytes],
      ["bytes=0x0-", 200, bytes],
    ];
    for (const [name, target] of [["node", "/cdn/cache/r"], ["store", "/get/r"]] as const) {
      for (const [range, status, body] of table) {
        const answer = await family.ask(name, requestText(target, { headers: `Range: ${range}\r\n` }));
        assertEquals(answer.status, status, `${name} ${range.slice(0, 50)}`);
        if (body !== undefined) assertEquals(answer.body, body, range);
        else if (status === 416) assertDetail(answer.body, range);
      }
      for (const field of ["If-Match", "If-None-Match", "If-Modified-Since", "If-Unmodified-Since", "If-Range"]) {
        for (const value of ["", '"', "W/", "\xff\xfe", '"a'.repeat(3_000), "Thu, 99 Foo 2026", "-1", ","]) {
          const headers = `${field}: ${value}\r\nRange: bytes=1-1\r\n`;
          const { status } = await family.ask(name, requestText(target, { headers }));
          assert([200, 206, 304, 412].includes(status), `${field}: ${value}: ${status}`);
        }
      }
    }
    for (const field of ["X-File-Hash", "X-File-Timestamp", "X-CDN-Node", "X-Generation-Below", "X-File-Generation"]) {
      for (const value of ["%", "%zz", "%ff", "a".repeat(2_000), "-1", "1e99", "NaN", "9".repeat(30), "%00", "\xff"]) {
        for (
          const [name, target, method] of [
            ["store", "/post/h", "POST"],
            ["node", "/cdn/cache/h", "PUT"],
            ["node", "/cdn/cache/h", "DELETE"],
          ] as const
        ) {
          const { status, body } = await family.ask(
            name,
            json(target, "x", { method, headers: `${field}: ${value}\r\n` }),
          );
          assert(status < 500, `${method} ${name} ${field}: ${value.slice(0, 20)}: ${status} ${body}`);
        }
      }
    }
  }));

Deno.test("edge: a thousand idle connections, and requests that never end, do not keep others from being served", () =>
  withFamily(async (family) => {
    const idle: HttpClient[] = [];
    for (const name of ["meta", "store", "node", "origin"] as const) {
      for (let count = 0; count < 250; count++) {
        const client = await family.bench.dial(family.at(name));
        if (count % 3 === 1) await client.send("GET /health HTTP/1.1\r\nHost:");
        if (count % 3 === 2) {
          await client.send(
            requestText("/meta/query", { method: "POST", headers: "Content-Length: 99\r\n", body: "{" }),
          );
        }
        idle.push(client);
      }
    }
    await family.checkUp();
    const put = await family.ask("node", json("/cdn/cache/busy", "there", { method: "PUT" }));
    assertEquals(put.status, 200);
    assertEquals((await family.ask("node", requestText("/cdn/cache/busy"))).body, "there");
    for (const client of idle) client.close();
  }));

Deno.test("edge: an upload that breaks off leaves nothing, and the connection of the next one is good", () =>
  withFamily(async (family) => {
    for (const [name, method, target] of [["store", "POST", "/post/u"], ["node", "PUT", "/cdn/cache/u"]] as const) {
      for (const headers of ["Content-Length: 100000\r\n", "Transfer-Encoding: chunked\r\n"]) {
        const client = await family.bench.dial(family.at(name));
        await client.send(
          requestText(target, { method, headers, body: headers.startsWith("T") ? "5\r\nhello\r\n" : "hello" }),
        );
        client.close();
      }
    }
    await until(async () => (await family.ask("store", requestText("/list"))).body.trim() === '{"files":[]}', {
      deadlineMs: 10_000,
    });
    assertEquals((await family.ask("node", requestText("/cdn/cache/u"))).status, 404);
    assertEquals((await family.ask("node", json("/cdn/cache/u", "whole", { method: "PUT" }))).status, 200);
    assertEquals((await family.ask("node", requestText("/cdn/cache/u"))).body, "whole");
  }));
