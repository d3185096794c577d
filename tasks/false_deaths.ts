/**
 * Measures how often a monitor declares a server dead that lives, at 1, 5 and 10 % of datagrams lost.
 *
 * @example
 * ```sh
 * deno task false-deaths              # some minutes on two cores
 * deno task false-deaths --years 0.1  # a shorter look
 * ```
 *
 * @module
 */

import { parseArgs } from "@std/cli";
import { countFalseDeaths, expectedFalseDeaths } from "../tests/simulation/false_deaths.ts";

const LOSS_RATES = [0.01, 0.05, 0.1] as const;
/** Where silence alone decides there are so many that a short time is enough. */
const SILENT_SHARE = 0.02;

/** Measures one cell of the table in this process, and prints the count. */
async function measureHere(lossRate: number, serverYears: number, answers: boolean): Promise<void> {
  console.log(String(await countFalseDeaths({ lossRate, answers, serverYears, seed: Math.round(lossRate * 100) })));
}

/** Measures one cell in a process of its own. */
async function measure(lossRate: number, serverYears: number, answers: boolean): Promise<number> {
  const args = ["--loss", String(lossRate), "--years", String(serverYears), ...answers ? ["--answers"] : []];
  const { success, stdout, stderr } = await new Deno.Command(Deno.execPath(), {
    args: ["task", "--quiet", "false-deaths", "--worker", ...args],
    stdin: "null",
  }).output();
  if (!success) throw new Error(`Cannot measure: ${new TextDecoder().decode(stderr)}`);
  return Number(new TextDecoder().decode(stdout).trim());
}

async function measureAll(years: number): Promise<void> {
  console.log("| datagrams lost | decided by | server-years | false deaths | a server-year | expected |");
  console.log("| --- | --- | --- | --- | --- | --- |");
  for (const lossRate of LOSS_RATES) {
    const shares = [years * SILENT_SHARE, years] as const;
    const [silent, asked] = await Promise.all([
      measure(lossRate, shares[0], false),
      measure(lossRate, shares[1], true),
    ]);
    const share = `${lossRate * 100} %`;
    const [perYear, expected] = [(silent / shares[0]).toFixed(0), expectedFalseDeaths(lossRate).toFixed(0)];
    console.log(`| ${share} | silence | ${shares[0]} | ${silent} | ${perYear} | ${expected} |`);
    console.log(`| ${share} | silence, then a question | ${years} | ${asked} | ${(asked / years).toFixed(2)} | |`);
  }
}

if (import.meta.main) {
  const { years, loss, answers, worker } = parseArgs(Deno.args, {
    string: ["years", "loss"],
    boolean: ["answers", "worker"],
    default: { years: "2" },
  });
  if (worker) await measureHere(Number(loss), Number(years), answers);
  else await measureAll(Number(years));
}
