import { assertEquals } from "@std/assert";
import { INDEX_LIFECYCLE } from "../core/cdn_lifecycles.ts";
import { Lifecycle } from "../core/lifecycle.ts";
import { createLog } from "../env/log.ts";
import { Metrics } from "../env/metrics.ts";
import { VirtualClock } from "../base/virtual_clock.ts";
import { observeStates } from "./state_log.ts";

Deno.test("observeStates() counts each change, and logs it if there is a log", () => {
  const metrics = new Metrics();
  const events: string[] = [];
  const log = createLog({
    clock: new VirtualClock(),
    level: "debug",
    sink: ({ event, fields }) => void events.push(`${event} ${fields.from} ${fields.to}`),
  });
  for (const options of [{ metrics, log }, { metrics }]) {
    const lifecycle = new Lifecycle(INDEX_LIFECYCLE, observeStates(options));
    lifecycle.become("RUNNING");
    lifecycle.become("UPDATING");
    lifecycle.become("RUNNING");
  }
  assertEquals(events, ["state INIT RUNNING", "state RUNNING UPDATING", "state UPDATING RUNNING"]);
  assertEquals(metrics.values(), {
    'microcdn_state_changes_total{from="INIT",to="RUNNING"}': 2,
    'microcdn_state_changes_total{from="RUNNING",to="UPDATING"}': 2,
    'microcdn_state_changes_total{from="UPDATING",to="RUNNING"}': 2,
  });
});
