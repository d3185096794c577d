/**
 * Where a PostgreSQL server is, and as whom we come: what a URL says.
 *
 * @module
 */

import { StorageError } from "./storage_error.ts";

/** A server, a database on it, and who asks. */
export interface PostgresServer {
  /** A host, or the folder of a Unix socket. */
  readonly host: string;
  /** 1 to 65535. */
  readonly port: number;
  /** The database. */
  readonly database: string;
  /** The user. */
  readonly user: string;
  /** The password; empty for none. It appears in no text. */
  readonly password: string;
  /** `false` for no TLS, `"unchecked"` for TLS whose certificate is not looked at, `"verified"` for one that must be good. */
  readonly tls: false | "unchecked" | "verified";
}

const DEFAULT_PORT = 5_432;
const DEFAULT_NAME = "postgres";

/** What `sslmode` may say. */
const TLS_MODES: ReadonlyMap<string, PostgresServer["tls"]> = new Map<string, PostgresServer["tls"]>([
  ["disable", false],
  // No plain connection is tried first: who does not ask for TLS gets none.
  ["prefer", false],
  ["allow", false],
  ["require", "unchecked"],
  ["verify-ca", "verified"],
  ["verify-full", "verified"],
]);

/**
 * Reads `postgres://user:password@host:port/database?sslmode=verify-full`. Each part may be missing; `host=/folder` in
 * the query is the folder of a Unix socket.
 *
 * @throws {StorageError} `"unsupported"` with what is wrong, but without the URL, which may hold a password.
 */
export function parsePostgresUrl(text: string): PostgresServer {
  const refuse = (reason: string): never => {
    throw new StorageError("unsupported", "read the URL of the catalogue", { cause: new Error(reason) });
  };
  // SQLAlchemy's form has the driver in it: postgresql+psycopg2://.
  const scheme = /^postgres(?:ql)?(?:\+\w+)?:\/\//.exec(text) ?? refuse("it begins with postgres://");
  // A URL has a host; PostgreSQL's may have none.
  const rest = text.slice(scheme[0].length).replace(/^([^/?]*@)?(?=[:/?]|$)/, "$1localhost");
  const url = urlOf(rest) ?? refuse("it is no URL; what is special in a password is percent-encoded");
  const decode = (part: string): string => {
    try {
      return decodeURIComponent(part);
    } catch {
      return refuse('"%" is written as "%25"');
    }
  };
  const user = decode(url.username) || DEFAULT_NAME;
  const sslmode = url.searchParams.get("sslmode") ?? "disable";
  return {
    host: url.searchParams.get("host") ?? decode(url.hostname).replace(/^\[(.*)\]$/, "$1"),
    port: Number(url.searchParams.get("port") ?? portOf(url, text)),
    database: decode(url.pathname.slice(1)) || user,
    user,
    password: decode(url.password),
    tls: TLS_MODES.get(sslmode) ?? refuse(`sslmode is none of ${[...TLS_MODES.keys()].join(", ")}`),
  };
}

/** Names a server and a database in logs and errors. */
export function showPostgresServer({ host, port, database }: PostgresServer): string {
  return `postgres://${host.includes(":") ? `[${host}]` : host}:${port}/${database}`;
}

function urlOf(rest: string): URL | undefined {
  try {
    return new URL(`http://${rest}`);
  } catch {
    return undefined;
  }
}

/** A URL drops the port that its scheme has by default, which is another one than PostgreSQL's. */
function portOf(url: URL, text: string): number {
  if (url.port !== "") return Number(url.port);
  return /:80(?=[/?]|$)/.test(text) ? 80 : DEFAULT_PORT;
}
