import { assertEquals, assertThrows } from "@std/assert";
import { type Command, defineCommand, type Family, type Program } from "./command.ts";
import { readRequest, type Request } from "./command_line.ts";
import { UsageError } from "./usage_error.ts";

function command(name: string): Command {
  return defineCommand({ name, kind: "client", summary: name, flags: {}, run: () => Promise.resolve(0) });
}

const CDN: Family = {
  name: "cdn",
  summary: "Lines",
  commands: ["index", "get", "ls", "stat"].map(command),
  synonyms: { client: { commands: ["get", "ls", "stat"], otherwise: "get" } },
};
const EDGE: Family = {
  name: "edge",
  summary: "HTTP",
  commands: ["meta", "node", "sync", "get", "ls"].map(command),
  synonyms: { client: { commands: ["sync", "get", "ls"], otherwise: "get" } },
};
const WHOLE: Program = { name: "microcdn", families: [CDN, EDGE] };
const INDEX: Program = { name: "microcdn-index", families: [CDN], word: "index" };
const EDGE_META: Program = { name: "microcdn-edge-meta", families: [EDGE], word: "meta" };
const EDGE_CLIENT: Program = { name: "microcdn-edge-client", families: [EDGE], word: "client" };
const CLIENT: Program = { name: "microcdn-client", families: [CDN], word: "client" };

function show(request: Request): string {
  if (request.kind === "overview") {
    return [request.kind, ...request.family === undefined ? [] : [request.family.name]].join(" ");
  }
  if (request.kind !== "run" && request.kind !== "usage") return request.kind;
  const { kind, command } = request;
  const name = EDGE.commands.includes(command) ? `edge:${command.name}` : command.name;
  return kind === "usage" ? `usage ${name}` : [name, ...request.args].join(" ");
}

Deno.test("readRequest() finds the command, with or without its family, and the client's by their synonym", () => {
  const cases: ReadonlyArray<readonly [string, string]> = [
    ["index --port 0", "index --port 0"],
    ["cdn index --port 0", "index --port 0"],
    ["edge node", "edge:node"],
    ["edge get hello.txt", "edge:get hello.txt"],
    ["edge ls", "edge:ls"],
    ["edge client ls", "edge:ls"],
    ["edge client hello.txt", "edge:get hello.txt"],
    ["get edge", "get edge"],
    ["edge --help", "overview edge"],
    ["edge -h", "overview edge"],
    ["edge help", "overview edge"],
    ["help edge", "overview edge"],
    ["cdn --help", "overview cdn"],
    ["edge get --help", "edge:get --help"],
    ["get hello.txt", "get hello.txt"],
    ["client hello.txt --index-port 5050", "get hello.txt --index-port 5050"],
    ["client --index-port 5050 hello.txt", "get --index-port 5050 hello.txt"],
    ["client ls", "ls"],
    ["client stat hello.txt", "stat hello.txt"],
    ["client get ls", "get ls"],
    ["client index", "get index"],
    ["client", "get"],
    ["cdn client ls", "ls"],
    ["--version", "version"],
    ["-V", "version"],
    ["--help", "overview"],
    ["-h", "overview"],
    ["help", "overview"],
    ["help ls", "usage ls"],
    ["help edge meta", "usage edge:meta"],
    ["help client", "usage get"],
  ];
  for (const [line, expected] of cases) assertEquals(show(readRequest(line.split(" "), WHOLE)), expected, line);
});

Deno.test("readRequest() tells a line without words from one that asks for help", () => {
  assertEquals(readRequest([], WHOLE), { kind: "none" });
});

Deno.test("readRequest() says in one line what it does not know", () => {
  const cases: ReadonlyArray<readonly [string[], string]> = [
    [["cdn"], "Missing command (try microcdn --help)"],
    [["indx"], "Unknown command indx; did you mean index? (try microcdn --help)"],
    [["hlep"], "Unknown command hlep; did you mean help? (try microcdn --help)"],
    [["help", "indx"], "Unknown command indx; did you mean index? (try microcdn --help)"],
    [["edge"], "Missing command (try microcdn edge --help)"],
    [["edge", "index"], "Unknown command edge index; did you mean index? (try microcdn edge --help)"],
    [["edge", "nod"], "Unknown command edge nod; did you mean edge node? (try microcdn edge --help)"],
    [["edge", "help", "node"], "Unknown command edge help (try microcdn edge --help)"],
    [["cdn", "frobnicate"], "Unknown command cdn frobnicate (try microcdn --help)"],
    [["egde"], "Unknown command egde; did you mean edge? (try microcdn --help)"],
    [["sync", "."], "Unknown command sync; did you mean edge sync? (try microcdn --help)"],
    [["snyc", "."], "Unknown command snyc; did you mean edge sync? (try microcdn --help)"],
    [["frobnicate"], "Unknown command frobnicate (try microcdn --help)"],
    [["toString"], "Unknown command toString (try microcdn --help)"],
    [["a\x1b[2J\n"], "Unknown command a\\u001b[2J\\u000a (try microcdn --help)"],
    [["--port", "5050", "index"], "The command goes before --port (try microcdn --help)"],
  ];
  for (const [args, message] of cases) {
    assertEquals(assertThrows(() => readRequest(args, WHOLE), UsageError).message, message);
  }
});

Deno.test("readRequest() leaves the whole line to the one command of a role's program", () => {
  for (const line of ["", "--port 0", "--help", "--version", "help", "index", "cdn index"]) {
    const args = line === "" ? [] : line.split(" ");
    const request = readRequest(args, INDEX);
    assertEquals([show(request), request.kind], [["index", ...args].join(" "), "run"], line);
  }
});

Deno.test("readRequest() takes the commands of a program's only family without its name", () => {
  assertEquals(show(readRequest(["--port", "0"], EDGE_META)), "edge:meta --port 0");
  const cases: ReadonlyArray<readonly [string, string]> = [
    ["hello.txt", "edge:get hello.txt"],
    ["sync .", "edge:sync ."],
    ["get ls", "edge:get ls"],
    ["help ls", "usage edge:ls"],
    ["--help", "overview"],
  ];
  for (const [line, expected] of cases) assertEquals(show(readRequest(line.split(" "), EDGE_CLIENT)), expected, line);
});

Deno.test("readRequest() leaves a choice to the client's program", () => {
  const cases: ReadonlyArray<readonly [string, string]> = [
    ["hello.txt --index-port 5050", "get hello.txt --index-port 5050"],
    ["--index-port 5050 hello.txt", "get --index-port 5050 hello.txt"],
    ["ls", "ls"],
    ["get ls", "get ls"],
    ["index", "get index"],
    ["--version", "version"],
    ["-h", "overview"],
    ["help", "overview"],
    ["help stat", "usage stat"],
  ];
  for (const [line, expected] of cases) assertEquals(show(readRequest(line.split(" "), CLIENT)), expected, line);
  assertEquals(readRequest([], CLIENT), { kind: "none" });
});
