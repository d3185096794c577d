/**
 * Micro-CDN as a library: start its roles inside a program of your own, or download through it.
 *
 * It is the same on Deno, Node and Bun. On Deno import it from `mod.ts`, on Node and Bun from the package that
 * `deno task bundle` makes: `import { startIndex } from "microcdn"`.
 *
 * @example An index inside another program
 * ```ts
 * import { startIndex, systemEnv } from "./mod.ts";
 *
 * const index = await startIndex(systemEnv(), {
 *   listen: { host: "127.0.0.1", port: 0 },
 *   monitor: { host: "127.0.0.1", port: 6001 },
 * });
 * console.log(`The index is ${index.state} at port ${index.addresses.tcp?.port}`);
 * await index.stop();
 * ```
 *
 * @example An index, a monitor, a content server and a download in one program
 * ```ts
 * import { createLog, getFile, startContent, startIndex, startMonitor, systemClock, systemEnv } from "./mod.ts";
 *
 * const env = systemEnv({ log: createLog({ clock: systemClock(), sink: () => {} }) });
 * const any = { host: "127.0.0.1", port: 0 };
 * const index = await startIndex(env, { listen: any });
 * const monitor = await startMonitor(env, { packets: any, control: any, index: index.addresses.tcp! });
 * const content = await startContent(env, {
 *   serverId: "CS1",
 *   folder: "content/cs1",
 *   listen: any,
 *   udpPort: 0,
 *   index: index.addresses.tcp!,
 *   monitor: monitor.addresses.udp!,
 * });
 * let text = "";
 * const { isVerified } = await getFile(env, {
 *   name: "hello.txt",
 *   direct: content.addresses.tcp!,
 *   to: { kind: "writer", write: async (bytes) => void (text += new TextDecoder().decode(bytes)) },
 * });
 * for (const role of [content, monitor, index]) await role.stop();
 * if (!isVerified || !text.startsWith("Hello")) throw new Error(`unexpected: ${text}`);
 * ```
 *
 * @module
 */

export type { AbortOptions } from "./src/base/abort.ts";
export { type Address, formatAddress, parseAddress } from "./src/base/address.ts";
export { type Clock, systemClock } from "./src/base/clock.ts";
export { type Random, seededRandom, systemRandom } from "./src/base/random.ts";
export { VirtualClock, type VirtualClockOptions } from "./src/base/virtual_clock.ts";
export type { ClientState, ContentState, IndexState, MonitorState } from "./src/core/cdn_lifecycles.ts";
export { type BufferDigest, DigestError, type Digests, inlineDigests } from "./src/env/digests.ts";
export type { Env } from "./src/env/env.ts";
export * from "./src/env/files.ts";
export type { Host } from "./src/env/host.ts";
export * from "./src/env/log.ts";
export { type Counter, type Labels, Metrics } from "./src/env/metrics.ts";
export * from "./src/env/processes.ts";
export { systemEnv, type SystemEnvOptions } from "./src/env/runtime.ts";
export * from "./src/net/http.ts";
export { MemoryNetwork, type MemoryNetworkOptions } from "./src/net/memory.ts";
export * from "./src/net/net.ts";
export { NetError, type NetErrorCode } from "./src/net/net_error.ts";
export type { ServerStatus } from "./src/protocol/cdn.ts";
export * from "./src/protocol/http.ts";
export * from "./src/roles/cdn/client.ts";
export { type ContentOptions, type ContentRole, type ContentWorkers, startContent } from "./src/roles/cdn/content.ts";
export { type ContentWorkerOptions, runContentWorker } from "./src/roles/cdn/content_worker.ts";
export { type IndexOptions, type IndexRole, startIndex } from "./src/roles/cdn/index.ts";
export { type MonitorOptions, type MonitorRole, startMonitor } from "./src/roles/cdn/monitor.ts";
export type { Role, RoleOptions } from "./src/services/role.ts";
export type { WorkerChannel } from "./src/services/worker_duty.ts";
export type { WorkerStart } from "./src/services/worker_process.ts";
