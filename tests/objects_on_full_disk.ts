/**
 * A program that fills a disk of 4 MiB with objects, and fails if that harms any. Its argument is a folder on that disk.
 *
 * @module
 */

import { assertEquals } from "@std/assert";
import process from "node:process";
import { systemEnv } from "../src/env/runtime.ts";
import { openFolderObjects } from "../src/storage/folder_objects.ts";
import { assertStorageError, bytesOf, put, read, withObjects } from "./objects_bench.ts";

const folder = process.argv[2]!;
await withObjects({ open: () => openFolderObjects(systemEnv(), folder), thresholds: [] }, async (objects) => {
  await put(objects, "a", bytesOf(1_000_000));
  for (const name of ["a", "b"]) await assertStorageError(put(objects, name, bytesOf(5_000_000)), "full");
  assertEquals([...Deno.readDirSync(`${folder}/drafts`)], []);
  assertEquals((await read(objects, "a"))?.length, 1_000_000);
  await put(objects, "b", bytesOf(1_000_000));
  assertEquals(await objects.remove("a"), true);
  assertEquals((await read(objects, "b"))?.length, 1_000_000);
});
