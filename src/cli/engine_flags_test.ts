import { assertEquals, assertThrows } from "@std/assert";
import {
  CACHE_FLAG,
  CATALOGUE_FLAG,
  INDEX_CATALOGUE_FLAG,
  isSecretText,
  OBJECTS_FLAG,
  renderEngine,
} from "./engine_flags.ts";
import { variableSource } from "./flag_sources.ts";
import { UsageError } from "./usage_error.ts";

Deno.test("an engine's flag reads a word, a path or a URL", () => {
  assertEquals(CATALOGUE_FLAG.initial, { kind: "memory" });
  const cases = [
    [CATALOGUE_FLAG, "memory", { kind: "memory" }],
    [CATALOGUE_FLAG, "sqlite:/var/a.sqlite", { kind: "sqlite", path: "/var/a.sqlite" }],
    [CATALOGUE_FLAG, "sqlite::memory:", { kind: "sqlite", path: ":memory:" }],
    [CATALOGUE_FLAG, "postgres://u:p@h/db", { kind: "postgres", url: "postgres://u:p@h/db" }],
    [CATALOGUE_FLAG, "postgresql://h", { kind: "postgres", url: "postgresql://h" }],
    [INDEX_CATALOGUE_FLAG, "memory", { kind: "memory" }],
    [INDEX_CATALOGUE_FLAG, "postgres://h/db", { kind: "postgres", url: "postgres://h/db" }],
    [CACHE_FLAG, "memory", { kind: "memory" }],
    [CACHE_FLAG, "disk:a b", { kind: "disk", path: "a b" }],
    [CACHE_FLAG, "redis://h:1", { kind: "redis", url: "redis://h:1" }],
    [CACHE_FLAG, "rediss://h", { kind: "redis", url: "rediss://h" }],
    [OBJECTS_FLAG, "file:C:\\objects", { kind: "file", path: "C:\\objects" }],
    [OBJECTS_FLAG, "s3://bucket/a?endpoint=http://m:9", { kind: "s3", url: "s3://bucket/a?endpoint=http://m:9" }],
  ] as const;
  for (const [flag, text, engine] of cases) assertEquals<unknown>(flag.read(text), engine, text);
});

Deno.test("an engine's flag refuses the rest, and repeats no password", () => {
  const cases = [
    [CATALOGUE_FLAG, ["", "sqlite", "sqlite:", "mysql://u:secret@h", "Memory", "memory:"]],
    [INDEX_CATALOGUE_FLAG, ["", "sqlite:a", "sqlite::memory:", "mysql://u:secret@h"]],
    [CACHE_FLAG, ["disk", "disk:", "redis:", "redis://u:secret@h:x", "sqlite:a"]],
    [OBJECTS_FLAG, ["memory", "file", "file:", "https://s3.lab", "/srv/objects"]],
  ] as const;
  for (const [flag, texts] of cases) {
    for (const text of texts) {
      const { message } = assertThrows(() => flag.read(text), UsageError);
      assertEquals(message, `must be ${flag.placeholder!.replaceAll("|", " or ")}`);
    }
  }
});

Deno.test("an engine's flag takes the document's variables", () => {
  const cases = [
    [CATALOGUE_FLAG, { DATABASE_URL: "postgresql://cdn:cdn@db:5432/cdn" }, "postgresql://cdn:cdn@db:5432/cdn"],
    [CACHE_FLAG, { REDIS_HOST: "redis" }, "redis://redis:6379"],
    [CACHE_FLAG, { REDIS_HOST: "::1", REDIS_PORT: "7000" }, "redis://[::1]:7000"],
    [CACHE_FLAG, { REDIS_PORT: "7000" }, undefined],
    [OBJECTS_FLAG, { MINIO_ENDPOINT: "minio:9000", MINIO_ACCESS_KEY: "a" }, "s3://cdn-files"],
    [OBJECTS_FLAG, { MINIO_ENDPOINT: "minio:9000", MICROCDN_OBJECTS: "file:x" }, "file:x"],
  ] as const;
  for (const [flag, variables, text] of cases) {
    const read = (name: string): string | undefined => (variables as Record<string, string>)[name];
    assertEquals(variableSource({ variable: read }).get(flag), text);
    if (text !== undefined) flag.read(text);
  }
});

Deno.test("isSecretText() sees a login in a URL, and every text of a flag that is secret", () => {
  const plain = ["memory", "redis://h:1", "sqlite:/a@b", "postgres://h/db?x=a@b", "s3://bucket"];
  for (const text of plain) assertEquals(isSecretText({}, text), false, text);
  for (const text of ["redis://:p@h", "postgres://u:p@h/db", "postgres://u@h"]) {
    assertEquals(isSecretText({}, text), true, text);
  }
  assertEquals(isSecretText({ isSecret: true }, "x"), true);
});

Deno.test("renderEngine() writes what the flag reads, with another path", () => {
  const there = (path: string): string => `/there/${path}`;
  for (
    const [flag, text, full] of [
      [CATALOGUE_FLAG, "memory", "memory"],
      [CATALOGUE_FLAG, "sqlite:a", "sqlite:/there/a"],
      [CACHE_FLAG, "redis://h", "redis://h"],
      [OBJECTS_FLAG, "file:b", "file:/there/b"],
    ] as const
  ) assertEquals(renderEngine(flag.read(text)!, there), full);
});
