import { assert, assertEquals } from "@std/assert";
import { describeHolder, type Holder, HolderPool } from "./holder_pool.ts";

function holder(number: number): Holder {
  return { id: `CS${number}`, address: { host: "10.0.0.1", port: 7000 + number } };
}

const [A, B, C] = [holder(1), holder(2), holder(3)] as const;

function poolOf(...holders: Holder[]): HolderPool {
  const pool = new HolderPool();
  for (const each of holders) assert(pool.add(each));
  return pool;
}

Deno.test("describeHolder() names id and address, or the address alone", () => {
  assertEquals(describeHolder(A), "CS1 at 10.0.0.1:7001");
  assertEquals(describeHolder({ address: { host: "::1", port: 1 } }), "[::1]:1");
});

Deno.test("HolderPool.add() knows a holder by its address", () => {
  const pool = poolOf(A);
  assert(!pool.add({ id: "other", address: A.address }));
  assert(!pool.add(A));
  pool.clear();
  assert(pool.add(A));
});

Deno.test("HolderPool.pick() spreads connections, in the order in which holders became known", () => {
  const pool = poolOf(A, B, C);
  assertEquals([pool.pick(), pool.pick(), pool.pick(), pool.pick()], [A, B, C, A]);
  pool.leave(C);
  assertEquals(pool.pick(), C);
  assertEquals(new HolderPool().pick(), undefined);
});

Deno.test("HolderPool.fail() puts a holder aside until the next round", () => {
  const pool = poolOf(A, B);
  pool.fail(A);
  assertEquals([pool.pick(), pool.pick()], [B, B]);
  pool.fail(B);
  assertEquals(pool.pick(), undefined);
  pool.clear();
  pool.add(A);
  assertEquals(pool.pick(), A);
});

Deno.test("HolderPool.disagree() puts a holder aside until the download begins anew", () => {
  const pool = poolOf(A, B);
  assert(!pool.hasOtherVersion);
  pool.disagree(A);
  pool.fail(B);
  assert(pool.hasOtherVersion);
  assertEquals(pool.pick(), undefined);
  pool.readmit();
  assertEquals([pool.hasOtherVersion, pool.pick()], [false, A]);
});

Deno.test("HolderPool.renew() has all holders asked again, suspects last", () => {
  const pool = poolOf(A, B, C);
  pool.suspect(A);
  pool.fail(A);
  pool.fail(B);
  pool.disagree(C);
  assert(pool.renew());
  assertEquals([pool.hasOtherVersion, pool.pick(), pool.pick()], [false, B, C]);
  assert(!new HolderPool().renew());
});

Deno.test("HolderPool.suspect() has a holder asked last, in later rounds too", () => {
  const pool = poolOf(A, B);
  pool.suspect(A);
  assert(pool.isSuspect(A) && !pool.isSuspect(B));
  assertEquals([pool.pick(), pool.pick()], [B, B]);
  pool.fail(B);
  assertEquals(pool.pick(), A);
  pool.clear();
  pool.add(A);
  pool.add(B);
  assertEquals(pool.pick(), B);
});

Deno.test("HolderPool.leave() and fail() take holders of an earlier round", () => {
  const pool = poolOf(A);
  pool.pick();
  pool.clear();
  pool.leave(A);
  pool.fail(A);
  pool.disagree(A);
  assertEquals(pool.pick(), undefined);
});
