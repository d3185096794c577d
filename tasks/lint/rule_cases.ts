/**
 * Tables of good and bad sources for the lint rules' tests.
 *
 * @module
 */

import { assertEquals } from "@std/assert";
import plugin from "../lint_plugin.ts";
import { ROOT } from "./place.ts";

/** One source, as if it stood at a path of the project. */
export type Case = readonly [path: string, source: string];

/** Runs one rule over a source, and returns the messages of what it reports, each once. */
export function messagesOf(rule: string, [path, source]: Case): string[] {
  const found = Deno.lint.runPlugin(plugin, ROOT + path, source);
  return [...new Set(found.filter(({ id }) => id === `layers/${rule}`).map(({ message }) => message))];
}

/** Registers a test a table: each good source is clean, each bad one is reported with its message alone. */
export function testRule(
  rule: string,
  { good, bad }: { good: readonly Case[]; bad: readonly (readonly [...Case, message: string])[] },
): void {
  Deno.test(`layers/${rule} accepts what is allowed`, () => {
    for (const one of good) assertEquals(messagesOf(rule, one), [], one.join(": "));
  });
  Deno.test(`layers/${rule} reports what is not`, () => {
    for (const [path, source, message] of bad) {
      assertEquals(messagesOf(rule, [path, source]), [message], `${path}: ${source}`);
    }
  });
}
