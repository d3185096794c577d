/**
 * A role as a service of systemd: the unit that runs it with as little as it needs.
 *
 * @module
 */

import { quoteArgument, quotePath, writePath, writeText } from "./systemd_words.ts";

/** What a unit is made of. */
export interface ServiceUnit {
  /** What the unit is called, without `.service`. */
  readonly name: string;
  /** What it is, in a few words. */
  readonly description: string;
  /** The program, by its full path, and its arguments. */
  readonly command: readonly [string, ...string[]];
  /** Whose it is: the machine's, under a user that exists only while it runs, or one user's own. */
  readonly manager: "system" | "user";
  /** Where it runs. Default: `/`, or a user's home. */
  readonly folder?: string | undefined;
  /** Files and folders that it reads, by their full paths. Those of the system need not be named. */
  readonly reads: readonly string[];
  /** Folders that it writes to, by their full paths. Default: none. */
  readonly writes?: readonly string[];
  /** Whether it runs in a folder of its own, which the manager makes for it, and writes there. Default: false. */
  readonly hasState?: boolean;
  /** Variables with secrets: they stand in a file beside the unit, which everybody may read. Default: none. */
  readonly secrets?: readonly string[];
  /** The ports that it listens on. */
  readonly ports: readonly number[];
  /** How long connections may finish at a stop, in milliseconds. */
  readonly drainMs: number;
  /** Whether Deno compiles sources at its start, and keeps what comes of it. */
  readonly hasCache?: boolean | undefined;
}

/** What a role may take to stop beyond its drain: answers of its management port, 10 s, and a last word. */
const STOP_SLACK_MS = 15_000;

/** The longest name of a user. */
const MAX_USER_LENGTH = 31;

/** Below this a port is for the privileged. */
const FIRST_FREE_PORT = 1_024;

/** Files that one role opens at most: 10,000 connections, each with a file and perhaps one of a peer's. */
const MAX_FILES = 65_536;

/** Folders that a hardened unit has an empty one of its own in place of. */
const HIDDEN = /^\/(home|root|run\/user|tmp|var\/tmp)(\/|$)/;

/** Whether a program that runs as a user of its own can reach a path only if it is named. */
function isHidden(path: string): boolean {
  return HIDDEN.test(path);
}

/** Returns the user that a unit is called after: one that can be made up has letters, digits, dashes and underlines. */
function userOf(name: string): string {
  return name.replace(/[^\w-]/g, "-").slice(0, MAX_USER_LENGTH);
}

/** What is the same for every manager: it is enforced without privileges. */
const CONFINED = [
  "NoNewPrivileges=yes",
  "# AF_UNIX: names are looked up, and parts of a role talk, over such sockets.",
  "RestrictAddressFamilies=AF_INET AF_INET6 AF_UNIX",
  "RestrictNamespaces=yes",
  "RestrictRealtime=yes",
  "RestrictSUIDSGID=yes",
  "LockPersonality=yes",
  "SystemCallArchitectures=native",
  "SystemCallFilter=@system-service",
  "SystemCallErrorNumber=EPERM",
  "UMask=0077",
  "# Not MemoryDenyWriteExecute=: a JavaScript engine compiles into memory, and would die of it.",
];

/** What takes a namespace of the machine's manager. */
const ISOLATED = [
  "DynamicUser=yes",
  "ProtectSystem=strict",
  "ProtectHome=tmpfs",
  "PrivateTmp=yes",
  "PrivateDevices=yes",
  "ProtectClock=yes",
  "ProtectControlGroups=yes",
  "ProtectHostname=yes",
  "ProtectKernelLogs=yes",
  "ProtectKernelModules=yes",
  "ProtectKernelTunables=yes",
  "ProtectProc=invisible",
];

