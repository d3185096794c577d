import { assert, assertEquals, assertThrows } from "@std/assert";
import { describeS3, readS3Address } from "./s3_address.ts";

const MINIO = { MINIO_ENDPOINT: "minio:9000", MINIO_ACCESS_KEY: "who", MINIO_SECRET_KEY: "s3cret" };
const AWS = { AWS_ACCESS_KEY_ID: "AKIA", AWS_SECRET_ACCESS_KEY: "s3cret", AWS_SESSION_TOKEN: "t0ken" };

function read(text: string, variables: Readonly<Record<string, string>>): ReturnType<typeof readS3Address> {
  return readS3Address(text, (name) => variables[name]);
}

Deno.test("readS3Address() takes from variables what the address leaves out", () => {
  const common = { bucket: "files", prefix: "", region: "us-east-1", accessKey: "who", secretKey: "s3cret" };
  const ofMinio = { ...common, endpoint: "http://minio:9000", sessionToken: undefined };
  assertEquals(read("s3://files", MINIO), ofMinio);
  assertEquals(read("s3://files/", { ...AWS, ...MINIO }), ofMinio);
  assertEquals(read("s3://files", { ...MINIO, MINIO_SECURE: "true" }).endpoint, "https://minio:9000");
  const ofAws = read("s3://files/a/b", { ...AWS, AWS_REGION: "eu-west-1" });
  assertEquals(ofAws, {
    endpoint: "https://s3.eu-west-1.amazonaws.com",
    bucket: "files",
    prefix: "a/b/",
    region: "eu-west-1",
    accessKey: "AKIA",
    secretKey: "s3cret",
    sessionToken: "t0ken",
  });
  const told = read("s3://files?endpoint=https://lab:9/&region=x", { ...MINIO, AWS_REGION: "eu-west-1" });
  assertEquals([told.endpoint, told.region], ["https://lab:9", "x"]);
});

Deno.test("readS3Address() refuses what is none, and repeats no secret", () => {
  const cases = [
    "s3:/files",
    "http://files",
    "s3://",
    "s3://UPPER",
    "s3://a..b",
    "s3://who:s3cret@files",
    "s3://files/a b",
    "s3://files/../x",
    "s3://files//x",
    "s3://files?endpoint=http://who:s3cret@lab",
    "s3://files?endpoint=:",
    "s3://files?secret=s3cret",
    `s3://files/${"x".repeat(500)}`,
  ];
  for (const text of cases) {
    const error = assertThrows(() => read(text, MINIO), TypeError, "Cannot read the address of an S3 store", text);
    assert(!error.message.includes("s3cret"), error.message);
  }
  assertThrows(
    () => read("s3://files", { MINIO_ENDPOINT: "x", MINIO_ACCESS_KEY: "who" }),
    TypeError,
    "MINIO_SECRET_KEY",
  );
});

Deno.test("describeS3() shows where a store is, and nothing of who asks", () => {
  assertEquals(describeS3(read("s3://files/a", MINIO)), "http://minio:9000/files/a/");
});
