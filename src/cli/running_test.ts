import { assertEquals, assertInstanceOf, assertRejects } from "@std/assert";
import { abortable } from "../base/abort.ts";
import { VirtualClock } from "../base/virtual_clock.ts";
import type { Env } from "../env/env.ts";
import { createLog, type LogRecord } from "../env/log.ts";
import { NetError } from "../net/net_error.ts";
import type { Role } from "../services/role.ts";
import { CommandError } from "./failure.ts";
import { MemoryIo } from "./memory_io.ts";
import { runRole, untilStopped } from "./running.ts";

function setUp(): { context: { env: Env; io: MemoryIo }; clock: VirtualClock; records: LogRecord[] } {
  const clock = new VirtualClock();
  const records: LogRecord[] = [];
  const env = { clock, log: createLog({ clock, sink: (record) => void records.push(record) }) } as unknown as Env;
  return { context: { env, io: new MemoryIo(env) }, clock, records };
}

function role(stop: () => Promise<void>): Role {
  return { addresses: {}, state: "RUNNING", stop, [Symbol.asyncDispose]: stop };
}

Deno.test("runRole() stops the role at a signal and ends with 0", async () => {
  const { context, clock, records } = setUp();
  let stops = 0;
  const running = runRole(context, { supervised: false, listens: {} }, () =>
    Promise.resolve(role(() => {
      stops++;
      return Promise.resolve();
    })));
  await settle();
  context.io.endInput();
  await settle();
  assertEquals(stops, 0);
  context.io.raise("SIGTERM");
  assertEquals(await running, 0);
  assertEquals(stops, 1);
  assertEquals(records.map(({ event, fields }) => [event, fields["reason"]]), [["stopping", "Stopped by SIGTERM"]]);
  await clock.advance(1_000);
  assertEquals(context.io.listening, 0);
});

Deno.test("runRole() stops a supervised role when standard input ends", async () => {
  const { context, clock } = setUp();
  const running = runRole(
    context,
    { supervised: true, listens: {} },
    () => Promise.resolve(role(() => Promise.resolve())),
  );
  await settle();
  context.io.endInput();
  assertEquals(await running, 0);
  await clock.advance(1_000);
  assertEquals(context.io.listening, 0);
});

Deno.test("runRole() stops a role that was asked to while it started", async () => {
  const { context } = setUp();
  let begin: (role: Role) => void = () => {};
  const started = new Promise<Role>((resolve) => begin = resolve);
  let stops = 0;
  const running = runRole(context, { supervised: false, listens: {} }, () => started);
  context.io.raise("SIGINT");
  begin(role(() => Promise.resolve(void stops++)));
  assertEquals(await running, 0);
  assertEquals(stops, 1);
});

Deno.test("runRole() does not wait for what a role waits for as it starts", async () => {
  const { context, records } = setUp();
  const running = runRole(
    context,
    { supervised: false, listens: {} },
    (signal) => abortable(new Promise<Role>(() => {}), signal),
  );
  context.io.raise("SIGTERM");
  assertEquals(await running, 0);
  assertEquals(records.map(({ event }) => event), ["stopping"]);
});

Deno.test("runRole() leaves a role that does not stop when somebody insists", async () => {
  const { context, clock } = setUp();
  const never = new Promise<void>(() => {});
  const running = runRole(context, { supervised: false, listens: {} }, () => Promise.resolve(role(() => never)));
  await settle();
  context.io.raise("SIGINT");
  context.io.raise("SIGINT");
  await clock.advance(1_000);
  context.io.raise("SIGINT");
  assertEquals(await running, 130);
});

Deno.test("runRole() names the flag that chooses an address in use", async () => {
  const tcp = { host: "127.0.0.1", port: 7001 };
  const udp = { host: "127.0.0.1", port: 7002 };
  const listens = { "--tcp-port": tcp, "--udp-port": udp, "--admin": undefined };
  const cases: ReadonlyArray<readonly [NetError, string]> = [
    [
      new NetError("in-use", "listen at 127.0.0.1:7001"),
      "Cannot listen at 127.0.0.1:7001: the address is in use; choose another with --tcp-port",
    ],
    [
      new NetError("in-use", "bind 127.0.0.1:7002"),
      "Cannot bind 127.0.0.1:7002: the address is in use; choose another with --udp-port",
    ],
    [
      new NetError("unavailable", "listen at 127.0.0.1:7001"),
      "Cannot listen at 127.0.0.1:7001: the address is not one of this machine; choose another with --host",
    ],
  ];
  for (const [cause, message] of cases) {
    const { context } = setUp();
    const start = (): Promise<Role> => Promise.reject(cause);
    const error = await assertRejects(() => runRole(context, { supervised: false, listens }, start));
    assertInstanceOf(error, CommandError);
    assertEquals([error.exitCode, error.message, error.cause], [3, message, cause]);
    assertEquals(context.io.listening, 0);
  }
});

Deno.test("untilStopped() passes on what its task ends with", async () => {
  const { context } = setUp();
  assertEquals(await untilStopped(context, { supervised: false }, () => Promise.resolve(4)), 4);
  await assertRejects(() => untilStopped(context, { supervised: false }, () => Promise.reject(new Error("no"))));
  assertEquals(context.io.listening, 0);
});

/** Lets every microtask run out. */
function settle(): Promise<void> {
  return new Promise((resolve) => setImmediate(resolve));
}
