/**
 * Flags that say what an edge role keeps its things in: built in, or a server of another kind.
 *
 * A URL may hold a password. So no message repeats one, and whoever shows a command line leaves it out.
 *
 * @module
 */

import { count, documentedAs, type Flag, type FlagOptions, MIB } from "./flag.ts";
import { UsageError } from "./usage_error.ts";

/** What a meta server's catalogue is in. */
export type CatalogueEngine =
  | { readonly kind: "memory" }
  | { readonly kind: "sqlite"; readonly path: string }
  | { readonly kind: "postgres"; readonly url: string };

/** What an edge node's cache has below its memory. */
export type CacheEngine =
  | { readonly kind: "memory" }
  | { readonly kind: "disk"; readonly path: string }
  | { readonly kind: "redis"; readonly url: string };

/** What a store's objects are in. */
export type ObjectsEngine =
  | { readonly kind: "file"; readonly path: string }
  | { readonly kind: "s3"; readonly url: string };

/** Any of them. */
export type Engine = CatalogueEngine | CacheEngine | ObjectsEngine;

/** How an engine is written: the word or scheme, and what follows it. */
interface EngineForm {
  readonly kind: Engine["kind"];
  /** Schemes of its URLs; none for what has a path or nothing behind its word. */
  readonly schemes?: readonly string[];
  readonly hasPath?: true;
}

interface EngineOptions<T extends Engine> extends FlagOptions {
  readonly initial: T | undefined;
  readonly forms: readonly EngineForm[];
  /** How the forms are written, for people. */
  readonly placeholder: string;
}

/** A flag for an engine. */
function engine<T extends Engine>({ initial, forms, placeholder, ...rest }: EngineOptions<T>): Flag<T | undefined> {
  return {
    ...rest,
    placeholder,
    initial,
    read(text): T {
      for (const form of forms) {
        const found = readForm(text, form);
        if (found !== undefined) return found as T;
      }
      throw new UsageError(`must be ${placeholder.replaceAll("|", " or ")}`);
    },
  };
}

function readForm(text: string, { kind, schemes, hasPath }: EngineForm): object | undefined {
  if (schemes !== undefined) {
    const isOne = schemes.some((scheme) => text.toLowerCase().startsWith(`${scheme}://`));
    return isOne && URL.canParse(text) ? { kind, url: text } : undefined;
  }
  if (!hasPath) return text === kind ? { kind } : undefined;
  const path = text.startsWith(`${kind}:`) ? text.slice(kind.length + 1) : "";
  return path === "" ? undefined : { kind, path };
}

/** Whether what a flag is given is for nobody else: a secret, or a URL with a password or a key in it. */
export function isSecretText({ isSecret = false }: Pick<Flag<unknown>, "isSecret">, text: string): boolean {
  return isSecret || /^[a-z0-9+.-]+:\/\/[^/]*@/i.test(text);
}

/** Writes an engine as the flag takes it, with another path if it has one. */
export function renderEngine(engine: Engine, path: (path: string) => string): string {
  if ("url" in engine) return engine.url;
  return "path" in engine ? `${engine.kind}:${path(engine.path)}` : engine.kind;
}

/** The catalogue of a meta server. */
export const CATALOGUE_FLAG: Flag<CatalogueEngine> = engine<CatalogueEngine>({
  name: "catalogue",
  placeholder: "memory|sqlite:FILE|postgres://...",
  initial: { kind: "memory" },
  shown: "memory",
  documented: documentedAs("DATABASE_URL"),
  forms: [
    { kind: "memory" },
    { kind: "sqlite", hasPath: true },
    { kind: "postgres", schemes: ["postgres", "postgresql"] },
  ],
  help: "What it knows is in; several meta servers share one PostgreSQL",
}) as Flag<CatalogueEngine>;

/** What an index keeps its registrations in beside its memory. It may not write files, so there is no SQLite. */
export type IndexCatalogueEngine = Exclude<CatalogueEngine, { readonly kind: "sqlite" }>;

/** The catalogue of an index. */
export const INDEX_CATALOGUE_FLAG: Flag<IndexCatalogueEngine> = engine<IndexCatalogueEngine>({
  name: "catalogue",
  placeholder: "memory|postgres://...",
  initial: { kind: "memory" },
  shown: "memory",
  forms: [{ kind: "memory" }, { kind: "postgres", schemes: ["postgres", "postgresql"] }],
  help: "Where registrations are kept; indexes share a PostgreSQL",
}) as Flag<IndexCatalogueEngine>;

/** The cache of an edge node. */
export const CACHE_FLAG: Flag<CacheEngine | undefined> = engine<CacheEngine>({
  name: "cache",
  placeholder: "memory|disk:DIR|redis://...",
  initial: undefined,
  shown: "disk:.microcdn/edge/cache-PORT",
  documented: { names: ["REDIS_HOST", "REDIS_PORT"], compose: redisUrl },
  forms: [{ kind: "memory" }, { kind: "disk", hasPath: true }, { kind: "redis", schemes: ["redis", "rediss"] }],
  help: "What is below its memory",
});

/** The objects of a store. */
export const OBJECTS_FLAG: Flag<ObjectsEngine | undefined> = engine<ObjectsEngine>({
  name: "objects",
  placeholder: "file:DIR|s3://BUCKET/...",
  initial: undefined,
  shown: "file:.microcdn/edge/objects",
  documented: { names: ["MINIO_ENDPOINT"], compose: s3Url },
  forms: [{ kind: "file", hasPath: true }, { kind: "s3", schemes: ["s3"] }],
  help: "Where files are kept",
});

/** The most that one layer may hold, in MiB: a tebibyte. */
const MAX_LAYER_MIB = 1_048_576;

/** A size in MiB that may be left out; the value is in bytes. */
export function optionalMebibytes(options: FlagOptions): Flag<number | undefined> {
  const { read } = count({ ...options, initial: 1, min: 1, max: MAX_LAYER_MIB });
  return { ...options, placeholder: "MIB", initial: undefined, read: (text) => read(text) * MIB };
}

function redisUrl(variable: (name: string) => string | undefined): string | undefined {
  const host = variable("REDIS_HOST");
  if (host === undefined) return undefined;
  return `redis://${host.includes(":") ? `[${host}]` : host}:${variable("REDIS_PORT") ?? 6379}`;
}

/** The bucket where the document's variables name a store: they have none for it. */
const DOCUMENTED_BUCKET = "cdn-files";

/** Endpoint and keys are read from the variables where the store is opened, and go no other way. */
function s3Url(variable: (name: string) => string | undefined): string | undefined {
  return variable("MINIO_ENDPOINT") === undefined ? undefined : `s3://${DOCUMENTED_BUCKET}`;
}
