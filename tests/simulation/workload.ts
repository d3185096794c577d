/**
 * What users do all day: put files, change them, want them.
 *
 * @module
 */

import { type Random, randomInt, seededRandom } from "../../src/base/random.ts";
import { between, chance, oneOf } from "./draw.ts";
import type { PlannedAction, PutWay } from "./plan.ts";
import { EXAMINER } from "./topology.ts";

/** Names that differ in what the wire does to them; some look like the encoded form of another. */
export const NAMES: readonly string[] = [
  "hello.txt",
  "big.bin",
  "empty",
  "with space.txt",
  "with%20space.txt",
  "100%.txt",
  "Grüße/日本語.txt",
  "deep/er/file",
  "tab\tand\u{7f}",
  "e\u{301}",
  "é",
  "a+b&c=d?e#f",
];

const WAYS: readonly PutWay[] = ["replace", "replace", "overwrite", "overwrite", "overwrite-slowly", "rename"];

/** A stretch of time and who is there. */
export interface Stage {
  /** Decides. */
  readonly random: Random;
  /** When it begins, in milliseconds since the start. */
  readonly fromMs: number;
  /** When it ends. */
  readonly toMs: number;
  /** Content server machines. */
  readonly contents: readonly string[];
  /** Client machines. */
  readonly clients: readonly string[];
}

/** Bytes that depend on the number alone. Two numbers that are equal but for the size share a beginning. */
export function contentOf(content: number, sizeBytes: number): Uint8Array {
  const random = seededRandom(content);
  const words = new Uint32Array(Math.ceil(sizeBytes / 4));
  for (let at = 0; at < words.length; at++) words[at] = random.next() * 2 ** 32;
  return new Uint8Array(words.buffer, 0, sizeBytes);
}

function drawSize(random: Random): number {
  const draw = random.next();
  if (draw < 0.12) return 0;
  if (draw < 0.6) return 1 + randomInt(random, 2_000);
  if (draw < 0.88) return 1 + randomInt(random, 200_000);
  return 1_048_576 + randomInt(random, 2_500_000);
}

/** Names that this network has, and how long each is at first: changes keep the length more often than not. */
export function drawFiles(random: Random): Map<string, number> {
  const names = NAMES.filter(() => chance(random, 0.4));
  if (names.length === 0) names.push("hello.txt");
  return new Map(
    names.map((name) => [name, name === "big.bin" ? 1_500_000 + randomInt(random, 2_000_000) : drawSize(random)]),
  );
}

/** The files that are there from the start: shared names begin with the same bytes at all holders, mostly. */
export function drawFirstFiles(stage: Stage, files: ReadonlyMap<string, number>): PlannedAction[] {
  const { random, contents } = stage;
  const actions: PlannedAction[] = [];
  for (const [name, sizeBytes] of files) {
    const content = randomInt(random, 2 ** 31);
    const holders = contents.filter(() => chance(random, Math.max(0.3, 2 / contents.length)));
    if (holders.length === 0) holders.push(oneOf(random, contents));
    for (const machine of holders.slice(0, 12)) {
      const own = chance(random, 0.1) ? randomInt(random, 2 ** 31) : content;
      actions.push({ atMs: 0, kind: "put", machine, name, sizeBytes, content: own, way: "replace" });
    }
  }
  return actions;
}

/** Downloads, lookups, and changes of files. */
export function drawWorkload(stage: Stage, files: ReadonlyMap<string, number>): PlannedAction[] {
  const { random, fromMs, toMs, contents, clients } = stage;
  const names = [...files.keys()];
  const actions: PlannedAction[] = [];
  const count = (least: number, most: number): number => least + randomInt(random, most - least + 1);
  const at = (): number => between(random, fromMs, toMs);
  for (let left = count(4, 30); left > 0; left--) {
    const verb = oneOf(random, ["GET", "HELLO", "LOCATE"] as const);
    const name = chance(random, 0.05) ? "never there" : oneOf(random, names);
    actions.push({ atMs: at(), kind: "look", machine: oneOf(random, [EXAMINER, ...clients]), verb, name });
  }
  for (let left = count(0, 14); left > 0; left--) {
    const machine = oneOf(random, contents);
    const name = oneOf(random, names);
    if (chance(random, 0.2)) {
      actions.push({ atMs: at(), kind: "remove", machine, name });
      continue;
    }
    const sizeBytes = chance(random, 0.7) ? files.get(name)! : drawSize(random);
    const content = randomInt(random, 2 ** 31);
    // All holders get the new version, one soon after another, as a release would do it; or one alone.
    const holders = chance(random, 0.4) ? contents.slice(0, 12) : [machine];
    const sinceMs = at();
    for (const holder of holders) {
      const atMs = Math.min(toMs, sinceMs + between(random, 0, 2_000));
      actions.push({ atMs, kind: "put", machine: holder, name, sizeBytes, content, way: oneOf(random, WAYS) });
    }
  }
  for (let left = count(1, 14); left > 0; left--) {
    const machine = oneOf(random, clients);
    const name = chance(random, 0.3) && files.has("big.bin") ? "big.bin" : oneOf(random, names);
    const isSlow = chance(random, 0.35);
    const limitBytesPerSecond = isSlow
      ? Math.max(500, Math.ceil(files.get(name)! / between(random, 2, 20)))
      : undefined;
    const parallel = chance(random, 0.5) ? 1 : count(2, 5);
    actions.push({ atMs: at(), kind: "want", machine, name, parallel, limitBytesPerSecond });
  }
  return actions;
}
