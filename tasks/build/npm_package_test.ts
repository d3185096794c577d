import { assertEquals } from "@std/assert";
import { VERSION } from "../../src/cli/version.ts";
import { LIBRARY_BUNDLE, PROGRAM_BUNDLE, renderPackage, TYPES_FOLDER } from "./npm_package.ts";

Deno.test("renderPackage() names the program, the library, and nothing else of the folder", () => {
  const { name, version, type, bin, exports, files, engines } = JSON.parse(renderPackage());
  assertEquals([name, version, type, bin], ["microcdn", VERSION, "module", { microcdn: PROGRAM_BUNDLE }]);
  assertEquals(exports["."], { types: "./types/mod.d.ts", default: `./${LIBRARY_BUNDLE}` });
  assertEquals(files, [PROGRAM_BUNDLE, LIBRARY_BUNDLE, TYPES_FOLDER]);
  assertEquals(engines, { node: ">=20" });
});
