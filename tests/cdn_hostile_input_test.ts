/**
 * Hostile input on real sockets: bytes that no peer should send, to every port of every role as a process of its own.
 */

import { assertEquals, assertMatch } from "@std/assert";
import fc from "fast-check";
import type { Address } from "../src/base/address.ts";
import {
  ADMIN_CORPUS,
  CONTENT_CORPUS,
  type Corpus,
  DATAGRAM_CORPUS,
  INDEX_CORPUS,
  MONITOR_CORPUS,
} from "./hostile/corpus.ts";
import { datagramFlood } from "./hostile/datagrams.ts";
import { exchange } from "./hostile/exchange.ts";
import { HostileLab } from "./hostile/lab.ts";
import { damaged, damagedParts } from "./hostile/mutation.ts";
import { PATIENCE } from "./until.ts";

const SEED = 20_260_807;
const CONVERSATIONS = 300;
const DATAGRAMS = 3_000;
/** A port must be done with whatever it was told within this time, in milliseconds. */
const DONE = PATIENCE;
/** Bounds the search for the smallest failure. */
const SEARCH_MS = 20_000;

/** Every port that takes connections, and what is said there. */
function ports(lab: HostileLab): Record<string, [at: Address, corpus: Corpus]> {
  return {
    index: [lab.at("index"), INDEX_CORPUS],
    monitor: [lab.at("monitor"), MONITOR_CORPUS],
    content: [lab.at("CS1"), CONTENT_CORPUS],
    "index's management": [lab.admin("index"), ADMIN_CORPUS],
    "monitor's management": [lab.admin("monitor"), ADMIN_CORPUS],
    "content server's management": [lab.admin("CS1"), ADMIN_CORPUS],
  };
}

Deno.test("hostile input: what is known to be wrong gets an answer or an end, and harms nobody", async () => {
  await using lab = await HostileLab.start();
  await lab.withstand({
    async conversations(): Promise<void> {
      for (const [name, [at, { valid, broken, answer }]] of Object.entries(ports(lab))) {
        await Promise.all([...valid, ...broken].map(async (said, place) => {
          assertMatch(await exchange(at, [said], DONE), answer, `${name}, ${place}`);
        }));
      }
    },
    async datagrams(): Promise<void> {
      const all = [...DATAGRAM_CORPUS.valid, ...DATAGRAM_CORPUS.broken];
      for (const at of [lab.at("heartbeats"), lab.at("CS1 udp")]) {
        await datagramFlood(at, { count: all.length, make: (place) => all[place]! });
      }
    },
  });
  const { host, port } = lab.at("CS1");
  const list = await exchange(lab.at("monitor"), ["LIST_SERVERS\n"], DONE);
  assertMatch(list, new RegExp(`^SERVER CS1 ${host} ${port} \\d+ alive$`, "m"), "nobody else can speak for CS1");
});

Deno.test(`hostile input: damaged conversations get answers of the protocol, and harm nobody (seed ${SEED})`, async () => {
  await using lab = await HostileLab.start();
  const options = {
    seed: SEED,
    numRuns: CONVERSATIONS,
    interruptAfterTimeLimit: SEARCH_MS,
    markInterruptAsFailure: true,
  };
  await lab.withstand({
    async conversations(): Promise<void> {
      for (const [name, [at, { valid, answer }]] of Object.entries(ports(lab))) {
        const holds = fc.asyncProperty(damagedParts(valid), async (parts) => {
          assertMatch(await exchange(at, parts, DONE), answer, name);
        });
        await fc.assert(holds, options);
      }
    },
    async datagrams(): Promise<void> {
      const all = fc.sample(damaged(DATAGRAM_CORPUS.valid), { seed: SEED, numRuns: DATAGRAMS });
      for (const at of [lab.at("heartbeats"), lab.at("CS1 udp")]) {
        await datagramFlood(at, { count: all.length, make: (place) => all[place]! });
      }
    },
  });
  const list = await exchange(lab.at("monitor"), ["LIST_SERVERS\n"], DONE);
  assertEquals(list.match(/^SERVER CS1 /gm)?.length, 1);
});
