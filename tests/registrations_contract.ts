/**
 * What every book of registrations keeps to: cases for books that know each other.
 *
 * @module
 */

import { assertEquals } from "@std/assert";
import type { RegistrationBook, StoredRegistration } from "../src/storage/registrations.ts";
import { until } from "./until.ts";

/** A registration of a server at a port, with files of these names. */
export function registration(id: string, tcpPort: number, names: readonly string[]): StoredRegistration {
  const server = { id, host: "10.0.0.1", tcpPort, udpPort: tcpPort + 1 };
  return { server, files: new Map(names.map((name, at) => [name, at])), sha256: names.join("+") };
}

/** What a book knows: ids, ports and names with lengths, by id. */
export function contentOf(book: RegistrationBook): string[] {
  return Array.from(book.registrations(), ({ server: { id, tcpPort }, files, sha256 }) => (
    `${id} ${tcpPort} ${sha256} ${[...files].map(([name, size]) => `${name}=${size}`)}`
  )).sort();
}

/** Cases, each for an empty book and another one that shares with it. */
export const BOOK_CASES: Readonly<Record<string, (a: RegistrationBook, b: RegistrationBook) => Promise<void>>> = {
  async "what one keeps the other knows"(a, b): Promise<void> {
    const heard: string[] = [];
    const end = b.listen(({ server }) => heard.push(server.id));
    assertEquals(await a.put(registration("CS1", 1, ["a", "b%20c"])), "stored");
    await until(() => heard.length === 1);
    assertEquals(contentOf(b), ["CS1 1 a+b%20c a=0,b%20c=1"]);
    end();
    assertEquals(await a.put(registration("CS2", 2, [])), "stored");
    await until(() => contentOf(b).length === 2);
    assertEquals(heard, ["CS1"]);
    assertEquals(contentOf(a), contentOf(b));
  },
  async "the last registration of an id counts, whoever keeps it"(a, b): Promise<void> {
    await a.put(registration("CS1", 1, ["a"]));
    await until(() => contentOf(b).length === 1);
    await b.put(registration("CS1", 7, ["a", "b"]));
    await until(() => contentOf(a)[0] === "CS1 7 a+b a=0,b=1");
    assertEquals(await a.put(registration("CS1", 7, ["a", "b"])), "stored");
    await a.put(registration("CS1", 7, []));
    await until(() => contentOf(b)[0] === "CS1 7  ");
  },
  async "long lists keep their order"(a, b): Promise<void> {
    const names = Array.from({ length: 50_001 }, (_, at) => `f${(at * 7) % 50_001}`);
    assertEquals(await a.put({ ...registration("CS1", 1, names), sha256: "long" }), "stored");
    await until(() => contentOf(b).length === 1);
    assertEquals(contentOf(b), contentOf(a));
  },
};
