import { assertEquals, assertRejects } from "@std/assert";
import { VirtualClock } from "../base/virtual_clock.ts";
import { Metrics } from "../env/metrics.ts";
import { ProtocolError } from "../protocol/protocol_error.ts";
import { WorkerDuty } from "./worker_duty.ts";

/** A worker's duty with somebody who orders and listens. */
class DutyLab {
  readonly clock = new VirtualClock();
  readonly metrics = new Metrics();
  readonly said: string[] = [];
  readonly duty: WorkerDuty;
  looks = 0;
  looked: () => void = () => {};
  isRead = true;
  #controller!: ReadableStreamDefaultController<Uint8Array>;

  constructor() {
    const input = new ReadableStream<Uint8Array>({ start: (controller) => void (this.#controller = controller) });
    const write = (bytes: Uint8Array): Promise<void> => {
      if (!this.isRead) return Promise.reject(new Error("nobody reads"));
      this.said.push(...new TextDecoder().decode(bytes).split("\n").slice(0, -1));
      return Promise.resolve();
    };
    const look = (): Promise<void> => {
      this.looks++;
      return new Promise((resolve) => this.looked = resolve);
    };
    this.duty = new WorkerDuty({ channel: { input, write }, clock: this.clock, metrics: this.metrics, look });
  }

  async order(text: string): Promise<void> {
    this.#controller.enqueue(new TextEncoder().encode(text));
    await this.clock.advance(0);
  }

  endInput(): void {
    this.#controller.close();
  }
}

Deno.test("WorkerDuty.run() says that it serves, and reports what is counted in whole numbers", async () => {
  const lab = new DutyLab();
  const running = lab.duty.run();
  await lab.clock.advance(0);
  assertEquals(lab.said.splice(0), ["READY"]);
  lab.metrics.counter("sent_total", "Sent.", { to: "a b" }).add(12);
  lab.metrics.gauge("ratio", "Ratio.", () => 1.6);
  lab.metrics.gauge("never", "Never.", () => NaN);
  lab.metrics.gauge("below", "Below.", () => -1);
  await lab.order("REPORT\n");
  assertEquals(lab.said.splice(0), ['COUNTER 12 sent_total{to="a b"}', "GAUGE 2 ratio", "REPORTED"]);
  await lab.order("STOP\n");
  assertEquals(await running, "stop");
  assertEquals([lab.said, lab.clock.pending], [[], 0]);
});

Deno.test("WorkerDuty.run() looks when it is told to, and reports meanwhile", async () => {
  const lab = new DutyLab();
  const running = lab.duty.run();
  await lab.order("LOOK 4\nREPORT\n");
  assertEquals([lab.said.splice(0), lab.looks], [["READY", "REPORTED"], 1]);
  lab.looked();
  await lab.clock.advance(0);
  assertEquals(lab.said, ["LOOKED 4"]);
  await lab.order("STOP\n");
  assertEquals(await running, "stop");
});

Deno.test("WorkerDuty.run() ends when whoever gave orders is gone, or gives none any more", async () => {
  const gone = new DutyLab();
  const orphaned = gone.duty.run();
  await gone.order("REPORT\nREP");
  gone.isRead = false;
  await gone.order("ORT\n");
  gone.endInput();
  assertEquals([await orphaned, gone.clock.pending], ["orphaned", 0]);

  const quiet = new DutyLab();
  let ending: string | undefined;
  const running = quiet.duty.run().then((how) => ending = how);
  await quiet.clock.advance(14_000);
  await quiet.order("REPORT\n");
  await quiet.clock.advance(15_500);
  assertEquals(ending, undefined);
  await quiet.clock.advance(2_000);
  await running;
  assertEquals([ending, quiet.clock.pending], ["orphaned", 0]);
});

Deno.test("WorkerDuty.run() refuses what is no order", async () => {
  const lab = new DutyLab();
  const running = assertRejects(() => lab.duty.run(), ProtocolError, "expected LOOK, REPORT or STOP");
  await lab.order("GET hello.txt\n");
  await running;
  assertEquals(lab.clock.pending, 0);
});
