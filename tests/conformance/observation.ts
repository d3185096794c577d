/**
 * What somebody under test says of itself.
 *
 * @module
 */

import { unreachable } from "../../src/base/invariant.ts";
import { parseRaw, renderRaw } from "./raw_text.ts";
import type { Player } from "./stage.ts";
import type { Step } from "./transcript.ts";

/** What was seen. */
export interface Observation {
  /** Whether it is as it should be. */
  readonly holds: boolean;
  /** How it is. */
  readonly instead: string;
}

/** Looks at somebody; undefined if it cannot tell. */
export async function observe(
  step: Extract<Step, { kind: "is" | "went" | "saved" }>,
  player: Player | undefined,
): Promise<Observation | undefined> {
  switch (step.kind) {
    case "is": {
      const state = player?.state?.();
      return state === undefined ? undefined : { holds: state === step.state, instead: `${step.actor} is ${state}` };
    }
    case "went": {
      const history = player?.history?.().join(" -> ");
      if (history === undefined) return undefined;
      const holds = ` ${history} `.includes(` ${step.states.join(" -> ")} `);
      return { holds, instead: `${step.actor} went ${history}` };
    }
    case "saved": {
      if (player?.saved === undefined) return undefined;
      const bytes = await player.saved();
      const holds = bytes !== undefined && renderRaw(bytes) === renderRaw(parseRaw(step.text));
      return { holds, instead: `client saved ${bytes === undefined ? "nothing" : renderRaw(bytes)}` };
    }
    default:
      return unreachable(step);
  }
}
