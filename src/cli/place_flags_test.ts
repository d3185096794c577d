import { assertEquals, assertThrows } from "@std/assert";
import { formatAddress } from "../base/address.ts";
import { degrees, places, service, services } from "./place_flags.ts";
import { UsageError } from "./usage_error.ts";

const ORIGIN = service({ name: "origin", initial: { host: "127.0.0.1", port: 8001 }, help: "Where" });
const META = services({ name: "meta", initial: [], usualPort: 8002, help: "Who" });
const LAT = degrees({ name: "lat", initial: 0, max: 90, help: "North" });

Deno.test("service() reads URLs, addresses and hosts", () => {
  const cases: ReadonlyArray<readonly [string, string]> = [
    ["http://localhost:8001", "localhost:8001"],
    ["http://localhost:8001/", "localhost:8001"],
    ["HTTP://localhost:1", "localhost:1"],
    ["http://origin.lab", "origin.lab:80"],
    ["http://[::1]:8001", "[::1]:8001"],
    ["http://[::1]", "[::1]:80"],
    ["localhost:9", "localhost:9"],
    ["localhost", "localhost:8001"],
    ["10.0.0.1", "10.0.0.1:8001"],
    ["[::1]", "[::1]:8001"],
    ["[::1]:7", "[::1]:7"],
  ];
  for (const [text, address] of cases) assertEquals(formatAddress(ORIGIN.read(text)), address, text);
  assertEquals(ORIGIN.shown, "127.0.0.1:8001");
});

Deno.test("service() refuses what is no such address", () => {
  const cases = [
    ...["", "https://a:1", "ftp://a", "http://", "http://a:0", "http://a:70000", "http://a/path", "http://a:1/b"],
    ...["a:b", "a:0", ":1", "::1", "http://u@a:1", "a b", "a/b", "http://a?q", "http://a:1:2", "localhost:8001/x"],
  ];
  for (const text of cases) {
    const error = assertThrows(() => ORIGIN.read(text), UsageError);
    assertEquals(error.message, `must be http://HOST:PORT or HOST:PORT, got "${text}"`);
  }
});

Deno.test("services() reads several, and tells its default", () => {
  const read = (text: string): string => META.read(text).map(formatAddress).join(" ");
  assertEquals(read("a"), "a:8002");
  assertEquals(read("http://a:1,b:2, c"), "a:1 b:2 c:8002");
  assertThrows(() => META.read("a,"), UsageError);
  assertEquals(META.shown, "none");
  assertEquals(services({ name: "x", initial: [{ host: "h", port: 1 }], usualPort: 1, help: "" }).shown, "h:1");
});

Deno.test("degrees() reads numbers within their bounds, also below zero", () => {
  const cases: ReadonlyArray<readonly [string, number]> = [
    ["37.7749", 37.7749],
    ["-90", -90],
    ["+12.5", 12.5],
    ["-.5", -.5],
    ["0", 0],
    ["1.", 1],
  ];
  for (const [text, value] of cases) assertEquals(LAT.read(text), value, text);
  for (const text of ["91", "-90.0001", "1e1", "x", "", "1,5", "0x1", "Infinity", "N 37"]) {
    assertThrows(() => LAT.read(text), UsageError, "must be a number of degrees from -90 to 90, got ");
  }
});

Deno.test("places() reads hosts with and without a port, one flag or several", () => {
  const flag = places({ name: "index-host", initial: [{ host: "127.0.0.1", port: undefined }], help: "Who" });
  const cases: ReadonlyArray<readonly [string, ReadonlyArray<readonly [string, number | undefined]>]> = [
    ["index.lab", [["index.lab", undefined]]],
    ["index.lab:5051", [["index.lab", 5051]]],
    ["::1", [["::1", undefined]]],
    ["[::1]", [["::1", undefined]]],
    ["[::1]:5051", [["::1", 5051]]],
    ["a, b:1,10.0.0.1", [["a", undefined], ["b", 1], ["10.0.0.1", undefined]]],
  ];
  for (const [text, expected] of cases) {
    assertEquals(flag.read(text), expected.map(([host, port]) => ({ host, port })), text);
  }
  assertEquals(flag.shown, "127.0.0.1");
  for (const text of ["", "a,", "a:0", "a:70000", "a b", "a/b:1", ":1", "a:b"]) {
    assertThrows(() => flag.read(text), UsageError, "must be HOST or HOST:PORT");
  }
});
