import { assertEquals, assertThrows } from "@std/assert";
import { parsePostgresUrl, type PostgresServer, showPostgresServer } from "./postgres_server.ts";
import { StorageError } from "./storage_error.ts";

Deno.test("parsePostgresUrl() reads what programs write", () => {
  const base: PostgresServer = {
    host: "localhost",
    port: 5432,
    database: "cdn",
    user: "postgres",
    password: "",
    tls: false,
  };
  const table: [url: string, change: Partial<PostgresServer>, shown: string][] = [
    ["postgres://localhost/cdn", {}, "postgres://localhost:5432/cdn"],
    ["postgresql://db.lab:6000/cdn", { host: "db.lab", port: 6000 }, "postgres://db.lab:6000/cdn"],
    ["postgres://db:80/cdn", { host: "db", port: 80 }, "postgres://db:80/cdn"],
    [
      "postgresql+psycopg2://u:p%40%3A%2F@db/cdn",
      { host: "db", user: "u", password: "p@:/" },
      "postgres://db:5432/cdn",
    ],
    ["postgres://u:p@/cdn", { user: "u", password: "p" }, "postgres://localhost:5432/cdn"],
    ["postgres:///cdn", {}, "postgres://localhost:5432/cdn"],
    ["postgres://u@localhost", { user: "u", database: "u" }, "postgres://localhost:5432/u"],
    ["postgres://[::1]:1/cdn", { host: "::1", port: 1 }, "postgres://[::1]:1/cdn"],
    ["postgres:///cdn?host=/run/postgresql", { host: "/run/postgresql" }, "postgres:///run/postgresql:5432/cdn"],
    ["postgres://localhost/cdn?sslmode=require", { tls: "unchecked" }, "postgres://localhost:5432/cdn"],
    ["postgres://localhost/cdn?sslmode=verify-full", { tls: "verified" }, "postgres://localhost:5432/cdn"],
  ];
  for (const [url, change, shown] of table) {
    const server = parsePostgresUrl(url);
    assertEquals(server, { ...base, ...change }, url);
    assertEquals(showPostgresServer(server), shown);
  }
});

Deno.test("parsePostgresUrl() refuses what is none, and tells no password", () => {
  for (const url of ["", "mysql://a:secret@b", "postgres:a", "postgres://a:secret%@b/c", "postgres://a/b?sslmode=x"]) {
    const error = assertThrows(() => parsePostgresUrl(url), StorageError);
    assertEquals([error.code, error.message.includes("secret")], ["unsupported", false], url);
  }
});
