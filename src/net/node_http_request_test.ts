import { assertEquals, assertRejects } from "@std/assert";
import type { IncomingMessage } from "node:http";
import { NetError } from "./net_error.ts";
import { Incoming } from "./node_http_request.ts";

const TIMEOUT_MS = 60_000;

/** A request whose chunks a test hands in, on a clock that it winds. */
class Stage {
  nowMs = 0;
  readonly incoming: Incoming;
  #give: (result: IteratorResult<Uint8Array>) => void = () => {};

  constructor() {
    const iterator = {
      next: () => new Promise<IteratorResult<Uint8Array>>((resolve) => this.#give = resolve),
      return: () => Promise.resolve({ done: true, value: undefined }),
    };
    const request = { method: "PUT", url: "/a", iterator: () => iterator };
    this.incoming = new Incoming(request as unknown as IncomingMessage, undefined, () => this.nowMs);
  }

  /** Reads a piece that comes after some time. */
  async read(pieces: AsyncIterator<Uint8Array>, afterMs: number, bytes: number): Promise<void> {
    const read = pieces.next();
    await Promise.resolve();
    this.pass(afterMs);
    this.#give({ done: false, value: new Uint8Array(bytes) });
    assertEquals((await read).value?.length, bytes);
  }

  pass(ms: number): void {
    this.nowMs += ms;
    this.incoming.checkStall(this.nowMs, TIMEOUT_MS);
  }
}

Deno.test("Incoming takes as long over a body as it takes, while 64 KiB come in the time allowed", async () => {
  const stage = new Stage();
  const pieces = stage.incoming.pieces();
  for (let count = 0; count < 100; count++) await stage.read(pieces, 29_000, 32_768);
  assertEquals([stage.incoming.hasStalled, stage.nowMs], [false, 2_900_000]);
});

Deno.test("Incoming fails a client that sends a little now and then", async () => {
  const stage = new Stage();
  const pieces = stage.incoming.pieces();
  await stage.read(pieces, 29_000, 1);
  await stage.read(pieces, 29_000, 65_000);
  const read = pieces.next();
  const failed = assertRejects(() => read, NetError, "timed out");
  await Promise.resolve();
  stage.pass(2_001);
  await failed;
  assertEquals(stage.incoming.hasStalled, true);
});

Deno.test("Incoming does not hold against a client what the handler takes to read", async () => {
  const stage = new Stage();
  const pieces = stage.incoming.pieces();
  stage.pass(100_000);
  await stage.read(pieces, 59_000, 1);
  stage.pass(100_000);
  await stage.read(pieces, 1_000, 1);
  assertEquals(stage.incoming.hasStalled, false);
});
