import { assertEquals, assertStringIncludes } from "@std/assert";
import { renderAdvice, renderUnit, type ServiceUnit } from "./service_unit.ts";

const INDEX: ServiceUnit = {
  name: "microcdn-index",
  description: "Micro-CDN index",
  command: ["/usr/bin/microcdn", "index", "--port=5050"],
  manager: "system",
  reads: [],
  ports: [5050],
  drainMs: 5_000,
};

/** The settings of a unit, comments left out. */
function settingsOf(unit: Partial<ServiceUnit>): readonly string[] {
  return renderUnit({ ...INDEX, ...unit }).split("\n").filter((line) => !line.startsWith("#") && line !== "");
}

function valueOf(name: string, unit: Partial<ServiceUnit>): string | undefined {
  return settingsOf(unit).find((line) => line.startsWith(`${name}=`))?.slice(name.length + 1);
}

Deno.test("renderUnit() gives a role of the machine's own nothing but what it needs", () => {
  assertEquals(settingsOf({}), [
    "[Unit]",
    "Description=Micro-CDN index",
    "Wants=network-online.target",
    "After=network-online.target",
    "[Service]",
    "Type=exec",
    "ExecStart=/usr/bin/microcdn index --port=5050",
    "Restart=on-failure",
    "RestartSec=2",
    "RestartPreventExitStatus=2",
    "KillMode=mixed",
    "TimeoutStopSec=20",
    "LimitNOFILE=65536",
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
    "CapabilityBoundingSet=",
    "NoNewPrivileges=yes",
    "RestrictAddressFamilies=AF_INET AF_INET6 AF_UNIX",
    "RestrictNamespaces=yes",
    "RestrictRealtime=yes",
    "RestrictSUIDSGID=yes",
    "LockPersonality=yes",
    "SystemCallArchitectures=native",
    "SystemCallFilter=@system-service",
    "SystemCallErrorNumber=EPERM",
    "UMask=0077",
    "[Install]",
    "WantedBy=multi-user.target",
  ]);
});

Deno.test("renderUnit() leaves out for a user what takes privileges", () => {
  const settings = settingsOf({ manager: "user", folder: "/home/cdn/two words", reads: ["/home/cdn/x"], ports: [80] });
  for (
    const name of ["DynamicUser", "Protect", "Private", "Capability", "Ambient", "ReadOnly", "BindReadOnly", "After"]
  ) {
    assertEquals(settings.filter((line) => line.startsWith(name)), []);
  }
  assertEquals(settings.at(-1), "WantedBy=default.target");
  assertEquals(settings.includes("WorkingDirectory=/home/cdn/two words"), true);
});

Deno.test("renderUnit() shows a service of what is hidden only what it reads", () => {
  const unit = {
    command: ["/home/cdn/bin/node", "/home/cdn/microcdn.mjs"],
    reads: ["/srv/two words", "/home/cdn/microcdn.mjs", "/tmp/a:b", "/homes/x", "/root", "/var/tmp/y"],
  } as const;
  assertEquals(valueOf("ReadOnlyPaths", unit), '"/srv/two words" /homes/x');
  const shown = '/home/cdn/bin/node /home/cdn/microcdn.mjs "/tmp/a:b" /root /var/tmp/y';
  assertEquals(valueOf("BindReadOnlyPaths", unit), shown);
});

Deno.test("renderUnit() lets a role listen on a port of the privileged only if it does", () => {
  const table: ReadonlyArray<readonly [ports: readonly number[], capability: string]> = [
    [[0], ""],
    [[1_024, 65_535], ""],
    [[5_050, 1_023], "CAP_NET_BIND_SERVICE"],
  ];
  for (const [ports, capability] of table) {
    assertEquals(valueOf("CapabilityBoundingSet", { ports }), capability);
    assertEquals(valueOf("AmbientCapabilities", { ports }), capability === "" ? undefined : capability);
  }
});

Deno.test("renderUnit() kills a role only once its drain and what follows it are over", () => {
  assertEquals([0, 1, 60_000].map((drainMs) => valueOf("TimeoutStopSec", { drainMs })), ["15", "16", "75"]);
});

Deno.test("renderUnit() gives sources a place for what Deno makes of them", () => {
  const unit = { hasCache: true, name: "microcdn-content-CS1" };
  assertEquals(valueOf("CacheDirectory", unit), "microcdn-content-CS1");
  assertEquals(valueOf("Environment", unit), "DENO_DIR=%C/microcdn-content-CS1");
});

Deno.test("renderUnit() says why memory may be written and run", () => {
  assertStringIncludes(renderUnit(INDEX), "\n# Not MemoryDenyWriteExecute=: a JavaScript engine compiles into memory");
});

Deno.test("renderAdvice() says in a comment what to do with a unit", () => {
  const advice =
    "# Save it as /etc/systemd/system/x.service, then: systemctl daemon-reload; systemctl enable --now x\n";
  assertEquals(renderAdvice({ name: "x", manager: "system" }), advice);
  assertStringIncludes(
    renderAdvice({ name: "x", manager: "user" }),
    "~/.config/systemd/user/x.service, then: systemctl --user ",
  );
});

Deno.test("renderUnit() lets a role write where it keeps things, and nowhere else", () => {
  const own = { hasState: true };
  assertEquals(valueOf("StateDirectory", own), "microcdn-index");
  assertEquals(valueOf("WorkingDirectory", own), "%S/microcdn-index");
  assertEquals([valueOf("User", own), valueOf("ReadWritePaths", own)], [undefined, undefined]);

  const named = { name: `microcdn-${"x".repeat(40)}`, writes: ["/srv/a b", "/home/me/objects"] };
  assertEquals(valueOf("ReadWritePaths", named), '"/srv/a b"');
  assertEquals(valueOf("BindPaths", named), "/home/me/objects");
  assertEquals(valueOf("User", named)?.length, 31);
  const dotted = { name: "microcdn-edge-node-lab1.example", writes: ["/srv/copies"] };
  assertEquals(valueOf("User", dotted), "microcdn-edge-node-lab1-example");
  assertEquals(valueOf("ReadWritePaths", { ...named, manager: "user" }), undefined);
});

Deno.test("renderUnit() takes secrets from a file, not from the command line", () => {
  assertEquals(valueOf("EnvironmentFile", { secrets: ["MICROCDN_TOKEN"] }), "%E/microcdn-index.env");
  assertEquals(valueOf("EnvironmentFile", {}), undefined);
});
