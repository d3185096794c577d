/**
 * The roles as programs of their own: what each is called, may do, and listens on. What is compiled, shipped and run as
 * a service is read from here; tests hold deno.json, the flags and the README to it.
 *
 * @module
 */

/** What a program may do on Deno, in the words of a permission set of deno.json. What is left out it may not. */
export interface Permissions {
  /** Reach the network. */
  readonly net?: true;
  /** Read files. */
  readonly read?: true;
  /** Write files. */
  readonly write?: true;
  /** Start programs. */
  readonly run?: true;
  /** Read these variables; a star stands for any rest. */
  readonly env: readonly string[];
  /** Run code that comes from elsewhere: nobody. */
  readonly import: { readonly deny: true };
}

/** A port that a role listens on unless it is told otherwise. */
export interface DefaultPort {
  /** The flag that moves it. */
  readonly flag: string;
  /** What it listens for. */
  readonly transport: "TCP" | "UDP";
  /** The number. */
  readonly port: number;
}

/**
 * What a program is called for short, in tasks and as the name of its permission set in deno.json: `index`, `edge-meta`.
 * The whole program has no other name.
 */
export function shortNameOf({ name }: Pick<RoleProgram, "name">): string {
  return name.replace(/^microcdn-/, "");
}

/** The module that a program is packed from: see {@link RoleProgram.packed}. */
export function packedEntryOf({ entry, packed = entry }: Pick<RoleProgram, "entry" | "packed">): string {
  return packed;
}

/** A role as a program of its own. */
export interface RoleProgram {
  /** What the program is called: `microcdn-index`. */
  readonly name: string;
  /** Its family. */
  readonly family: string;
  /** The word for it in the whole program. */
  readonly role: string;
  /** `role`: runs until it is stopped. `client`: asks, answers, ends. */
  readonly kind: "role" | "client";
  /** The module that starts it, below the project's folder. */
  readonly entry: string;
  /**
   * The module that starts it with what it loads late inside, which is compiled and bundled. Default: `entry`, for a
   * program that loads nothing so.
   */
  readonly packed?: string;
  /** What it may do. */
  readonly permissions: Permissions;
  /** What it listens on. */
  readonly ports: readonly DefaultPort[];
}

const OF_ALL = {
  // The user's folder under a task; whether to colour; what flags can come from.
  env: ["INIT_CWD", "NO_COLOR", "MICROCDN_*"],
  import: { deny: true },
} as const satisfies Permissions;

/** The index. */
export const INDEX: RoleProgram = {
  name: "microcdn-index",
  family: "cdn",
  role: "index",
  kind: "role",
  entry: "src/cli/programs/index.ts",
  packed: "src/cli/packed/microcdn_index.ts",
  permissions: { net: true, ...OF_ALL, env: [...OF_ALL.env, "PG*"] },
  ports: [{ flag: "port", transport: "TCP", port: 5050 }],
};

/** The monitor. */
export const MONITOR: RoleProgram = {
  name: "microcdn-monitor",
  family: "cdn",
  role: "monitor",
  kind: "role",
  entry: "src/cli/programs/monitor.ts",
  permissions: { net: true, ...OF_ALL },
  ports: [{ flag: "udp-port", transport: "UDP", port: 6000 }, { flag: "tcp-port", transport: "TCP", port: 6001 }],
};

/** A content server. */
export const CONTENT: RoleProgram = {
  name: "microcdn-content",
  family: "cdn",
  role: "content",
  kind: "role",
  entry: "src/cli/programs/content.ts",
  permissions: { net: true, read: true, ...OF_ALL },
  ports: [{ flag: "tcp-port", transport: "TCP", port: 7001 }, { flag: "udp-port", transport: "UDP", port: 7002 }],
};

/** The client of the `cdn` family. */
export const CLIENT: RoleProgram = {
  name: "microcdn-client",
  family: "cdn",
  role: "client",
  kind: "client",
  entry: "src/cli/programs/client.ts",
  permissions: { net: true, read: true, write: true, ...OF_ALL },
  ports: [],
};

/** What every role of the `edge` family may read beside {@link OF_ALL}: where the others are. */
const PEERS = ["META_SERVER_URL", "FSS_URL"] as const;

/** A meta server. */
export const EDGE_META: RoleProgram = {
  name: "microcdn-edge-meta",
  family: "edge",
  role: "meta",
  kind: "role",
  entry: "src/cli/programs/edge_meta.ts",
  packed: "src/cli/packed/microcdn_edge_meta.ts",
  permissions: {
    net: true,
    read: true,
    write: true,
    ...OF_ALL,
    env: [...OF_ALL.env, "DATABASE_URL", "FSS_URL", "PG*"],
  },
  ports: [{ flag: "port", transport: "TCP", port: 8002 }],
};

/** The origin. */
export const EDGE_ORIGIN: RoleProgram = {
  name: "microcdn-edge-origin",
  family: "edge",
  role: "origin",
  kind: "role",
  entry: "src/cli/programs/edge_origin.ts",
  permissions: { net: true, ...OF_ALL, env: [...OF_ALL.env, ...PEERS] },
  ports: [{ flag: "port", transport: "TCP", port: 8001 }],
};

/** The store. */
export const EDGE_STORE: RoleProgram = {
  name: "microcdn-edge-store",
  family: "edge",
  role: "store",
  kind: "role",
  entry: "src/cli/programs/edge_store.ts",
  packed: "src/cli/packed/microcdn_edge_store.ts",
  permissions: {
    net: true,
    read: true,
    write: true,
    ...OF_ALL,
    env: [...OF_ALL.env, "META_SERVER_URL", "MINIO_*", "AWS_*"],
  },
  ports: [{ flag: "port", transport: "TCP", port: 5050 }],
};

/** An edge node. */
export const EDGE_NODE: RoleProgram = {
  name: "microcdn-edge-node",
  family: "edge",
  role: "node",
  kind: "role",
  entry: "src/cli/programs/edge_node.ts",
  packed: "src/cli/packed/microcdn_edge_node.ts",
  permissions: {
    net: true,
    read: true,
    write: true,
    ...OF_ALL,
    env: [...OF_ALL.env, ...PEERS, "CDN_*", "REDIS_*"],
  },
  ports: [{ flag: "port", transport: "TCP", port: 4000 }],
};

/** The client of the `edge` family. */
export const EDGE_CLIENT: RoleProgram = {
  name: "microcdn-edge-client",
  family: "edge",
  role: "client",
  kind: "client",
  entry: "src/cli/programs/edge_client.ts",
  permissions: CLIENT.permissions,
  ports: [],
};

/** All of them. A role of another family goes by both words, as in `microcdn-edge-meta`. */
export const ROLES: readonly RoleProgram[] = [
  INDEX,
  MONITOR,
  CONTENT,
  CLIENT,
  EDGE_META,
  EDGE_ORIGIN,
  EDGE_STORE,
  EDGE_NODE,
  EDGE_CLIENT,
];

/** The whole program: every command in one. */
export const WHOLE_PROGRAM: Pick<RoleProgram, "name" | "entry" | "packed" | "permissions"> = {
  name: "microcdn",
  entry: "src/cli/main.ts",
  packed: "src/cli/packed/microcdn.ts",
  permissions: {
    ...CLIENT.permissions,
    env: [...OF_ALL.env, "DATABASE_URL", "PG*", ...PEERS, "MINIO_*", "AWS_*", "CDN_*", "REDIS_*"],
  },
};
