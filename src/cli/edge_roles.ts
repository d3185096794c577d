/**
 * The roles of the `edge` family as commands.
 *
 * @module
 */

import { type Address, formatAddress, isLoopback, isWildcard, MAX_PORT } from "../base/address.ts";
import type { Place } from "../core/geography.ts";
import { escapeControls } from "../env/escape_controls.ts";
import { lateModule } from "../env/late_modules.ts";
import type { Role } from "../services/role.ts";
import { type Command, type CommandContext, defineCommand, type ServiceNeeds, type ServicePaths } from "./command.ts";
import {
  CACHE_FLAG,
  type CacheEngine,
  CATALOGUE_FLAG,
  type Engine,
  OBJECTS_FLAG,
  type ObjectsEngine,
  optionalMebibytes,
  renderEngine,
} from "./engine_flags.ts";
import { documentedAs, type Flag, mebibytes, optionalText, port, seconds, text, toggle } from "./flag.ts";
import type { FlagTable, FlagValues } from "./flags.ts";
import { degrees, service, services } from "./place_flags.ts";
import { ROLE_FLAGS } from "./role_flags.ts";
import { runRole } from "./running.ts";
import { UsageError } from "./usage_error.ts";

const LOOPBACK = "127.0.0.1";
const META: Address = { host: LOOPBACK, port: 8002 };
const STORE: Address = { host: LOOPBACK, port: 5050 };
/** Los Angeles: where the store is unless somebody says otherwise. */
const STORE_PLACE: Place = { lat: 34.05, lng: -118.44 };
/** Where data goes that outlives a role, below where it runs. */
const DATA = ".microcdn/edge";
/** The largest file that a store can be told to take, in MiB: a tebibyte. */
const MAX_FILE_MIB = 1_048_576;
/** How long answers under way may take at a stop. */
const DRAIN_MS = 10_000;
/** A day: how old what is served may be while neither meta server nor store can be reached. */
const STALE_MS = 86_400_000;

/** Who may change something from another machine. */
export const TOKEN_FLAG: Flag<string | undefined> = {
  ...optionalText({
    name: "token",
    placeholder: "TEXT",
    isSecret: true,
    help: "What changes from other machines need; better as MICROCDN_TOKEN",
  }),
  read(text): string {
    if (/^[!-~]{1,4096}$/.test(text)) return text;
    throw new UsageError("must be 1 to 4096 visible ASCII characters");
  },
};

/** Flags of every role. */
const EDGE_ROLE_FLAGS = {
  token: TOKEN_FLAG,
  insecure: toggle({ name: "insecure", help: "Let everybody who reaches it change everything, without a token" }),
  host: ROLE_FLAGS.host,
  admin: ROLE_FLAGS.admin,
  supervised: ROLE_FLAGS.supervised,
} as const satisfies FlagTable;

const META_FLAG = services({
  name: "meta",
  initial: [META],
  usualPort: META.port,
  documented: documentedAs("META_SERVER_URL"),
  help: "A meta server; again for another one",
});

const STORE_FLAG = service({
  name: "store",
  initial: STORE,
  documented: documentedAs("FSS_URL"),
  help: "The store",
});

const LIMIT_FLAG = mebibytes({
  name: "max-file-mb",
  initialMib: 1_024,
  maxMib: MAX_FILE_MIB,
  help: "The largest file that is taken",
});

/** The meta server. */
export const META_COMMAND: Command = defineCommand({
  name: "meta",
  kind: "role",
  summary: "Knows every file and every node, and who has what",
  flags: {
    port: port({ name: "port", initial: META.port, mayBeAny: true, help: "Where to listen; 0 takes any free port" }),
    catalogue: CATALOGUE_FLAG,
    store: STORE_FLAG,
    timeoutMs: seconds({ name: "timeout", initialMs: 8_000, help: "A node silent for longer is dead" }),
    lat: degrees({ name: "lat", initial: STORE_PLACE.lat, max: 90, help: "Where the store is: degrees north" }),
    lng: degrees({ name: "lng", initial: STORE_PLACE.lng, max: 180, help: "Degrees east; negative west" }),
    ...EDGE_ROLE_FLAGS,
  },
  service({ catalogue }, paths): ServiceNeeds {
    return dataNeeds({ flag: "catalogue", engine: catalogue, isDefault: false }, paths);
  },
  async run(context, values): Promise<number> {
    const { startMeta } = await lateModule<typeof import("../roles/edge/meta.ts")>("src/roles/edge/meta.ts");
    const { openCatalogue } = await import("./edge_engines.ts");
    const { lat, lng, store, timeoutMs } = values;
    const storePlace = { lat, lng };
    return await runEdgeRole(context, values, {
      open: (signal) => openCatalogue(context.env, values.catalogue, { signal }),
      start: (catalogue, options) => startMeta(context.env, { ...options, catalogue, store, storePlace, timeoutMs }),
    });
  },
});

