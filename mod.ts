/**
 * Micro-CDN as a library: the outside world that roles are given, real or virtual.
 *
 * @module
 */

export * from "./src/base/abort.ts";
export * from "./src/base/address.ts";
export * from "./src/base/clock.ts";
export * from "./src/base/deadline.ts";
export * from "./src/base/random.ts";
export * from "./src/base/virtual_clock.ts";
export * from "./src/env/env.ts";
export * from "./src/env/files.ts";
export * from "./src/env/host.ts";
export * from "./src/env/log.ts";
export * from "./src/env/metrics.ts";
export * from "./src/env/processes.ts";
export * from "./src/net/http.ts";
export * from "./src/net/net.ts";
export * from "./src/net/net_error.ts";
export * from "./src/protocol/http.ts";
