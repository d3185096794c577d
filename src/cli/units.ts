/**
 * Sizes, rates and durations as people read and write them. A kilobyte has 1,024 bytes, as with curl.
 *
 * @module
 */

const STEPS = ["KiB", "MiB", "GiB", "TiB", "PiB"] as const;
const FACTORS: Readonly<Record<string, number>> = { "": 1, k: 1024, m: 1024 ** 2, g: 1024 ** 3 };

/** Writes a size in at most eight columns: `42 B`, `1.5 KiB`, `977 MiB`. */
export function formatBytes(bytes: number): string {
  if (bytes < 1000) return `${Math.round(bytes)} B`;
  let amount = bytes / 1024;
  let step = 0;
  // 999.5 would be written as 1000, which is a column too many.
  while (amount >= 999.5 && step < STEPS.length - 1) {
    amount /= 1024;
    step++;
  }
  return `${amount < 9.95 ? amount.toFixed(1) : Math.round(amount)} ${STEPS[step]}`;
}

/** Writes a duration: `0:07`, `12:30`, `1:02:03`; `-:--` if it is not known or longer than four days. */
export function formatDuration(durationMs: number): string {
  const seconds = Math.ceil(durationMs / 1000);
  if (!(seconds >= 0 && seconds < 360_000)) return "-:--";
  const [h, m, s] = [Math.floor(seconds / 3600), Math.floor(seconds / 60) % 60, seconds % 60];
  const two = (count: number): string => String(count).padStart(2, "0");
  return h > 0 ? `${h}:${two(m)}:${two(s)}` : `${m}:${two(s)}`;
}

/** Reads bytes a second: digits, a fraction if need be, and `k`, `M` or `G`; `undefined` if it is none above 0. */
export function parseRate(text: string): number | undefined {
  const [, digits, unit = ""] = text.match(/^(\d+(?:\.\d+)?)([kmg]?)$/i) ?? [];
  if (digits === undefined) return undefined;
  const bytesPerSecond = Number(digits) * FACTORS[unit.toLowerCase()]!;
  return bytesPerSecond > 0 && Number.isFinite(bytesPerSecond) ? bytesPerSecond : undefined;
}
