import { assertEquals, assertThrows } from "@std/assert";
import {
  choice,
  count,
  type Flag,
  host,
  mebibytes,
  optionalAddress,
  optionalRate,
  port,
  seconds,
  text,
  toggle,
} from "./flag.ts";
import { UsageError } from "./usage_error.ts";

const help = "Something";
const PEER_PORT = port({ name: "index-port", initial: 5050, help });
const LISTEN_PORT = port({ name: "port", initial: 5050, mayBeAny: true, help });
const HOST = host({ name: "host", initial: "127.0.0.1", help });
const TIMEOUT = seconds({ name: "timeout", initialMs: 8_000, help });
const DRAIN = seconds({ name: "drain", initialMs: 5_000, mayBeZero: true, help });
const PARALLEL = count({ name: "parallel", initial: 4, min: 1, max: 64, help });
const CACHE = mebibytes({ name: "cache-mb", initialMib: 256, maxMib: 1_000, help });
const RATE = optionalRate({ name: "limit-rate", help });
const LOG = choice({ name: "log", initial: "text", among: ["text", "json"], help });
const ADMIN = optionalAddress({ name: "admin", help });
const VERBOSE = toggle({ name: "verbose", help });
const ID = text({
  name: "server-id",
  placeholder: "ID",
  initial: "CS1",
  form: /^[!-~]{1,128}$/,
  expected: "1 to 128 visible ASCII characters",
  help,
});

Deno.test("Flag.read() takes what each kind of flag may be", () => {
  const cases: ReadonlyArray<readonly [Flag<unknown>, string, unknown]> = [
    [PEER_PORT, "1", 1],
    [PEER_PORT, "65535", 65_535],
    [PEER_PORT, "05050", 5_050],
    [LISTEN_PORT, "0", 0],
    [HOST, "cs1.lab", "cs1.lab"],
    [HOST, "::1", "::1"],
    [HOST, "[::1]", "::1"],
    [HOST, "fe80::1%eth0", "fe80::1%eth0"],
    [TIMEOUT, "8", 8_000],
    [TIMEOUT, "0.25", 250],
    [TIMEOUT, ".5", 500],
    [DRAIN, "0", 0],
    [PARALLEL, "64", 64],
    [CACHE, "0", 0],
    [CACHE, "1000", 1_048_576_000],
    [RATE, "500k", 512_000],
    [LOG, "json", "json"],
    [ADMIN, "127.0.0.1:9000", { host: "127.0.0.1", port: 9000 }],
    [ADMIN, "[::1]:0", { host: "::1", port: 0 }],
    [VERBOSE, "true", true],
    [VERBOSE, "1", true],
    [VERBOSE, "No", false],
    [ID, "CS-2", "CS-2"],
  ];
  for (const [flag, given, expected] of cases) assertEquals(flag.read(given), expected, `${flag.name} ${given}`);
});

Deno.test("Flag.read() says what it expected and what it got", () => {
  const cases: ReadonlyArray<readonly [Flag<unknown>, string, string]> = [
    [LISTEN_PORT, "70000", "must be 1 to 65535, got 70000"],
    [LISTEN_PORT, "-1", "must be 1 to 65535, got -1"],
    [PEER_PORT, "0", "must be 1 to 65535, got 0"],
    [PEER_PORT, "7x", 'must be 1 to 65535, got "7x"'],
    [PEER_PORT, "1e3", 'must be 1 to 65535, got "1e3"'],
    [PEER_PORT, "50.5", "must be 1 to 65535, got 50.5"],
    [HOST, "127.0.0.1:5050", 'must be a host without a port, got "127.0.0.1:5050"'],
    [HOST, "a b", 'must be a host without a port, got "a b"'],
    [HOST, "http://x", 'must be a host without a port, got "http://x"'],
    [TIMEOUT, "0", "must be a number of seconds above 0, got 0"],
    [TIMEOUT, "-3", "must be a number of seconds above 0, got -3"],
    [TIMEOUT, "8s", 'must be a number of seconds above 0, got "8s"'],
    [TIMEOUT, "1e9", 'must be a number of seconds above 0, got "1e9"'],
    [TIMEOUT, "3000000", "must be at most 2000000 seconds, got 3000000"],
    [DRAIN, "-1", "must be a number of seconds 0 or more, got -1"],
    [PARALLEL, "0", "must be 1 to 64, got 0"],
    [PARALLEL, "65", "must be 1 to 64, got 65"],
    [PARALLEL, "2.5", "must be 1 to 64, got 2.5"],
    [CACHE, "-1", "must be 0 to 1000, got -1"],
    [CACHE, "0.5", "must be 0 to 1000, got 0.5"],
    [CACHE, "1001", "must be 0 to 1000, got 1001"],
    [CACHE, "256M", 'must be 0 to 1000, got "256M"'],
    [RATE, "-5", "must be bytes a second above 0, such as 500k or 2M, got -5"],
    [LOG, "xml", 'must be text or json, got "xml"'],
    [ADMIN, "9000", "must be HOST:PORT, got 9000"],
    [VERBOSE, "maybe", 'must be true or false, got "maybe"'],
    [ID, "a\x1b", 'must be 1 to 128 visible ASCII characters, got "a\\u001b"'],
  ];
  for (const [flag, given, message] of cases) {
    assertEquals(assertThrows(() => flag.read(given), UsageError).message, message);
  }
});
