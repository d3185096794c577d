/**
 * The systems that programs are compiled for, and where a compiled program goes.
 *
 * @module
 */

import { nearest } from "../../src/cli/suggestion.ts";
import { UsageError } from "../../src/cli/usage_error.ts";
import { escapeControls } from "../../src/env/escape_controls.ts";

/** The systems, as Deno and Rust call them. */
export const TARGETS: readonly string[] = [
  "x86_64-unknown-linux-gnu",
  "aarch64-unknown-linux-gnu",
  "x86_64-apple-darwin",
  "aarch64-apple-darwin",
  "x86_64-pc-windows-msvc",
];

/** This machine's. */
export function ownTarget(): string {
  return Deno.build.target;
}

/**
 * Returns the systems that `--target` asks for; `undefined` stands for this machine's own, whose programs go into no
 * folder of their own.
 *
 * @throws {UsageError} if there is none of that name.
 */
export function pickTargets(given: string | undefined): readonly (string | undefined)[] {
  if (given === undefined) return [undefined];
  if (given === "all") return TARGETS;
  if (TARGETS.includes(given)) return [given];
  const meant = nearest(given, [...TARGETS, "all"]);
  const hint = meant === undefined ? `: there are all, ${TARGETS.join(", ")}` : `; did you mean ${meant}?`;
  throw new UsageError(`Unknown target ${escapeControls(given)}${hint}`);
}

/**
 * Returns where a program goes, below the folder of all programs: `microcdn-index`, or for a system that was asked for
 * by name `x86_64-pc-windows-msvc/microcdn-index.exe`.
 */
export function programPath(name: string, target: string | undefined): string {
  const file = (target ?? ownTarget()).includes("windows") ? `${name}.exe` : name;
  return target === undefined ? file : `${target}/${file}`;
}
