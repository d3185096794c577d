/**
 * Hostile floods on real sockets: datagrams, registrations, deaths and lists by the ten thousand, at every role as a
 * process of its own.
 */

import { assertEquals, assertGreaterOrEqual, assertLessOrEqual, assertStringIncludes } from "@std/assert";
import type { Address } from "../src/base/address.ts";
import { MAX_SERVERS } from "../src/core/census.ts";
import { Crowd } from "./hostile/crowd.ts";
import { datagramFlood } from "./hostile/datagrams.ts";
import { exchange } from "./hostile/exchange.ts";
import { HostileLab } from "./hostile/lab.ts";
import { PATIENCE } from "./until.ts";

/** Where nobody is: a monitor may ask whoever it does not hear, and other tests run on this machine. */
const NOBODY = "127.0.0.9 9";
const DONE = PATIENCE;
/** In both rounds together. */
const DATAGRAMS = 200_000;
/** Those who ask for the monitor's list, and for others. */
const CROWD = 800;
const LESSER_CROWD = 300;
/** Registrations at once, and how many there are of them. */
const AT_ONCE = 100;
const IDS = 1_100;
/** How many of the holders of a file LOCATE names. */
const NAMED_HOLDERS = 1_000;
const LONG_NAMES = 500;
/** Requests on one connection before the first answer. */
const PIPELINED = 50;
const SHARED_FILES = 20;
/** The files of one registration that never counts. */
const STAGED = 100_000;

/** Runs so many conversations, some at once, and counts those that are answered by `answer`. */
async function converse(to: Address, count: number, talk: (at: number) => string, answer: string): Promise<number> {
  let answered = 0;
  for (let at = 0; at < count; at += AT_ONCE) {
    const said = Array.from(
      { length: Math.min(AT_ONCE, count - at) },
      (_, place) => exchange(to, [talk(at + place)], DONE),
    );
    answered += (await Promise.all(said)).filter((one) => one === answer).length;
  }
  return answered;
}

/** A registration with files that many have. */
function registration(id: string): string {
  const files = Array.from({ length: SHARED_FILES }, (_, at) => `ADD_FILE ${id} shared${at} 1\n`).join("");
  return `REGISTER ${id} 9 9\n${files}`;
}

Deno.test("hostile floods: datagrams of all kinds leave a bounded census, and nobody takes a live server's place", async () => {
  await using lab = await HostileLab.start();
  const { host, port } = lab.at("CS1");
  /** Lets the monitor take in what came: a flood that the system drops is none. */
  const pause = async (): Promise<void> => void await exchange(lab.at("monitor"), ["PING\n"], DONE);
  const ids = (at: number): string => `HEARTBEAT Ghost${at % (2 * MAX_SERVERS)} ${NOBODY} ${at} 1`;
  await lab.withstand({
    async "heartbeats of more servers than there may be"(): Promise<void> {
      await datagramFlood(lab.at("heartbeats"), { count: DATAGRAMS / 4, make: ids, pause });
    },
    async "heartbeats in another's name, and none at all"(): Promise<void> {
      const kinds = [`HEARTBEAT CS1 192.0.2.1 9 0 1`, new Uint8Array(1_400), "", "HEARTBEAT CS1 127.0.0.1"];
      const make = (at: number): string | Uint8Array => kinds[at % kinds.length]!;
      await datagramFlood(lab.at("heartbeats"), { count: DATAGRAMS / 8, make, pause });
    },
    async "what a content server does not expect"(): Promise<void> {
      await datagramFlood(lab.at("CS1 udp"), { count: DATAGRAMS / 8, make: (at) => new Uint8Array(at % 1_400) });
    },
  });
  const list = await exchange(lab.at("monitor"), ["LIST_SERVERS\n"], DONE);
  assertStringIncludes(list, `SERVER CS1 ${host} ${port} `);
  assertEquals(list.match(/^SERVER /gm)?.length, MAX_SERVERS);
});

