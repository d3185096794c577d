import { assertEquals, assertMatch, assertNotEquals, assertRejects } from "@std/assert";
import { FileError } from "../../src/env/files.ts";
import {
  controlPath,
  type ControlRecord,
  createToken,
  encodeControl,
  parseControl,
  readControl,
  removeControl,
  writeControl,
} from "./control_file.ts";

const RECORD: ControlRecord = {
  pid: 4242,
  port: 50_123,
  token: "0123456789abcdef0123456789abcdef",
  since: "2026-01-01T12:00:00.000Z",
};

Deno.test("parseControl() reads what encodeControl() writes", () => {
  assertEquals(parseControl(encodeControl(RECORD)), RECORD);
});

Deno.test("parseControl() takes nothing else", () => {
  const wrong: ReadonlyArray<Record<string, unknown>> = [
    { pid: 0 },
    { pid: 1.5 },
    { pid: "4242" },
    { port: 0 },
    { port: 65_536 },
    { token: "" },
    { token: "0123\n" },
    { token: RECORD.token.toUpperCase() },
    { since: "yesterday" },
    { since: 5 },
  ];
  for (const change of wrong) assertEquals(parseControl(JSON.stringify({ ...RECORD, ...change })), undefined);
  for (const text of ["", "{", "null", "[]", "4242\n", encodeControl(RECORD).slice(0, -5)]) {
    assertEquals(parseControl(text), undefined);
  }
});

Deno.test("createToken() makes another one each time", () => {
  assertMatch(createToken(), /^[0-9a-f]{32}$/);
  assertNotEquals(createToken(), createToken());
});

Deno.test("writeControl() is for the owner alone, and never replaces a file", async () => {
  const folder = await Deno.makeTempDir();
  try {
    const data = `${folder}/deep/cdn`;
    await writeControl(data, RECORD);
    if (Deno.build.os !== "windows") assertEquals((await Deno.stat(controlPath(data))).mode! & 0o777, 0o600);
    assertEquals(await readControl(controlPath(data)), RECORD);
    assertEquals((await assertRejects(() => writeControl(data, { ...RECORD, pid: 1 }), FileError)).code, "exists");
    assertEquals(await readControl(controlPath(data)), RECORD);
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
});

Deno.test("readControl() says which file cannot be read", async () => {
  const folder = await Deno.makeTempDir();
  try {
    assertEquals(await readControl(`${folder}/none/cluster.json`), undefined);
    await Deno.mkdir(controlPath(folder));
    await assertRejects(() => readControl(controlPath(folder)), FileError, `Cannot read ${controlPath(folder)}: `);
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
});

Deno.test("removeControl() removes the file that is meant, and no other", async () => {
  const folder = await Deno.makeTempDir();
  const path = controlPath(folder);
  try {
    await removeControl(path, RECORD.token);
    await writeControl(folder, RECORD);
    await removeControl(path, createToken());
    await removeControl(path, "broken");
    assertEquals(await readControl(path), RECORD);
    await removeControl(path, RECORD.token);
    assertEquals(await readControl(path), undefined);
    await Deno.writeTextFile(path, "half a rec");
    assertEquals(await readControl(path), "broken");
    await removeControl(path, RECORD.token);
    assertEquals(await readControl(path), "broken");
    await removeControl(path, "broken");
    assertEquals(await readControl(path), undefined);
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
});
