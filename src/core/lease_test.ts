import { assertEquals } from "@std/assert";
import { Lease } from "./lease.ts";

Deno.test("Lease counts from the moment of sending, and ends with its registration", () => {
  const lease = new Lease();
  assertEquals([lease.isValid(0), lease.epoch, lease.sentMs], [false, 0, -Infinity]);
  lease.begin();
  assertEquals(lease.isValid(0), false);
  lease.renew(1, 1_000, 8_000);
  assertEquals([lease.isValid(8_999), lease.isValid(9_000), lease.sentMs], [true, false, 1_000]);
  lease.renew(1, 500, 8_000);
  assertEquals(lease.sentMs, 1_000, "an answer that comes late does not shorten it");
  lease.renew(1, 2_000, 0);
  assertEquals(lease.isValid(2_000), false, "a lease of nothing");
  lease.renew(1, 3_000, 8_000);
  lease.begin();
  assertEquals([lease.isValid(3_001), lease.epoch], [false, 2]);
  lease.renew(1, 4_000, 8_000);
  assertEquals(lease.isValid(4_001), false, "an answer to an earlier registration");
});
