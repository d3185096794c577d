import { assertEquals } from "@std/assert";
import { mapHost, unmapHost } from "./mapped_host.ts";

Deno.test("unmapHost() takes IPv4 out of its mapped form and leaves every other host alone", () => {
  assertEquals(unmapHost("::ffff:127.0.0.1"), "127.0.0.1");
  for (const host of ["127.0.0.1", "::1", "::", "::ffff:7f00:1", "fe80::1", "cs1.lab"]) {
    assertEquals(unmapHost(host), host);
  }
});

Deno.test("mapHost() is undone by unmapHost()", () => {
  assertEquals(mapHost("127.0.0.1"), "::ffff:127.0.0.1");
  assertEquals(unmapHost(mapHost("10.1.2.3")), "10.1.2.3");
});
