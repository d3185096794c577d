/**
 * A store and whoever asks it, in memory or over sockets: what its cases stand on.
 *
 * @module
 */

import { assertEquals } from "@std/assert";
import type { Address } from "../src/base/address.ts";
import type { HttpClient, HttpQuestion } from "../src/net/http_client.ts";
import { fieldOf } from "../src/protocol/http_fields.ts";
import type { StoreOptions, StoreRole } from "../src/roles/edge/store.ts";
import type { MetaStub } from "./meta_stub.ts";
import { collect } from "./objects_bench.ts";

/** A whole answer. */
export interface WholeAnswer {
  /** The status. */
  readonly status: number;
  /** The value of a field. */
  field(name: string): string | undefined;
  /** The body. */
  readonly bytes: Uint8Array;
  /** The body as text. */
  readonly text: string;
  /** The body as JSON. */
  readonly json: unknown;
}

/** One promise of a store. */
export interface StoreCase {
  /** What holds, to be read after `a store`. */
  readonly name: string;
  /** Checks it. */
  run(bench: StoreBench): Promise<void>;
}

/** A machine on which stores are started over the same objects, beside a meta server. */
export interface StoreBench {
  /** Starts a store, which tells the meta server unless told otherwise. */
  start(options?: Partial<Omit<StoreOptions, "objects">>): Promise<StoreRole>;
  /** The meta server. */
  readonly meta: MetaStub;
  /** Takes the meta server away, or brings it back. */
  setMeta(isThere: boolean): Promise<void>;
  /** Who asks. */
  readonly client: HttpClient;
  /** Waits for what takes time, real or virtual. */
  until(condition: () => boolean): Promise<void>;
  /** Waits for a promise while time passes. */
  wait<T>(promise: Promise<T>): Promise<T>;
}

/** Asks a server, and takes the whole answer in. */
export async function ask(client: HttpClient, to: Address, question: HttpQuestion): Promise<WholeAnswer> {
  const answer = await client.ask(to, question);
  const bytes = await collect(answer.body);
  const text = new TextDecoder("utf-8", { ignoreBOM: true }).decode(bytes);
  return {
    status: answer.status,
    field: (name) => fieldOf(answer.headers, name),
    bytes,
    text,
    get json(): unknown {
      return JSON.parse(text);
    },
  };
}

/** Starts a store, and hands on a way to ask it. */
export async function withStore(
  bench: StoreBench,
  run: (ask: (question: HttpQuestion) => Promise<WholeAnswer>, store: StoreRole) => Promise<void>,
  options: Partial<Omit<StoreOptions, "objects">> = {},
): Promise<void> {
  const store = await bench.start(options);
  try {
    await run((question) => ask(bench.client, store.addresses.http!, question), store);
  } finally {
    await bench.wait(store.stop());
    assertEquals(store.state, "STOPPED");
  }
}
