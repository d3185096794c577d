import { assertEquals } from "@std/assert";
import { DeadlineError } from "../base/deadline.ts";
import { FileError } from "../env/files.ts";
import { NetError } from "../net/net_error.ts";
import { ProtocolError } from "../protocol/protocol_error.ts";
import { CommandError, explainFailure } from "./failure.ts";
import { OutputClosedError } from "./io.ts";
import { StopError } from "./signals.ts";
import { UsageError } from "./usage_error.ts";

Deno.test("explainFailure() gives every error an exit code and at most one line", () => {
  const cases: ReadonlyArray<readonly [unknown, number, string | undefined]> = [
    [new UsageError("--port must be 1 to 65535, got 0"), 2, "--port must be 1 to 65535, got 0"],
    [new CommandError(4, "Cannot get a: wrong"), 4, "Cannot get a: wrong"],
    [new NetError("refused", "dial 127.0.0.1:5050"), 3, "Cannot dial 127.0.0.1:5050: connection refused"],
    [new DeadlineError("Cannot ask: no answer"), 3, "Cannot ask: no answer"],
    [new ProtocolError("BAD", "Cannot parse SERVER: nonsense"), 3, "Cannot parse SERVER: nonsense"],
    [new FileError("full", "write a"), 5, "Cannot write a: no space left"],
    [new OutputClosedError(), 141, undefined],
    [new StopError("SIGINT"), 130, undefined],
    [new StopError("SIGTERM"), 143, undefined],
    [new TypeError("x is not a function"), 70, "Internal error: TypeError: x is not a function (-v shows where)"],
    ["odd", 70, "Internal error: odd (-v shows where)"],
  ];
  for (const [error, exitCode, line] of cases) {
    assertEquals(explainFailure(error), { exitCode, ...(line === undefined ? {} : { line }) });
  }
});
