/**
 * Units of bytes: powers of two for sizes, powers of ten for rates.
 *
 * @module
 */

/** 2^10 bytes. */
export const KIB = 1_024;
/** 2^20 bytes. */
export const MIB = 1_048_576;
/** 2^30 bytes. */
export const GIB = 1_073_741_824;
/** 10^6 bytes. */
export const MB = 1_000_000;
/** 10^9 bytes. */
export const GB = 1_000_000_000;
