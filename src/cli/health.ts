/**
 * `microcdn health`: is a role well?
 *
 * @module
 */

import { type Address, formatAddress, parseAddress } from "../base/address.ts";
import { DeadlineError } from "../base/deadline.ts";
import { escapeControls } from "../env/escape_controls.ts";
import { NetError } from "../net/net_error.ts";
import type { Health } from "../protocol/health.ts";
import { ProtocolError } from "../protocol/protocol_error.ts";
import { type Command, defineCommand } from "./command.ts";
import { EXIT } from "./exit_codes.ts";
import { CommandError } from "./failure.ts";
import { seconds, toggle } from "./flag.ts";
import { untilStopped } from "./running.ts";
import { UsageError } from "./usage_error.ts";

/** What came of asking: what the role says, or why it says nothing. */
type Finding = Health | { readonly status: "unreachable"; readonly reason: string };

/** Asks a role's management port, in one line: for people, service managers and containers. */
export const HEALTH_COMMAND: Command = defineCommand({
  name: "health",
  kind: "client",
  summary: "Says whether a role is well: asks /health at the address that its --admin names",
  notes: ["Exit code 0: healthy, 1: it runs and does not work as it should, 3: it cannot be asked."],
  operands: { placeholder: "HOST:PORT", min: 1, max: 1 },
  flags: {
    deadlineMs: seconds({ name: "timeout", initialMs: 5_000, help: "How long the answer may take" }),
    asJson: toggle({ name: "json", help: "Answer in JSON" }),
  },
  async run(context, { deadlineMs, asJson }, [operand = ""]): Promise<number> {
    const at = readPlace(operand);
    return await untilStopped(context, { supervised: false }, async (signal) => {
      const { askHealth } = await import("../services/ask_health.ts");
      const finding = await askHealth(context.env, at, { deadlineMs, signal }).catch(explain);
      const shown = formatAddress(at);
      if (!asJson && finding.status === "unreachable") {
        throw new CommandError(EXIT.network, `Cannot tell how ${shown} is: ${finding.reason}`);
      }
      const text = asJson ? JSON.stringify({ address: shown, ...finding }) : `${shown} ${renderFinding(finding)}`;
      await context.io.output.write(new TextEncoder().encode(`${escapeControls(text)}\n`));
      return EXIT_CODES[finding.status];
    });
  },
});

const EXIT_CODES: Readonly<Record<Finding["status"], number>> = {
  healthy: EXIT.done,
  failing: EXIT.failing,
  unreachable: EXIT.network,
};

function readPlace(text: string): Address {
  try {
    const at = parseAddress(text);
    if (at.port > 0) return at;
  } catch (error) {
    if (!(error instanceof RangeError)) throw error;
  }
  throw new UsageError(`health needs HOST:PORT, got "${escapeControls(text)}"`);
}

/** Turns a failure to ask into a finding; anything else is thrown on. */
function explain(error: unknown): Finding {
  const isOutside = error instanceof NetError || error instanceof DeadlineError || error instanceof ProtocolError;
  if (!isOutside) throw error;
  // Whom it was about is said before.
  return { status: "unreachable", reason: error.message.replace(/^Cannot .*?\d: /, "") };
}

function renderFinding(finding: Finding): string {
  return finding.status === "healthy" ? finding.status : `${finding.status}: ${finding.reason}`;
}
