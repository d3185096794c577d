import { assertEquals, assertStrictEquals } from "@std/assert";
import {
  assertEnded,
  assertNetError,
  caught,
  NetBench,
  nextOf,
  pattern,
  receive,
  roundTrips,
} from "../../tests/net_bench.ts";
import { canRunNetCase, NET_CASES, runNetCase } from "../../tests/net_contract.ts";
import { SOCKET_CASES } from "../../tests/net_socket_cases.ts";
import { denoNet } from "./deno.ts";

for (const netCase of [...NET_CASES, ...SOCKET_CASES]) {
  const ignore = !await canRunNetCase(denoNet(), netCase);
  Deno.test({ name: `denoNet() ${netCase.name}`, ignore, fn: () => runNetCase(denoNet(), netCase) });
}

/** Makes the next accepts fail, one for each error, until disposed. */
function failAccepts(errors: Error[]): Disposable {
  using probe = Deno.listen({ hostname: "127.0.0.1", port: 0 });
  const prototype = Object.getPrototypeOf(probe);
  const accept = prototype.accept;
  prototype.accept = function (): Promise<Deno.Conn> {
    const error = errors.shift();
    return error === undefined ? accept.call(this) : Promise.reject(error);
  };
  return { [Symbol.dispose]: () => prototype.accept = accept };
}

function coded(code: string): Error {
  return Object.assign(new Error(code), { code });
}

Deno.test("denoNet() Listener goes on after accepts that failed for reasons that pass", async () => {
  const errors = [coded("ECONNABORTED"), coded("EMFILE"), new Deno.errors.ConnectionReset(), coded("ENOTCONN")];
  using _ = failAccepts(errors);
  const bench = new NetBench(denoNet());
  const listener = await bench.listen();
  const client = await bench.dial(listener.address);
  assertEquals((await bench.accept(listener)).remote, client.local);
  assertEquals(errors, []);
  bench.close();
});

Deno.test("denoNet() Listener.close() ends the pause after a failed accept", async () => {
  using _ = failAccepts([coded("EMFILE")]);
  const listener = await denoNet().listen({ host: "127.0.0.1", port: 0 });
  const ended = assertEnded(listener);
  // The failure is a rejected promise: a few turns later the pause has begun.
  for (let turn = 0; turn < 10; turn++) await Promise.resolve();
  listener.close();
  await ended;
});

Deno.test("denoNet() Listener throws what no later accept can mend", async () => {
  using _ = failAccepts([coded("EINVAL")]);
  const listener = await denoNet().listen({ host: "127.0.0.1", port: 0 });
  await assertNetError(nextOf(listener), "other");
  listener.close();
});

Deno.test("denoNet() listen() shares a port on Linux, and elsewhere says why not", async () => {
  const sharing = denoNet().listen({ host: "127.0.0.1", port: 0 }, { sharing: "found" });
  if (Deno.build.os === "linux") (await sharing).close();
  else await assertNetError(sharing, "unsupported");
});

Deno.test("denoNet() listen() refuses to share without the unstable flag, which would end the program", async () => {
  const { listenDatagram } = Deno;
  Reflect.set(Deno, "listenDatagram", undefined);
  try {
    await assertNetError(denoNet().listen({ host: "127.0.0.1", port: 0 }, { sharing: "join" }), "unsupported");
  } finally {
    Reflect.set(Deno, "listenDatagram", listenDatagram);
  }
});

Deno.test("denoNet() bind() does without Deno.listenDatagram", async () => {
  const { listenDatagram } = Deno;
  Reflect.set(Deno, "listenDatagram", undefined);
  const bench = new NetBench(denoNet());
  try {
    const [here, there] = [await bench.bind(), await bench.bind()];
    await here.send(pattern(100), there.address);
    assertEquals(await receive(there), { bytes: pattern(100), from: here.address });
  } finally {
    bench.close();
    Reflect.set(Deno, "listenDatagram", listenDatagram);
  }
});

Deno.test({
  name: "denoNet() dial() that nobody answers ends when its signal aborts",
  // Elsewhere a full queue of connections refuses instead of keeping silent.
  ignore: Deno.build.os !== "linux",
  async fn(): Promise<void> {
    using silent = Deno.listen({ hostname: "127.0.0.1", port: 0, tcpBacklog: 1 });
    const address = { host: "127.0.0.1", port: silent.addr.port };
    const bench = new NetBench(denoNet());
    for (let i = 0; i < 2; i++) await bench.dial(address);
    const controller = new AbortController();
    const dialling = caught(denoNet().dial(address, { signal: controller.signal }));
    // By then the dial has long been under way.
    await roundTrips(await bench.pair(), 20);
    const reason = new Error("enough");
    controller.abort(reason);
    assertStrictEquals(await dialling, reason);
    bench.close();
  },
});