/** Says in a comment what to do with a unit. */
export function renderAdvice({ name, manager }: Pick<ServiceUnit, "name" | "manager">): string {
  const [place, control] = manager === "system"
    ? ["/etc/systemd/system", "systemctl"]
    : ["~/.config/systemd/user", "systemctl --user"];
  return `# Save it as ${place}/${name}.service, then: ${control} daemon-reload; ${control} enable --now ${name}\n`;
}

/**
 * Writes a unit.
 *
 * @throws {RangeError} if a path holds a control character.
 */
export function renderUnit(unit: ServiceUnit): string {
  const { description, manager } = unit;
  return [
    "[Unit]",
    `Description=${writeText(description)}`,
    ...manager === "system" ? ["Wants=network-online.target", "After=network-online.target"] : [],
    "",
    "[Service]",
    ...renderRun(unit),
    "",
    ...manager === "system" ? renderIsolation(unit) : [],
    ...CONFINED,
    "",
    "[Install]",
    `WantedBy=${manager === "system" ? "multi-user.target" : "default.target"}`,
    "",
  ].join("\n");
}

/** How it is started, kept up and stopped. */
function renderRun(unit: ServiceUnit): string[] {
  const { command: [program, ...args], folder, drainMs, hasCache = false, hasState, secrets = [], name } = unit;
  return [
    "Type=exec",
    `ExecStart=${[quotePath(program), ...args.map(quoteArgument)].join(" ")}`,
    ...folder === undefined ? [] : [`WorkingDirectory=${writePath(folder)}`],
    ...hasState ? [`StateDirectory=${name}`, `WorkingDirectory=%S/${name}`] : [],
    ...secrets.length === 0 ? [] : [
      `# In it a line each, such as ${secrets[0]}=...: ${secrets.join(", ")}. Nobody else needs to read it.`,
      `EnvironmentFile=%E/${name}.env`,
    ],
    ...hasCache ? [`CacheDirectory=${name}`, `Environment=DENO_DIR=%C/${name}`] : [],
    "Restart=on-failure",
    "RestartSec=2",
    "# A command line that makes no sense makes none the next time.",
    "RestartPreventExitStatus=2",
    "# Only the role is asked to stop: what it started it stops itself.",
    "KillMode=mixed",
    `# Connections may finish for ${drainMs / 1000} s (--drain), then it ends by itself.`,
    `TimeoutStopSec=${Math.ceil((drainMs + STOP_SLACK_MS) / 1000)}`,
    `LimitNOFILE=${MAX_FILES}`,
  ];
}

function renderIsolation({ name, command: [program], reads, writes = [], ports }: ServiceUnit): string[] {
  const open = reads.filter((path) => !isHidden(path));
  const hidden = [program, ...reads].filter(isHidden);
  const [hiddenWrites, openWrites] = [writes.filter(isHidden), writes.filter((path) => !isHidden(path))];
  const isPrivileged = ports.some((port) => port > 0 && port < FIRST_FREE_PORT);
  const capability = isPrivileged ? "CAP_NET_BIND_SERVICE" : "";
  return [
    ...ISOLATED,
    ...open.length === 0 ? [] : [`ReadOnlyPaths=${open.map(quotePath).join(" ")}`],
    ...hidden.length === 0 ? [] : [
      "# The only things that it sees of the homes and temporary folders. Everybody must be allowed to read them.",
      `BindReadOnlyPaths=${hidden.map(quotePath).join(" ")}`,
    ],
    ...writes.length === 0 ? [] : [
      "# It writes there: make a user of this name, and the folder his. Without such a user one is made up at each start.",
      `User=${userOf(name)}`,
      ...openWrites.length === 0 ? [] : [`ReadWritePaths=${openWrites.map(quotePath).join(" ")}`],
      ...hiddenWrites.length === 0 ? [] : [`BindPaths=${hiddenWrites.map(quotePath).join(" ")}`],
    ],
    `CapabilityBoundingSet=${capability}`,
    ...isPrivileged ? [`AmbientCapabilities=${capability}`] : [],
  ];
}
