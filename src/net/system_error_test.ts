import { assertEquals, assertStrictEquals } from "@std/assert";
import { NetError, type NetErrorCode } from "./net_error.ts";
import { codeOfError, toNetError } from "./system_error.ts";

function coded(code: string): Error {
  return Object.assign(new Error(code), { code });
}

Deno.test("codeOfError() knows the errors of each runtime", () => {
  const table: [unknown, NetErrorCode][] = [
    [coded("ECONNREFUSED"), "refused"],
    [coded("ECONNRESET"), "reset"],
    [coded("EPIPE"), "reset"],
    [coded("ENOTCONN"), "reset"],
    [coded("EHOSTUNREACH"), "unreachable"],
    [coded("ENOTFOUND"), "unknown-host"],
    [coded("EAI_AGAIN"), "unknown-host"],
    [coded("EAFNOSUPPORT"), "wrong-family"],
    [coded("EADDRINUSE"), "in-use"],
    [coded("EADDRNOTAVAIL"), "unavailable"],
    [coded("EACCES"), "denied"],
    [coded("EMFILE"), "exhausted"],
    [coded("EMSGSIZE"), "too-large"],
    [coded("ESOMETHING"), "other"],
    [new Deno.errors.NotCapable("no --allow-net"), "denied"],
    [new Deno.errors.ConnectionRefused(), "refused"],
    [new Deno.errors.ConnectionReset(), "reset"],
    [new Deno.errors.ConnectionAborted(), "reset"],
    [new Deno.errors.BrokenPipe(), "reset"],
    [new Deno.errors.NotConnected(), "reset"],
    [new Deno.errors.AddrInUse(), "in-use"],
    [new Deno.errors.AddrNotAvailable(), "unavailable"],
    [new Deno.errors.BadResource("closed"), "closed"],
    [new Deno.errors.Interrupted("cancelled"), "closed"],
    [new Error("failed to lookup address information: Name or service not known"), "unknown-host"],
    [new Error("something"), "other"],
    [{ code: "ECONNRESET" }, "other"],
    [undefined, "other"],
  ];
  for (const [error, code] of table) assertEquals(codeOfError(error), code);
});

Deno.test("toNetError() keeps the cause and says what failed", () => {
  const cause = coded("ECONNREFUSED");
  const error = toNetError(cause, "dial 127.0.0.1:5050");
  assertEquals(error.message, "Cannot dial 127.0.0.1:5050: connection refused");
  assertStrictEquals(error.cause, cause);
});

Deno.test("toNetError() says that a name is unknown, and that an address is of another family", () => {
  const unknown = new Error("failed to lookup address information: Name or service not known");
  assertEquals(toNetError(unknown, "dial nowhere:80").message, "Cannot dial nowhere:80: no host of that name");
  assertEquals(
    toNetError(coded("EAFNOSUPPORT"), "send to [::1]:6000").message,
    "Cannot send to [::1]:6000: its address is of another IP version than ours",
  );
});

Deno.test("toNetError() returns one of ours as it is", () => {
  const error = new NetError("closed", "read from 127.0.0.1:5050");
  assertStrictEquals(toNetError(error, "do something else"), error);
});
