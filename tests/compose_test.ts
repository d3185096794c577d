/**
 * `compose.yaml`, as Docker Compose reads it: no engine is at hand where the tests run, so every service's command line is
 * read by our own tables of flags instead of being run.
 */

import { assert, assertEquals, assertMatch, assertStringIncludes } from "@std/assert";
import type { Address } from "../src/base/address.ts";
import { readRequest } from "../src/cli/command_line.ts";
import { variableSource } from "../src/cli/flag_sources.ts";
import { readFlags, splitArgs } from "../src/cli/flags.ts";
import { WHOLE } from "../src/cli/program.ts";
import { ROOT } from "../tasks/cluster/surroundings.ts";
import { lastOf, parseDockerfile, variablesOf, wordsOf } from "./dockerfile.ts";
import { testWith } from "./missing_programs.ts";

const IMAGE = parseDockerfile(await Deno.readTextFile(new URL("../Dockerfile", import.meta.url))).at(-1)!;
const START = wordsOf(lastOf(IMAGE, "ENTRYPOINT"));

interface Service {
  readonly image: string;
  readonly command?: readonly string[];
  readonly entrypoint?: readonly string[];
  readonly environment?: Readonly<Record<string, string>>;
  readonly depends_on?: Readonly<Record<string, { readonly condition: string }>>;
  readonly healthcheck?: { readonly test: readonly string[] };
  readonly ports?: readonly string[];
}

interface Read {
  readonly code: number;
  readonly text: string;
  readonly errors: string;
}

/** Has Docker Compose read the file, with these variables and no others of ours. */
async function readCompose(variables: Readonly<Record<string, string>>): Promise<Read> {
  const { PATH = "" } = Deno.env.toObject();
  const command = new Deno.Command("docker-compose", {
    args: ["--file", "compose.yaml", "--profile", "client", "config"],
    cwd: ROOT,
    clearEnv: true,
    env: { PATH, ...variables },
  });
  const { code, stdout, stderr } = await command.output();
  return { code, text: new TextDecoder().decode(stdout), errors: new TextDecoder().decode(stderr) };
}

/** Its services. Docker Compose writes YAML, which the language that it is written in reads. */
async function servicesOf(text: string): Promise<Readonly<Record<string, Service>>> {
  const script = "import json, sys, yaml; json.dump(yaml.safe_load(sys.stdin), sys.stdout)";
  const child = new Deno.Command("python3", { args: ["-c", script], stdin: "piped", stdout: "piped" }).spawn();
  const writer = child.stdin.getWriter();
  await writer.write(new TextEncoder().encode(text));
  await writer.close();
  const { stdout } = await child.output();
  return JSON.parse(new TextDecoder().decode(stdout)).services;
}

/** What the flags of a service of ours come to, from its command line and its variables. */
function valuesOf({ command = [], entrypoint = START, environment = {} }: Service): Record<string, unknown> {
  assertEquals(entrypoint.slice(0, START.length), START);
  const request = readRequest([...entrypoint.slice(START.length), ...command], WHOLE);
  assert(request.kind === "run");
  const line = splitArgs(request.args, request.command.flags);
  assertEquals([line.problems, line.operands], [[], []]);
  const variables: Readonly<Record<string, string>> = { ...variablesOf(IMAGE), ...environment };
  const values = readFlags(request.command.flags, [line, variableSource({ variable: (name) => variables[name] })]);
  return { command: request.command.name, ...values };
}

testWith(["docker-compose", "python3"], "compose.yaml wants a token, and names one", async () => {
  const { code, errors } = await readCompose({});
  assertEquals(code, 1);
  assertStringIncludes(errors, "MICROCDN_TOKEN");
});

testWith(
  ["docker-compose", "python3"],
  "compose.yaml starts each role with flags that it has, and each finds the others",
  async () => {
    const { code, text, errors } = await readCompose({ MICROCDN_TOKEN: "long-and-random" });
    assertEquals([code, errors], [0, ""]);
    const services = await servicesOf(text);
    const names = Object.keys(services);
    const ours = Object.entries(services).filter(([, { image }]) => image === "microcdn");
    const values = Object.fromEntries(ours.map(([name, service]) => [name, valuesOf(service)]));
    assertEquals(
      Object.entries(values).map(([name, { command }]) => `${name}: ${command}`).sort(),
      ["client: nodes", "meta: meta", "node-ny: node", "node-sf: node", "origin: origin", "store: store"],
    );
    const at = (host: string, port: number): Address => ({ host, port });
    for (const [name, value] of Object.entries(values)) {
      assertEquals(services[name]!.environment!["MICROCDN_TOKEN"], "long-and-random", name);
      if (name === "client") continue;
      assertEquals([value["host"], value["token"]], ["0.0.0.0", "long-and-random"], name);
      if ("meta" in value) assertEquals(value["meta"], [at("meta", 8002)], name);
      if ("store" in value) assertEquals(value["store"], at("store", 5050), name);
    }
    assertEquals(values["meta"]!["catalogue"], {
      kind: "postgres",
      url: "postgresql://cdn:cdn-within@postgres:5432/cdn",
    });
    assertEquals(values["store"]!["objects"], { kind: "s3", url: "s3://cdn-files" });
    assertEquals(values["client"]!["origin"], [at("origin", 8001)]);
    for (const [name, lat, lng] of [["node-sf", 37.7749, -122.4194], ["node-ny", 40.7128, -74.006]] as const) {
      const { lat: north, lng: east, cache, advertise } = values[name]!;
      assertEquals([north, east, cache], [lat, lng, { kind: "redis", url: "redis://redis:6379" }]);
      assertEquals(advertise, `${name}:4000`);
      assert(names.includes(name));
    }
  },
);

testWith(
  ["docker-compose", "python3"],
  "compose.yaml waits for whoever is needed, opens nothing to others, and checks health",
  async () => {
    const services = await servicesOf((await readCompose({ MICROCDN_TOKEN: "x" })).text);
    for (const [name, service] of Object.entries(services)) {
      for (const [needed, { condition }] of Object.entries(service.depends_on ?? {})) {
        assert(needed in services, needed);
        assertEquals(condition, "service_healthy");
      }
      for (const port of service.ports ?? []) assertMatch(port, /^127\.0\.0\.1:/, name);
      // Ours have the check of their image.
      if (service.image !== "microcdn") assertEquals(service.healthcheck?.test[0], "CMD", name);
      for (const [variable, value] of Object.entries(service.environment ?? {})) {
        const host = variable === "REDIS_HOST"
          ? value
          : value.match(/^(?:\w+:\/\/(?:[^@/]*@)?)?([\w-]+):\d+(?:\/|$)/)?.[1];
        if (host !== undefined) assert(host in services, `${name}: ${variable}=${value}`);
      }
    }
  },
);
