/**
 * Hostile crowds on real sockets: connections by the thousand, silent, slow, broken off, at every port of every role as a
 * process of its own.
 */

import { assertEquals, assertGreaterOrEqual, assertMatch } from "@std/assert";
import type { Address } from "../src/base/address.ts";
import { Crowd, resetFlood } from "./hostile/crowd.ts";
import { HostileLab } from "./hostile/lab.ts";
import { until } from "./until.ts";

const CROWD = 2_000;
const ADMIN_CROWD = 500;
/** How long a connection may stand still, in seconds. */
const IDLE_S = 3;
const DRIPPING = 40;
const SLOW_READERS = 250;
const HEALTH = "GET /health HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n";

/** What a client asks at each port, the answer's look, and how many clients there are. */
function ports(lab: HostileLab): [at: Address, question: string, answer: RegExp, size: number][] {
  return [
    [lab.at("index"), "GET hello.txt\n", /^SERVER \S+ \d+ CS1 6\n$/, CROWD],
    [lab.at("monitor"), "PING\n", /^PONG\n$/, CROWD],
    [lab.at("CS1"), "GET hello.txt\n", /^OK 6\nhello\n$/, CROWD],
    [lab.admin("index"), HEALTH, /^HTTP\/1\.1 200 OK\r\n[^]*\{"status":"healthy"\}\n$/, ADMIN_CROWD],
  ];
}

Deno.test("hostile crowds: thousands at once, idle at first, are all served", async () => {
  await using lab = await HostileLab.start();
  await lab.withstand({
    async "idle, then all speak"(): Promise<void> {
      for (const [at, question, answer, size] of ports(lab)) {
        await using crowd = await Crowd.dial(at, size);
        for (const answered of await crowd.ask(question)) assertMatch(answered, answer);
      }
    },
  });
});

Deno.test("hostile crowds: half-open, broken off and reset connections leave nothing behind", async () => {
  await using lab = await HostileLab.start();
  await lab.withstand({
    async "end their input at once"(): Promise<void> {
      for (const [at, , , size] of ports(lab)) {
        await using crowd = await Crowd.dial(at, size);
        await crowd.endInput();
        assertEquals(new Set(await crowd.drain()), new Set([""]));
      }
    },
    async "say half a line and vanish"(): Promise<void> {
      for (const [at, question, , size] of ports(lab)) {
        await using crowd = await Crowd.dial(at, size);
        await crowd.say(question.slice(0, 7));
      }
    },
    async "reset"(): Promise<void> {
      for (const [at, question, , size] of ports(lab)) {
        await resetFlood(at, size, question);
        await resetFlood(at, size, question.slice(0, 3));
      }
    },
  });
});

Deno.test("hostile crowds: slow senders are cut off in time, and silent ones with them", async () => {
  await using lab = await HostileLab.start({ idleS: IDLE_S });
  await lab.withstand({
    async "a byte now and then, never a line"(): Promise<void> {
      await Promise.all(
        ports(lab).slice(0, 3).map(async ([at]) => {
          await using silent = await Crowd.dial(at, CROWD / 4);
          await using dripping = await Crowd.dial(at, DRIPPING);
          let isOver = false;
          const ends = Promise.all([silent.drain(), dripping.drain()]).finally(() => isOver = true);
          await until(async () => {
            await dripping.say("G");
            return isOver;
          });
          assertEquals(new Set((await ends).flat()), new Set([""]));
        }),
      );
    },
  });
});

Deno.test("hostile crowds: readers who never read a large file hold up nobody, and no more than a buffer each", async () => {
  await using lab = await HostileLab.start();
  await lab.withstand({
    async "ask for much and read none"(): Promise<void> {
      await using crowd = await Crowd.dial(lab.at("CS1"), SLOW_READERS);
      await crowd.say("GET big\n");
      assertGreaterOrEqual(await crowd.read(1), SLOW_READERS);
    },
    async "ask for what is kept in memory, all for another part of it, and read none"(): Promise<void> {
      await using crowd = await Crowd.dial(lab.at("CS1"), SLOW_READERS);
      await crowd.sayEach((at) => `RANGE ${at * 150_000} 99999999 kept\n`);
      assertGreaterOrEqual(await crowd.read(1), SLOW_READERS);
    },
  });
});
