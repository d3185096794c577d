import { assertEquals, assertInstanceOf, assertThrows } from "@std/assert";
import { NetError } from "./net_error.ts";
import { requireSharing, type SharingGround, whyNotShared } from "./port_sharing.ts";

const CASES: ReadonlyArray<readonly [ground: SharingGround, reason: string | undefined]> = [
  [{ system: "linux", versions: { deno: "2.9.6" } }, undefined],
  [{ system: "linux", versions: { deno: "2.9.6", node: "20.0.0" } }, undefined],
  [{ system: "linux", versions: { bun: "1.4.4", node: "20.0.0" } }, undefined],
  [{ system: "linux", versions: { node: "22.12.0" } }, undefined],
  [{ system: "linux", versions: { node: "22.20.1" } }, undefined],
  [{ system: "linux", versions: { node: "23.1.0" } }, undefined],
  [{ system: "linux", versions: { node: "24.0.0" } }, undefined],
  [{ system: "linux", versions: { node: "26.3.0-nightly1" } }, undefined],
  [{ system: "linux", versions: { node: "20.20.2" } }, "Node 20.20.2 cannot share a port, Node 22.12 can"],
  [{ system: "linux", versions: { node: "21.99.0" } }, "Node 21.99.0 cannot share a port, Node 22.12 can"],
  [{ system: "linux", versions: { node: "22.11.0" } }, "Node 22.11.0 cannot share a port, Node 22.12 can"],
  [{ system: "linux", versions: { node: "23.0.9" } }, "Node 23.0.9 cannot share a port, Node 22.12 can"],
  [
    { system: "linux", versions: { deno: "2.9.6" }, isLocked: true },
    "Deno shares a port only with --unstable-net",
  ],
  [
    { system: "darwin", versions: { deno: "2.9.6" } },
    "only Linux spreads streams over programs that share a port, this is darwin",
  ],
  [
    { system: "win32", versions: { node: "24.0.0" } },
    "only Linux spreads streams over programs that share a port, this is win32",
  ],
];

Deno.test("whyNotShared() knows who can share a port", () => {
  for (const [ground, reason] of CASES) assertEquals(whyNotShared(ground), reason, JSON.stringify(ground));
});

Deno.test("requireSharing() refuses with the reason, and passes where there is none", () => {
  const at = { host: "::1", port: 7001 };
  requireSharing(at, { system: "linux", versions: { deno: "2.9.6" } });
  const error = assertThrows(() => requireSharing(at, { system: "linux", versions: { node: "20.20.2" } }));
  assertInstanceOf(error, NetError);
  assertEquals(error.code, "unsupported");
  assertEquals(error.message, "Cannot share [::1]:7001: Node 20.20.2 cannot share a port, Node 22.12 can");
});
