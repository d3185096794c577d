/**
 * PROTOCOL.md says what the code does.
 */

import { assertEquals } from "@std/assert";
import { CLIENT_LIFECYCLE, CONTENT_LIFECYCLE, INDEX_LIFECYCLE, MONITOR_LIFECYCLE } from "../src/core/cdn_lifecycles.ts";
import type { LifecycleTable } from "../src/core/lifecycle.ts";

const page = await Deno.readTextFile(new URL("../PROTOCOL.md", import.meta.url));

/** The rows of the first table behind a heading, cells without their Markdown. */
function tableBehind(heading: string): string[][] {
  const [, section = ""] = page.split(`\n### ${heading}\n`);
  const rows = section.split(/\n##+ /)[0]!.split("\n").filter((line) => line.startsWith("| "));
  return rows.slice(1).filter((row) => !row.startsWith("| --")).map((row) =>
    row.split(/(?<!\\)\|/).slice(1, -1).map((cell) => cell.trim())
  );
}

/** A cell without its Markdown: the underscores of a name stay. */
function bare(cell: string): string {
  return cell.replaceAll("`", "").replace(/^_(.*)_$/, "$1");
}

Deno.test("PROTOCOL.md lists the states and transitions that the roles run on, and marks ours", () => {
  const tables: LifecycleTable<string>[] = [INDEX_LIFECYCLE, CONTENT_LIFECYCLE, MONITOR_LIFECYCLE, CLIENT_LIFECYCLE];
  const written = tableBehind("cdn: states").map(([role, from, to, on]) => (
    { role: bare(role!), from: bare(from!), to: bare(to!), on: bare(on!), added: from!.startsWith("_") }
  ));
  const real = tables.flatMap(({ name, transitions }) => (
    transitions.map(({ from, to, on, added }) => ({ role: name, from, to, on, added: added === true }))
  ));
  const key = (row: typeof real[number]): string => `${row.role} ${row.from} ${row.to} ${row.on}`;
  const sorted = (rows: typeof real): typeof real => [...rows].sort((a, b) => key(a) < key(b) ? -1 : 1);
  assertEquals(sorted(written), sorted(real));
});
