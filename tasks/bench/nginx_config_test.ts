import { assertEquals, assertMatch } from "@std/assert";
import { renderNginxConfig } from "./nginx_config.ts";

const OPTIONS = { port: 8080, root: "/srv", folder: "/tmp/n", workers: 2, user: undefined };

Deno.test("renderNginxConfig() keeps to its folder, its port and this machine", () => {
  const config = renderNginxConfig(OPTIONS);
  assertMatch(config, /^worker_processes 2;$/m);
  assertMatch(config, /listen 127\.0\.0\.1:8080 backlog=4096; root \/srv;/);
  const paths = config.match(/(?<= )\/[^\s;]+/g)!;
  assertEquals(paths.filter((path) => !path.startsWith("/tmp/n/")), ["/srv"]);
  assertEquals(paths.length, 8);
  assertEquals(config.split("{").length, config.split("}").length);
});

Deno.test("renderNginxConfig() names a user only for the superuser", () => {
  assertEquals(/^user /m.test(renderNginxConfig(OPTIONS)), false);
  assertMatch(renderNginxConfig({ ...OPTIONS, user: "root" }), /^user root;$/m);
});