/** The origin. */
export const ORIGIN_COMMAND: Command = defineCommand({
  name: "origin",
  kind: "role",
  summary: "Tells clients which node is best for them; keeps nothing",
  flags: {
    port: port({ name: "port", initial: 8001, mayBeAny: true, help: "Where to listen; 0 takes any free port" }),
    meta: META_FLAG,
    store: STORE_FLAG,
    ...EDGE_ROLE_FLAGS,
  },
  service: () => ({ folders: [], fixed: {}, startsProcesses: false, drainMs: DRAIN_MS }),
  async run(context, values): Promise<number> {
    const { startOrigin } = await lateModule<typeof import("../roles/edge/origin.ts")>("src/roles/edge/origin.ts");
    const { meta, store } = values;
    return await runEdgeRole(context, values, {
      open: () => Promise.resolve(NO_ENGINE),
      start: (_, options) => startOrigin(context.env, { ...options, meta, store }),
    });
  },
});

/** The store. */
export const STORE_COMMAND: Command = defineCommand({
  name: "store",
  kind: "role",
  summary: "Keeps every file, and publishes what changes",
  notes: ["The keys of an S3 store are variables: MINIO_ACCESS_KEY and MINIO_SECRET_KEY, or those of AWS."],
  flags: {
    port: port({ name: "port", initial: STORE.port, mayBeAny: true, help: "Where to listen; 0 takes any free port" }),
    objects: OBJECTS_FLAG,
    meta: META_FLAG,
    limitBytes: LIMIT_FLAG,
    ...EDGE_ROLE_FLAGS,
  },
  service({ objects = DEFAULT_OBJECTS }, paths): ServiceNeeds {
    return dataNeeds({ flag: "objects", engine: objects, isDefault: objects === DEFAULT_OBJECTS }, paths);
  },
  async run(context, values): Promise<number> {
    const { startStore } = await lateModule<typeof import("../roles/edge/store.ts")>("src/roles/edge/store.ts");
    const { openObjects } = await import("./edge_engines.ts");
    const { meta, limitBytes, objects = DEFAULT_OBJECTS } = values;
    return await runEdgeRole(context, values, {
      open: () => openObjects(context.env, objects),
      start: (engine, options) => startStore(context.env, { ...options, objects: engine, meta, limitBytes }),
    });
  },
});

/** An edge node. */
export const NODE_COMMAND: Command = defineCommand({
  name: "node",
  kind: "role",
  summary: "Serves files near clients: what it has not, it gets from the store",
  flags: {
    port: port({ name: "port", initial: 4000, mayBeAny: true, help: "Where to listen; 0 takes any free port" }),
    lat: degrees({
      name: "lat",
      initial: 37.7749,
      max: 90,
      documented: documentedAs("CDN_LAT"),
      help: "Where it is: degrees north",
    }),
    lng: degrees({
      name: "lng",
      initial: -122.4194,
      max: 180,
      documented: documentedAs("CDN_LNG"),
      help: "Degrees east; negative west",
    }),
    label: text({
      name: "name",
      placeholder: "NAME",
      initial: "",
      shown: "none",
      form: /^[!-~]{1,64}$/,
      expected: "1 to 64 visible ASCII characters",
      documented: documentedAs("CDN_ID"),
      help: "What it is called in its log",
    }),
    advertise: optionalText({ name: "advertise", placeholder: "HOST[:PORT]", help: "Where clients are to reach it" }),
    meta: META_FLAG,
    store: STORE_FLAG,
    memoryBytes: mebibytes({
      name: "memory-mb",
      initialMib: 10,
      maxMib: MAX_FILE_MIB,
      help: "Memory for files in demand; 0 keeps none",
    }),
    cache: CACHE_FLAG,
    cacheBytes: optionalMebibytes({
      name: "cache-mb",
      shown: "10240 for disk, 512 for redis",
      help: "The most of that",
    }),
    limitBytes: LIMIT_FLAG,
    staleMs: seconds({
      name: "stale",
      initialMs: STALE_MS,
      mayBeZero: true,
      help: "How old copies may get while the store is away",
    }),
    ...EDGE_ROLE_FLAGS,
  },
  service({ cache, port, label }, paths): ServiceNeeds {
    const engine = cache ?? defaultCache(port);
    const needs = dataNeeds({ flag: "cache", engine, isDefault: cache === undefined }, paths);
    return { ...needs, label: label || String(port) };
  },
  async run(context, values): Promise<number> {
    const { startNode } = await lateModule<typeof import("../roles/edge/node.ts")>("src/roles/edge/node.ts");
    const { openCache } = await import("./edge_engines.ts");
    const { host, port, lat, lng, label, meta, store, memoryBytes, cacheBytes, limitBytes, staleMs } = values;
    const advertise = readAdvertised(values.advertise, port);
    if (advertise === undefined && isWildcard(host)) {
      throw new UsageError(`--host ${host} is no place to send clients to: --advertise says how they reach the node`);
    }
    const cache = values.cache ?? defaultCache(port);
    const env = label === "" ? context.env : { ...context.env, log: context.env.log.from(`node ${label}`) };
    return await runEdgeRole({ ...context, env }, values, {
      open: () =>
        openCache(env, cache, { memoryBytes, maxBytes: cacheBytes, at: advertise ?? formatAddress({ host, port }) }),
      start(engine, options): Promise<Role> {
        const place = { lat, lng };
        return startNode(env, {
          ...options,
          place,
          advertise,
          meta,
          store: [store],
          cache: engine,
          limitBytes,
          staleMs,
        });
      },
    });
  },
});

