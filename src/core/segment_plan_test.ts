import { assert, assertEquals } from "@std/assert";
import fc from "fast-check";
import { ByteRanges } from "./byte_ranges.ts";
import {
  MAX_SEGMENT_BYTES,
  MIN_SEGMENT_BYTES,
  pieceBytesFor,
  type Segment,
  segmentBytesFor,
  SegmentPlan,
} from "./segment_plan.ts";

function bounds(segment: Segment | undefined): [number, number] | undefined {
  return segment && [segment.start, segment.end];
}

Deno.test("segmentBytesFor() gives one connection everything, and several a fair share within bounds", () => {
  const table: [sizeBytes: number, parallel: number, expected: number][] = [
    [10_000_000_000, 1, Number.MAX_SAFE_INTEGER],
    [0, 4, MIN_SEGMENT_BYTES],
    [1_000, 4, MIN_SEGMENT_BYTES],
    [32 * 1_048_576, 4, 2 * 1_048_576],
    [10_000_000_000, 4, MAX_SEGMENT_BYTES],
  ];
  for (const [sizeBytes, parallel, expected] of table) assertEquals(segmentBytesFor(sizeBytes, parallel), expected);
});

Deno.test("pieceBytesFor() shares 8 MiB among the connections, within bounds", () => {
  const table: [parallel: number, expected: number][] = [
    [1, 2_097_152],
    [2, 2_097_152],
    [3, 1_398_101],
    [4, 1_048_576],
    [32, 131_072],
    [64, 131_072],
  ];
  for (const [parallel, expected] of table) assertEquals(pieceBytesFor(parallel), expected);
});

Deno.test("SegmentPlan.claimFirst() and claimLast() meet in the middle", () => {
  const plan = new SegmentPlan({ sizeBytes: 25, segmentBytes: 10 });
  assertEquals(bounds(plan.claimFirst(0)), [0, 10]);
  assertEquals(bounds(plan.claimLast(0)), [15, 25]);
  assertEquals(bounds(plan.claimLast(0)), [10, 15]);
  assertEquals(plan.claimFirst(0), undefined);
  assertEquals(plan.claimLast(0), undefined);
  assertEquals(plan.active, 3);
});

Deno.test("SegmentPlan hands out only what is not there", () => {
  const have = new ByteRanges([{ start: 0, end: 5 }, { start: 8, end: 20 }]);
  const plan = new SegmentPlan({ sizeBytes: 25, segmentBytes: 10, have });
  assertEquals(bounds(plan.claimFirst(0)), [5, 8]);
  assertEquals(bounds(plan.claimFirst(0)), [20, 25]);
});

Deno.test("SegmentPlan.release() hands out again what had not arrived", () => {
  const plan = new SegmentPlan({ sizeBytes: 10, segmentBytes: 100 });
  const segment = plan.claimFirst(0)!;
  plan.arrived(segment, 4, 1);
  plan.release(segment);
  plan.release(segment);
  assertEquals(bounds(plan.claimFirst(2)), [4, 10]);
  plan.arrived(segment, 1, 3);
  assertEquals(plan.have.totalBytes, 4, "who gave a segment back adds nothing any more");
});

Deno.test("SegmentPlan.extend() goes on until it meets others", () => {
  const plan = new SegmentPlan({ sizeBytes: 40, segmentBytes: 10 });
  const front = plan.claimFirst(0)!;
  assertEquals(bounds(plan.claimLast(0)), [30, 40]);
  assert(plan.extend(front));
  assertEquals(bounds(front), [0, 20]);
  assertEquals(bounds(plan.claimLast(0)), [20, 30]);
  assert(!plan.extend(front));
});

Deno.test("SegmentPlan is complete when every byte has arrived, at once if there are none", () => {
  assert(new SegmentPlan({ sizeBytes: 0, segmentBytes: 10 }).complete);
  const plan = new SegmentPlan({ sizeBytes: 10, segmentBytes: 10 });
  const segment = plan.claimFirst(0)!;
  plan.arrived(segment, 9, 1);
  assert(!plan.complete && plan.needs(segment));
  plan.arrived(segment, 1, 1);
  assert(plan.complete && !plan.needs(segment));
});

