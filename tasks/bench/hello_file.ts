/**
 * The tiny file that small requests ask for.
 *
 * @module
 */

import type { Workbench } from "./workbench.ts";

const TEXT = "Hello, world!\n";

/** Its name, and how long it is. */
export const HELLO_FILE = { name: "hello.txt", lengthBytes: TEXT.length } as const;

/** Makes a folder with it alone. */
export async function newHelloFolder(bench: Workbench): Promise<string> {
  const folder = await bench.newFolder();
  await Deno.writeTextFile(`${folder}/${HELLO_FILE.name}`, TEXT);
  return folder;
}
