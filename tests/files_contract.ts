/**
 * The contract of every file system, as a list of cases that needs no test runner.
 *
 * @module
 */

import type { FilesCase } from "./files_bench.ts";
import { FOLDER_CASES } from "./files_folder_cases.ts";
import { OPEN_FILE_CASES } from "./files_open_cases.ts";
import { WATCH_CASES } from "./files_watch_cases.ts";

/** Everything that a file system promises. */
export const FILES_CASES: readonly FilesCase[] = [...OPEN_FILE_CASES, ...FOLDER_CASES, ...WATCH_CASES];