Deno.test("SegmentPlan.claimTwin() takes over a stalled segment once", () => {
  const plan = new SegmentPlan({ sizeBytes: 10_000, segmentBytes: 10_000 });
  const slow = plan.claimFirst(0)!;
  plan.arrived(slow, 5_000, 100);
  assertEquals(plan.claimTwin(50, 200), undefined, "it is fast enough");
  assertEquals(plan.claimTwin(50, 1_900), undefined, "a short pause is no stall");
  const twin = plan.claimTwin(50, 2_200)!;
  assertEquals(bounds(twin), [5_000, 10_000]);
  assertEquals(plan.claimTwin(50, 9_000), undefined, "two are enough");
  plan.arrived(twin, 5_000, 2_300);
  assert(plan.complete && !plan.needs(slow));
});

Deno.test("SegmentPlan.claimTwin() may take over again once a twin has failed", () => {
  const plan = new SegmentPlan({ sizeBytes: 10_000, segmentBytes: 10_000 });
  const stalled = plan.claimFirst(0)!;
  const twin = plan.claimTwin(50, 5_000)!;
  plan.release(twin);
  assertEquals(bounds(plan.claimTwin(50, 5_000)), bounds(stalled));
});

Deno.test("SegmentPlan.claimTwin() takes over from the slowest, if that is much slower than who asks", () => {
  const plan = new SegmentPlan({ sizeBytes: 200_000, segmentBytes: 100_000 });
  const slow = plan.claimFirst(0)!;
  const slower = plan.claimFirst(0)!;
  for (let nowMs = 1_000; nowMs <= 10_000; nowMs += 1_000) {
    plan.arrived(slow, 1_000, nowMs);
    plan.arrived(slower, 500, nowMs);
  }
  assertEquals(plan.claimTwin(1, 10_000), undefined, "who asks is no faster");
  assertEquals(bounds(plan.claimTwin(100, 10_000)), [105_000, 200_000]);
  assertEquals(bounds(plan.claimTwin(100, 10_000)), [10_000, 100_000]);
});

type Step = { readonly kind: "first" | "last" | "twin" | "arrive" | "fail" | "extend"; readonly pick: number };

Deno.test("SegmentPlan covers every byte, whoever fails, and hands none out twice but to twins", () => {
  const kinds = fc.constantFrom<Step["kind"]>("first", "last", "twin", "arrive", "arrive", "arrive", "fail", "extend");
  const steps = fc.array(fc.record({ kind: kinds, pick: fc.nat(1_000) }), { maxLength: 200 });
  fc.assert(fc.property(fc.nat(60), fc.integer({ min: 1, max: 20 }), steps, (sizeBytes, segmentBytes, script) => {
    const plan = new SegmentPlan({ sizeBytes, segmentBytes });
    const active = new Map<Segment, boolean>();
    let nowMs = 0;
    const take = (segment: Segment | undefined, isTwin: boolean): void => {
      if (segment === undefined) return;
      assert(segment.start < segment.end && segment.end <= sizeBytes, "a segment lies within the file");
      for (const [other, otherIsTwin] of active) {
        const apart = other.end <= segment.start || segment.end <= other.next;
        assert(isTwin || otherIsTwin || apart, "nobody else fetches these bytes");
      }
      active.set(segment, isTwin);
    };
    const step = ({ kind, pick }: Step): void => {
      nowMs += pick * 10;
      const one = [...active.keys()][pick % Math.max(1, active.size)];
      if (kind === "first") take(plan.claimFirst(nowMs), false);
      else if (kind === "last") take(plan.claimLast(nowMs), false);
      else if (kind === "twin") take(plan.claimTwin(1, nowMs), true);
      else if (one === undefined) return;
      else if (kind === "extend") plan.extend(one);
      else if (kind === "arrive") plan.arrived(one, Math.min(one.end - one.next, 1 + pick % 7), nowMs);
      else {
        plan.release(one);
        active.delete(one);
      }
    };
    script.forEach(step);
    for (const segment of active.keys()) plan.release(segment);
    for (let segment = plan.claimFirst(nowMs); segment !== undefined; segment = plan.claimFirst(nowMs)) {
      assert(plan.needs(segment));
      plan.arrived(segment, segment.end - segment.next, nowMs);
      plan.release(segment);
    }
    assert(plan.complete && plan.have.totalBytes === sizeBytes && plan.active === 0);
  }));
});
