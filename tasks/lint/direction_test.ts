import { assertEquals } from "@std/assert";
import { type Layer, MAY_IMPORT } from "./place.ts";
import { messagesOf, testRule } from "./rule_cases.ts";

const CORE = "src/core/a.ts";
const CDN = "src/roles/cdn/content.ts";
const EDGE = "src/roles/edge/node.ts";

const OWN_NAME = "src may not import the project by its own name";

testRule("direction", {
  good: [
    [CORE, `import { b } from "./b.ts";`],
    [CORE, `import type { Clock } from "../base/clock.ts";`],
    [CORE, `export * from "../protocol/cdn.ts";`],
    [CORE, `type T = typeof import("../base/clock.ts");`],
    [CDN, `import { f } from "./shared.ts"; import { g } from "../cdn/other.ts";`],
    [CDN, `export { f } from "../../services/line_conn.ts";`],
    [EDGE, `import { Hono } from "hono";`],
    ["src/protocol/metacdn_pb.ts", `import { f } from "@bufbuild/protobuf";`],
    ["src/env/late_modules.ts", `const module = await import(name);`],
    ["src/cli/packed/postgres.ts", `provideModule("postgres", () => import("postgres"));`],
    ["src/storage/postgres.ts", `type Module = typeof import("postgres"); import type { Sql } from "postgres";`],
    ["src/cli/main.ts", `import { parseArgs } from "@std/cli"; const { run } = await import("./cdn.ts");`],
    ["src/cli/main.ts", `import { startIndex } from "../roles/cdn/index.ts";`],
    ["src/env/node_files.ts", `import { open } from "node:fs/promises";`],
    ["src/core/a_test.ts", `import { x } from "../../tests/until.ts"; import { y } from "../roles/cdn/index.ts";`],
    ["tests/cdn_test.ts", `import { x } from "../src/roles/cdn/index.ts"; import fc from "npm:fast-check";`],
    ["tasks/cluster.ts", `import { x } from "../src/roles/cdn/index.ts";`],
    ["mod.ts", `export * from "./src/core/a.ts"; export type { B } from "./src/cli/main.ts";`],
    [CORE, `const text = 'import "../net/net.ts"'; // import("../net/net.ts")`],
  ],
  bad: [
    [CORE, `import { Net } from "../net/net.ts";`, "src/core may not import src/net"],
    [CORE, `import type { Net } from "../net/net.ts";`, "src/core may not import src/net"],
    [CORE, `import "../net/net.ts";`, "src/core may not import src/net"],
    [CORE, `export { Net } from "../net/net.ts";`, "src/core may not import src/net"],
    [CORE, `export * as net from "../net/net.ts";`, "src/core may not import src/net"],
    [CORE, `const net = import("../net/net.ts");`, "src/core may not import src/net"],
    [CORE, "const net = import(`../net/net.ts`);", "src/core may not import src/net"],
    [CORE, `type T = typeof import("../net/net.ts");`, "src/core may not import src/net"],
    [CORE, `type T = import("../net/net.ts").Net;`, "src/core may not import src/net"],
    [CORE, `import net = require("../net/net.ts");`, "src/core may not import src/net"],
    [CORE, `const path = import.meta.resolve("../net/net.ts");`, "src/core may not import src/net"],
    [CORE, `import "./../../src/./net/net.ts";`, "src/core may not import src/net"],
    [CORE, `import "../n%65t/net.ts";`, "src/core may not import src/net"],
    [CORE, `import "../net/net.ts?x";`, "src/core may not import src/net"],
    [CORE, `import "..\\\\net\\\\net.ts";`, "src/core may not import src/net"],
    ["src/base/a.ts", `import "../protocol/cdn.ts";`, "src/base may not import src/protocol"],
    ["src/env/a.ts", `import "../protocol/http.ts";`, "src/env may not import src/protocol"],
    [CORE, `const net = import("../net/" + name);`, "src/core may not import a computed module"],
    [CORE, "const net = import(`../net/${name}`);", "src/core may not import a computed module"],
    ["src/storage/a.ts", `const engine = await import(name);`, "src/storage may not import a computed module"],
    ["src/storage/a.ts", `import { Sql } from "postgres";`, 'src/storage/a.ts may not import the package "postgres"'],
    ["src/core/a.ts", `import type { Sql } from "postgres";`, 'src/core/a.ts may not import the package "postgres"'],
    [CORE, `import "@micro-cdn/micro-cdn";`, OWN_NAME],
    [CORE, `import "@micro-cdn/micro-cdn/src/net/net.ts";`, OWN_NAME],
    [CORE, `import "../../tasks/tidy.ts";`, "src may not import tasks/tidy.ts"],
    [CORE, `import "../../tests/until.ts";`, "src may not import tests/until.ts"],
    [CORE, `import "../../mod.ts";`, "src may not import mod.ts"],
    [CORE, `import "../../std/cli/mod.ts";`, "src may not import std/cli/mod.ts"],
    [CORE, `import "./b_test.ts";`, "src may not import src/core/b_test.ts"],
    [CORE, `import "../elsewhere/a.ts";`, "src may not import src/elsewhere/a.ts"],
    [CORE, `import "/etc/a.ts";`, 'src may not import "/etc/a.ts"'],
    [CORE, `import "npm:hono";`, 'src may not import "npm:hono"'],
    [EDGE, `import "npm:hono";`, 'src may not import "npm:hono"'],
    [CORE, `import "https://example.com/a.ts";`, 'src may not import "https://example.com/a.ts"'],
    [CORE, `import fc from "fast-check";`, 'src/core/a.ts may not import the package "fast-check"'],
    [CDN, `import { Hono } from "hono";`, `${CDN} may not import the package "hono"`],
    ["src/storage/a.ts", `import("postgres");`, 'src/storage/a.ts may not import the package "postgres"'],
    ["src/cli/cdn.ts", `import { Hono } from "hono";`, 'src/cli/cdn.ts may not import the package "hono"'],
    [CDN, `import "../edge/node.ts";`, 'Roles of "cdn" may not import roles of "edge"'],
    [CDN, `import "../shared.ts";`, 'Roles of "cdn" may not import roles of "no family"'],
    ["src/roles/shared.ts", `import "./cdn/index.ts";`, 'Roles of "no family" may not import roles of "cdn"'],
    ["src/elsewhere/a.ts", `export const a = 1;`, "src/elsewhere/a.ts is in no layer"],
    ["src/a.ts", `export const a = 1;`, "src/a.ts is in no layer"],
    ["mod.ts", `export * from "./tests/until.ts";`, "mod.ts may import only files of src"],
    ["mod.ts", `export * from "@std/cli";`, "mod.ts may import only files of src"],
  ],
});

Deno.test("layers/direction holds the table of layers, pair by pair", () => {
  const layers = Object.keys(MAY_IMPORT) as Layer[];
  for (const from of layers) {
    for (const to of layers) {
      if (from === to) continue;
      const allowed = MAY_IMPORT[from].includes(to);
      const path = from === "roles" ? "src/roles/cdn/a.ts" : `src/${from}/a.ts`;
      const up = from === "roles" ? "../.." : "..";
      const messages = messagesOf("direction", [path, `import "${up}/${to}/b.ts";`]);
      assertEquals(messages, allowed ? [] : [`src/${from} may not import src/${to}`]);
    }
  }
});