/** What a role keeps its things in, once it is open. */
interface OpenEngine {
  close(): Promise<void>;
}

const NO_ENGINE: OpenEngine = { close: () => Promise.resolve() };

/** How a role comes to run: its engine is opened first; the role closes it in the end. */
interface Start<E extends OpenEngine> {
  readonly open: (signal: AbortSignal) => Promise<E>;
  readonly start: (engine: E, options: StartOptions) => Promise<Role>;
}

/** What every role of the family is told. */
interface StartOptions {
  readonly listen: Address;
  readonly admin: Address | undefined;
  readonly token: string | undefined;
  readonly insecure: boolean;
}

async function runEdgeRole<E extends OpenEngine>(
  context: CommandContext,
  values: FlagValues<typeof EDGE_ROLE_FLAGS> & { readonly port: number },
  { open, start }: Start<E>,
): Promise<number> {
  const { host, port, token, insecure, admin, supervised } = values;
  if (!isLoopback(host) && token === undefined && !insecure) {
    const reason = `--host ${host} opens it to others, who could change everything`;
    throw new UsageError(`${reason}: give it a token (MICROCDN_TOKEN, or --token), or say --insecure`);
  }
  const listen = { host, port };
  const options = { listen, admin, token, insecure };
  return await runRole(context, { supervised, listens: { "--port": listen, "--admin": admin } }, async (signal) => {
    const engine = await open(signal);
    try {
      return await start(engine, options);
    } catch (error) {
      await engine.close();
      throw error;
    }
  });
}

const DEFAULT_OBJECTS: ObjectsEngine = { kind: "file", path: `${DATA}/objects` };

function defaultCache(port: number): CacheEngine {
  return { kind: "disk", path: `${DATA}/cache-${port}` };
}

interface DataOptions {
  /** The flag that names the engine. */
  readonly flag: string;
  readonly engine: Engine;
  /** Whether it is there because nothing was said of it. */
  readonly isDefault: boolean;
}

/** What a role needs as a service that keeps things in an engine: a folder of its own, or the one that was named. */
function dataNeeds({ flag, engine, isDefault }: DataOptions, { fromUser }: ServicePaths): ServiceNeeds {
  const common = { folders: [], startsProcesses: false, drainMs: DRAIN_MS };
  if (engine.kind === "s3") return { ...common, secrets: ["MINIO_ACCESS_KEY", "MINIO_SECRET_KEY"], fixed: {} };
  if (!("path" in engine)) return { ...common, fixed: {} };
  if (isDefault) return { ...common, hasState: true, fixed: { [flag]: renderEngine(engine, (path) => path) } };
  const path = fromUser(engine.path);
  // SQLite keeps files beside its own.
  const folder = engine.kind === "sqlite" ? path.replace(/[/\\][^/\\]*$/, "") || "/" : path;
  return { ...common, writes: [folder], fixed: { [flag]: renderEngine(engine, () => path) } };
}

/** Reads where clients are to reach a node: `HOST:PORT`, the port being that where it listens unless said. */
function readAdvertised(text: string | undefined, port: number): string | undefined {
  if (text === undefined) return undefined;
  const [, host = "", digits] = text.match(/^(\[[^\]]+\]|[^:\s[\]/?#@]+)(?::(\d{1,5}))?$/) ?? [];
  const at = Number(digits ?? port);
  if (host !== "" && at <= MAX_PORT) return `${host}:${at}`;
  throw new UsageError(`--advertise must be HOST or HOST:PORT, got "${escapeControls(text)}"`);
}
