/**
 * What an HTTP server on sockets promises, as a list of cases that needs no test runner.
 *
 * @module
 */

import { systemClock } from "../src/base/clock.ts";
import { withDeadline } from "../src/base/deadline.ts";
import { ANSWER_CASES } from "./http_answer_cases.ts";
import { HttpBench, type HttpCase } from "./http_bench.ts";
import { LIMIT_CASES } from "./http_limit_cases.ts";
import { REQUEST_CASES } from "./http_request_cases.ts";

/** Everything that a server promises. */
export const HTTP_CASES: readonly HttpCase[] = [...REQUEST_CASES, ...ANSWER_CASES, ...LIMIT_CASES];

/** Runs one case, and closes what it opened. */
export async function runHttpCase({ name, run }: HttpCase): Promise<void> {
  const bench = new HttpBench();
  try {
    await withDeadline(systemClock(), { deadlineMs: 60_000, what: name }, () => run(bench));
  } finally {
    await bench[Symbol.asyncDispose]();
  }
}
