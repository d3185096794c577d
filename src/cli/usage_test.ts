import { assertEquals, assertStringIncludes } from "@std/assert";
import { defineCommand, type Family } from "./command.ts";
import { host, optionalText, port, toggle } from "./flag.ts";
import { renderOverview, renderUsage } from "./usage.ts";

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
const FAMILY: Family = { name: "cdn", commands: [FETCH], synonyms: {} };

Deno.test("renderUsage() shows each flag with its letter, value, meaning and default", () => {
  assertEquals(
    renderUsage(FETCH),
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
  1      nobody has the file
  2      the command line makes no sense
  3      the network or a peer failed, or an address is in use
  4      the bytes are not those that were promised
  5      a file here cannot be read or written
  70     a bug in this program; -v shows where
  128+N  ended by signal N: 130 Ctrl-C, 143 SIGTERM, 141 output closed
`,
  );
});

Deno.test("renderOverview() names every command", () => {
  assertStringIncludes(renderOverview([FAMILY]), "Client:\n  fetch NAME...  Fetches files\n");
});
