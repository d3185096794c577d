/**
 * The configuration that nginx is measured with: its defaults, and what its own documentation advises for files.
 *
 * @module
 */

/** What to configure. */
export interface NginxOptions {
  /** The port on 127.0.0.1. */
  port: number;
  /** The folder to serve. */
  root: string;
  /** Where it may write: its process id, its log, its temporary files. */
  folder: string;
  /** How many processes serve. */
  workers: number;
  /** The user as whom they do, if we are the superuser: nobody else's files may be readable to others. */
  user: string | undefined;
}

/** Connections at once a worker, and open files: more than any row needs. */
const MAX_CONNS = 16_384;
/** As ours: the default of 511 turns some of many connections at once away. */
const BACKLOG = 4_096;

/** Writes the configuration. */
export function renderNginxConfig({ port, root, folder, workers, user }: NginxOptions): string {
  const temporary = ["client_body", "proxy", "fastcgi", "uwsgi", "scgi"];
  return [
    "daemon off;",
    ...(user === undefined ? [] : [`user ${user};`]),
    `worker_processes ${workers};`,
    `worker_rlimit_nofile ${MAX_CONNS};`,
    `pid ${folder}/nginx.pid;`,
    `error_log ${folder}/nginx.log;`,
    `events { worker_connections ${MAX_CONNS}; }`,
    "http {",
    "  access_log off;",
    "  sendfile on;",
    "  tcp_nopush on;",
    "  default_type application/octet-stream;",
    ...temporary.map((name) => `  ${name}_temp_path ${folder}/${name};`),
    `  server { listen 127.0.0.1:${port} backlog=${BACKLOG}; root ${root}; }`,
    "}",
    "",
  ].join("\n");
}
