/**
 * How large and how long everything is that the bench measures.
 *
 * @module
 */

import { GIB, MB, MIB } from "./byte_units.ts";

/** How large things are, and how often they are measured. */
export interface Sizes {
  /** How often most rows measure each contender. */
  readonly rounds: number;
  /** The same for rows whose rounds take many seconds. */
  readonly longRounds: number;
  /** How long a round of many small requests takes, in seconds. */
  readonly roundSeconds: number;
  /** The file that is hot. */
  readonly hotBytes: number;
  /** How often one reader takes it in a round. */
  readonly hotReads: number;
  /** How many readers take it at once. */
  readonly readers: number;
  /** The file that is cold. */
  readonly coldBytes: number;
  /** Small requests at once. */
  readonly atOnce: number;
  /** Files of the small and of the large catalogue. */
  readonly catalogues: readonly [few: number, many: number];
  /** Servers that have the large catalogue. */
  readonly catalogueServers: number;
  /** How often these servers register again, in milliseconds. */
  readonly renewMs: number;
  /** How long a round of lookups while they do takes, in seconds. */
  readonly renewSeconds: number;
  /** Connections that say nothing. */
  readonly idleConns: number;
  /** Readers of the file that does not fit into anybody's cache, and its length. */
  readonly crowd: { readonly readers: number; readonly bytes: number };
  /** What the client downloads. */
  readonly downloadBytes: number;
  /** What it downloads from holders behind a limit, and the limit of each, in bytes a second. */
  readonly limited: { readonly bytes: number; readonly bytesPerSecond: number };
  /** How long servers are watched while nobody asks, in seconds: what runs by itself comes round every 3 s. */
  readonly quietSeconds: number;
  /** Content servers in the table of growth. */
  readonly serverCounts: readonly number[];
  /** Files in the table of growth. */
  readonly fileCounts: readonly number[];
  /** Files of one content server in the table of growth. */
  readonly folderFiles: readonly number[];
  /** Connections in the table of growth. */
  readonly connCounts: readonly number[];
}

/** Everything. */
export const FULL_SIZES: Sizes = {
  rounds: 7,
  longRounds: 3,
  roundSeconds: 1,
  hotBytes: 256 * MIB,
  hotReads: 4,
  readers: 32,
  coldBytes: 3 * GIB,
  atOnce: 32,
  catalogues: [10, 1_000_000],
  catalogueServers: 100,
  renewMs: 15_000,
  renewSeconds: 5,
  idleConns: 2_000,
  crowd: { readers: 64, bytes: GIB },
  downloadBytes: GIB,
  limited: { bytes: 512 * MIB, bytesPerSecond: 100 * MB },
  quietSeconds: 6,
  serverCounts: [10, 100, 1_000],
  fileCounts: [10, 1_000, 100_000, 1_000_000],
  folderFiles: [1_000, 10_000, 100_000],
  connCounts: [1, 10, 100, 1_000, 5_000],
};

/** For everyday use: as large, so that ratios can be compared with those that were kept, but less often. */
export const QUICK_SIZES: Sizes = { ...FULL_SIZES, rounds: 3, longRounds: 1, roundSeconds: 0.5 };

/** For tests: so small that the numbers mean nothing. */
export const TINY_SIZES: Sizes = {
  rounds: 2,
  longRounds: 1,
  roundSeconds: 0.02,
  hotBytes: MIB,
  hotReads: 2,
  readers: 4,
  coldBytes: MIB,
  atOnce: 4,
  catalogues: [10, 100],
  catalogueServers: 2,
  renewMs: 50,
  renewSeconds: 0.1,
  idleConns: 20,
  crowd: { readers: 4, bytes: MIB },
  downloadBytes: 4 * MIB,
  limited: { bytes: 8 * MIB, bytesPerSecond: 100 * MB },
  quietSeconds: 0.1,
  serverCounts: [1, 2],
  fileCounts: [10, 100],
  folderFiles: [10, 20],
  connCounts: [1, 10],
};
