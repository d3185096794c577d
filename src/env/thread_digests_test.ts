import { assert, assertEquals, assertRejects } from "@std/assert";
import { DIGEST_CASES } from "../../tests/digests_contract.ts";
import { DigestError } from "./digests.ts";
import {
  type StartThread,
  startThread,
  THREAD_FROM_BYTES,
  threadDigests,
  type ThreadEvents,
} from "./thread_digests.ts";

for (const { name, run } of DIGEST_CASES) Deno.test(`threadDigests() ${name}`, () => run(threadDigests()));

/** Threads that never answer, and what becomes of them. */
class FakeThreads {
  readonly posted: unknown[] = [];
  readonly events: ThreadEvents[] = [];
  ended = 0;

  readonly start: StartThread = (_source, events) => {
    this.events.push(events);
    return { post: (message) => void this.posted.push(message), end: () => void this.ended++ };
  };
}

Deno.test("threadDigests() starts no thread for a small file", async () => {
  const threads = new FakeThreads();
  const small = threadDigests(threads.start).begin(THREAD_FROM_BYTES - 1);
  assertEquals((await small.hex()).slice(0, 8), "e3b0c442");
  small.close();
  assertEquals(threads.events.length, 0);
  threadDigests(threads.start).begin(THREAD_FROM_BYTES).close();
  assertEquals(threads.events.length, 1);
});

Deno.test("threadDigests() hands the whole buffer over", async () => {
  const digest = threadDigests().begin(THREAD_FROM_BYTES);
  const buffer = new Uint8Array(10);
  await digest.update(buffer, 3);
  assertEquals(buffer.length, 0, "nobody else can touch it");
  digest.close();
});

Deno.test("threadDigests() says that a thread cannot be started, has failed, or was closed", async () => {
  const denied = threadDigests(() => Promise.reject(new Error("no more threads"))).begin(THREAD_FROM_BYTES);
  await assertRejects(() => denied.hex(), DigestError, "Cannot hash on a thread: Error: no more threads");
  await assertRejects(() => denied.hex(), DigestError, "no more threads");

  const threads = new FakeThreads();
  const digest = threadDigests(threads.start).begin(THREAD_FROM_BYTES);
  const updating = digest.update(new Uint8Array(10), 10);
  threads.events[0]!.onFailure("out of memory");
  await assertRejects(() => updating, DigestError, "Cannot hash on a thread: out of memory");
  await assertRejects(() => digest.hex(), DigestError, "out of memory");
  digest.close();
  digest.close();
  await Promise.resolve();
  assertEquals(threads.ended, 1);

  const closed = threadDigests(threads.start).begin(THREAD_FROM_BYTES);
  const hex = closed.hex();
  closed.close();
  await assertRejects(() => hex, DigestError, "Cannot hash on a thread: it is closed");
});

Deno.test("threadDigests() says that a thread breaks down, however it does", async () => {
  const sources = ["throw new Error('broken')", "this is no code", "globalThis.onmessage = () => { throw 1 }"];
  for (const source of sources) {
    const digests = threadDigests(async (own, events) => {
      assert(own.includes("sha256"));
      return await startThread(source, events);
    });
    const digest = digests.begin(THREAD_FROM_BYTES);
    await assertRejects(() => digest.hex(), DigestError, "Cannot hash on a thread: ");
    digest.close();
  }
});