Deno.test("hostile floods: a crowd that asks for the longest lists, and does not read them, costs a bounded memory", async () => {
  await using lab = await HostileLab.start();
  const id = (at: number): string => `${"Ghost".repeat(20)}${at}`;
  await lab.cluster.eventually("the monitor knows thousands", async () => {
    const make = (at: number): string => `HEARTBEAT ${id(at)} ${NOBODY} 0 1`;
    const pause = async (): Promise<void> => void await exchange(lab.at("monitor"), ["PING\n"], DONE);
    await datagramFlood(lab.at("heartbeats"), { count: MAX_SERVERS / 2, make, pause });
    return (await exchange(lab.at("monitor"), ["LIST_SERVERS\n"], DONE)).length > 500_000;
  });
  const registered = await converse(
    lab.at("index"),
    IDS,
    (at) => `${registration(id(at))}DONE_FILES\n`,
    "OK REGISTERED\nOK FILES_ADDED\n",
  );
  assertEquals(registered, IDS);
  const name = "n".repeat(4_000);
  const longNames = Array.from({ length: LONG_NAMES }, (_, at) => `ADD_FILE Long ${name}${at} 1\n`).join("");
  const took = await exchange(lab.at("index"), [`REGISTER Long 9 9\n${longNames}DONE_FILES\n`], DONE);
  assertEquals(took, "OK REGISTERED\nOK FILES_ADDED\n");
  const holders = await exchange(lab.at("index"), ["LOCATE shared1\n"], DONE);
  assertEquals(holders.split("\n").length, NAMED_HOLDERS + 2, "no more of them are named, and END");
  const ask = (at: Address, size: number, question: string) => async (): Promise<void> => {
    await using crowd = await Crowd.dial(at, size);
    await crowd.say(question);
    assertGreaterOrEqual(await crowd.read(1), size);
  };
  await lab.withstand({
    "everyone at the monitor": ask(lab.at("monitor"), CROWD, "LIST_SERVERS\n"),
    "everyone at the index": ask(lab.at("index"), LESSER_CROWD, "LIST_SERVERS\n"),
    "the holders of a file that everyone has": ask(lab.at("index"), LESSER_CROWD, "LOCATE shared1\n"),
    "one of the holders": ask(lab.at("index"), LESSER_CROWD, "GET shared1\n"),
    "the monitor's state": ask(
      lab.admin("monitor"),
      AT_ONCE,
      "GET /state HTTP/1.1\r\nHost: x\r\n\r\n".repeat(PIPELINED),
    ),
    "the index's figures": ask(lab.admin("index"), LESSER_CROWD, "GET /metrics HTTP/1.1\r\nHost: x\r\n\r\n"),
    "all files": ask(lab.at("index"), LESSER_CROWD, "LIST_FILES\n"),
  });
});

Deno.test("hostile floods: registrations, finished, unfinished, slow and refused, leave an index that serves", async () => {
  await using lab = await HostileLab.start();
  const index = lab.at("index");
  await lab.withstand({
    async "many ids"(): Promise<void> {
      const talk = (at: number): string => `${registration(`Many${at}`)}DONE_FILES\n`;
      assertEquals(await converse(index, IDS, talk, "OK REGISTERED\nOK FILES_ADDED\n"), IDS);
    },
    async "many at once that never count"(): Promise<void> {
      await using crowd = await Crowd.dial(index, CROWD);
      await crowd.say(registration("Never"));
      assertGreaterOrEqual(await crowd.read(1), CROWD);
    },
    async "one that is long, and never counts"(): Promise<void> {
      const lines = function* (): Generator<string> {
        yield "REGISTER Long 9 9\n";
        for (let at = 0; at < STAGED; at += 1_000) {
          yield Array.from({ length: 1_000 }, (_, place) => `ADD_FILE Long long-${at + place} 1\n`).join("");
        }
      };
      assertEquals(await exchange(index, lines(), DONE), "OK REGISTERED\n");
    },
    async "slow ones"(): Promise<void> {
      await using crowd = await Crowd.dial(index, AT_ONCE);
      for (const byte of registration("Slow")) await crowd.say(byte);
    },
    async "of CS1, from elsewhere"(): Promise<void> {
      assertEquals(await converse(index, AT_ONCE, () => "REGISTER CS1 9 9\n", "ERROR SERVER_ID_IN_USE\n"), AT_ONCE);
    },
    async "of indexes"(): Promise<void> {
      const talk = (at: number): string => `REGISTER_INDEX 127.0.0.9 ${1 + at}\n`;
      assertLessOrEqual(await converse(lab.at("monitor"), IDS, talk, "OK INDEX_REGISTERED\n"), 15);
    },
    async "deaths"(): Promise<void> {
      const talk = (at: number): string => `SERVER_DOWN Many${at}\n`;
      assertEquals(await converse(index, IDS, talk, "OK SERVER_MARKED_DEAD\n"), IDS);
    },
  });
  assertEquals(await exchange(index, ["GET long-1\n"], DONE), "ERROR FILE_NOT_FOUND\n");
});
