import { assert, assertEquals, assertThrows } from "@std/assert";
import { formatRoom, parseRoom, roomIn } from "./disk.ts";

Deno.test("parseRoom() reads what is available, not what is there or used", () => {
  const header = "Filesystem     1024-blocks     Used Available Capacity Mounted on\n";
  assertEquals(parseRoom(`${header}/dev/vda          263941028 23941028  79000000      24% /\n`), 79_000_000 * 1_024);
  assertEquals(parseRoom(`${header}map auto home 0 0 0 100% /home\n`), 0);
  for (const text of ["", header, "df: no such folder\n"]) assertThrows(() => parseRoom(text), RangeError);
});

Deno.test("roomIn() asks the system", async () => {
  assert(await roomIn(".") >= 0);
  assertEquals(formatRoom(2.34 * 2 ** 30), "2.3 GiB");
});
