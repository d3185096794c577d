import { assertEquals, assertStringIncludes } from "@std/assert";
import { defineCommand, type Family, type Program } from "./command.ts";
import { host, optionalText, port, toggle } from "./flag.ts";
import { callOf, renderOverview, renderUsage } from "./usage.ts";

const FETCH = defineCommand({
  name: "fetch",
  kind: "client",
  summary: "Fetches files",
  notes: ["A name is as the holder wrote it."],
  operands: { placeholder: "NAME", min: 1, max: 10 },
  flags: {
    port: port({ name: "port", initial: 5050, help: "The port" }),
    host: host({ name: "a-very-long-name-of-a-flag", initial: "::1", help: "The host" }),
    out: optionalText({ name: "out", letter: "o", placeholder: "PATH", help: "Where to" }),
    secret: toggle({ name: "secret", hidden: true, help: "Not shown" }),
  },
  run: () => Promise.resolve(0),
});
const SERVE = defineCommand({
  name: "serve",
  kind: "role",
  summary: "Serves files",
  flags: {},
  run: () => Promise.resolve(0),
});
const FAMILY: Family = {
  name: "cdn",
  summary: "Serves and fetches",
  commands: [SERVE, FETCH],
  synonyms: { client: { commands: ["fetch"], otherwise: "fetch" } },
};
const OTHER: Family = {
  name: "edge",
  summary: "The same over HTTP",
  commands: [SERVE, FETCH].map((command) => ({ ...command, summary: `${command.summary} over HTTP` })),
  synonyms: {},
};
const WHOLE: Program = { name: "microcdn", families: [FAMILY] };

Deno.test("renderUsage() shows each flag with its letter, value, meaning and default", () => {
  assertEquals(
    renderUsage(FETCH, WHOLE),
    `Fetches files
A name is as the holder wrote it.

Usage:
  microcdn fetch NAME... [FLAGS]

Flags:
      --port PORT      The port [5050]
      --a-very-long-name-of-a-flag HOST
                       The host [::1]
  -o, --out PATH       Where to
      --config FILE    Take flags from this JSON file too
      --log text|json  How to log, on standard error [text]
  -v, --verbose        Log every message, and where a failure comes from
  -q, --quiet          Log warnings and errors only, show no progress
  -h, --help           Show this help
  -V, --version        Show the version

A flag can also come from a variable (MICROCDN_LOG for --log) or from the file of --config;
a flag wins over a variable, a variable over the file.

Exit codes:
  0      done; a role: stopped as asked
  1      nobody has the file; health: the role is failing
  2      the command line makes no sense
  3      the network or a peer failed, or an address is in use
  4      the bytes are not those that were promised
  5      a file here cannot be read or written
  70     a bug in this program; -v shows where
  128+N  ended by signal N: 130 Ctrl-C, 143 SIGTERM, 141 output closed
`,
  );
});

Deno.test("renderUsage() calls a command as the user of that program does", () => {
  const alone: Program = { name: "microcdn-serve", families: [FAMILY], word: "serve" };
  assertStringIncludes(renderUsage(SERVE, WHOLE), "Usage:\n  microcdn serve [FLAGS]\n");
  assertStringIncludes(renderUsage(SERVE, alone), "Usage:\n  microcdn-serve [FLAGS]\n");
  assertEquals([callOf(SERVE, WHOLE), callOf(SERVE, alone)], ["microcdn serve", "microcdn-serve"]);
});

Deno.test("renderOverview() names every command", () => {
  const text = renderOverview(WHOLE);
  assertStringIncludes(text, "Roles:\n  serve  Serves files\n\nClient:\n  fetch NAME...  Fetches files\n");
});

Deno.test("renderOverview() of the client's program names the client's commands only", () => {
  const text = renderOverview({ name: "microcdn-client", families: [FAMILY], word: "client" });
  assertStringIncludes(text, "Usage:\n  microcdn-client COMMAND [FLAGS]\n");
  assertStringIncludes(text, "Client:\n  fetch NAME...  Fetches files\n");
  assertStringIncludes(text, '"microcdn-client NAME" is the same as "microcdn-client fetch NAME".\n');
  assertEquals(text.includes("Serves files"), false);
});

Deno.test("renderOverview() of several families names what each has, by the words that call it", () => {
  const both: Program = { name: "microcdn", families: [FAMILY, OTHER] };
  const text = renderOverview(both);
  assertStringIncludes(text, "  cdn   Serves and fetches\n  edge  The same over HTTP\n");
  assertStringIncludes(text, "Roles:\n  serve  Serves files\n\nClient:\n  fetch NAME...  Fetches files\n");
  assertStringIncludes(text, "Roles of edge:\n  edge serve  Serves files over HTTP\n");
  assertStringIncludes(text, "Client of edge:\n  edge fetch NAME...  Fetches files over HTTP\n");

  const one = renderOverview(both, OTHER);
  assertStringIncludes(one, "Usage:\n  microcdn edge COMMAND [FLAGS]\n  microcdn help edge COMMAND\n");
  assertStringIncludes(one, "Roles of edge:\n  edge serve  Serves files over HTTP\n");
  assertEquals(one.includes("Serves files\n"), false);
  const [serve, fetch] = OTHER.commands;
  assertEquals(callOf(fetch!, both), "microcdn edge fetch");
  assertEquals(callOf(FETCH, both), "microcdn fetch");
  assertEquals(
    callOf(fetch!, { name: "microcdn-edge-client", families: [OTHER], word: "client" }),
    "microcdn-edge-client fetch",
  );
  assertEquals(
    callOf(serve!, { name: "microcdn-edge-serve", families: [OTHER], word: "serve" }),
    "microcdn-edge-serve",
  );
});
