/**
 * Where an S3 store is, and who may use it.
 *
 * @module
 */

/** An S3 store, or a part of one. */
export interface S3Address {
  /** Its URL without a path: `https://s3.eu-west-1.amazonaws.com`, `http://localhost:9000`. */
  readonly endpoint: string;
  /** The bucket. */
  readonly bucket: string;
  /** What all keys begin with: empty, or with a slash at its end. */
  readonly prefix: string;
  /** What requests are signed for. Default: `us-east-1`. */
  readonly region: string;
  /** Who asks. */
  readonly accessKey: string;
  /** Never shown. */
  readonly secretKey: string;
  /** Of credentials that last for a while. Never shown. */
  readonly sessionToken: string | undefined;
}

const DEFAULT_REGION = "us-east-1";
const BUCKET = /^[a-z0-9][a-z0-9.-]{1,61}[a-z0-9]$/;
/** Characters that every store, proxy and signature takes alike. */
const PREFIX = /^([A-Za-z0-9._-]+\/)*$/;
/** The longest prefix: keys have room for 1,024 bytes, of which ours take less than 600. */
const MAX_PREFIX_LENGTH = 400;

/**
 * Reads `s3://bucket/prefix?endpoint=http://localhost:9000&region=eu-west-1`. What it leaves out comes from variables:
 * `MINIO_ENDPOINT`, `MINIO_ACCESS_KEY`, `MINIO_SECRET_KEY`, and those of AWS.
 *
 * @param variable Reads an environment variable.
 * @throws {TypeError} if it is not such an address, or no credentials are to be had. No secret stands in it.
 */
export function readS3Address(text: string, variable: (name: string) => string | undefined): S3Address {
  const found = /^s3:\/\/([^/?#]*)(?:\/([^?#]*))?(?:\?([^#]*))?$/.exec(text);
  if (found === null) throw problem("expected s3://BUCKET/PREFIX?endpoint=URL&region=NAME");
  const [, bucket = "", path = "", query = ""] = found;
  if (bucket.includes("@")) throw problem("credentials stand in variables, not in the address");
  if (!BUCKET.test(bucket) || bucket.includes("..")) throw problem(`"${bucket}" cannot be a bucket`);
  const prefix = path === "" || path.endsWith("/") ? path : `${path}/`;
  const hasDots = prefix.split("/").some((part) => part === "." || part === "..");
  if (!PREFIX.test(prefix) || hasDots || prefix.length > MAX_PREFIX_LENGTH) {
    throw problem(`the prefix "${prefix}" holds more than letters, digits, ".", "_", "-" and "/"`);
  }
  const settings = new URLSearchParams(query);
  for (const name of settings.keys()) {
    if (name !== "endpoint" && name !== "region") throw problem(`it has no setting "${name}"`);
  }
  const first = (...names: string[]): string | undefined => names.map(variable).find((value) => (value ?? "") !== "");
  const region = settings.get("region") || first("AWS_REGION", "AWS_DEFAULT_REGION") || DEFAULT_REGION;
  const endpoint = settings.get("endpoint") || first("MINIO_ENDPOINT", "AWS_ENDPOINT_URL_S3", "AWS_ENDPOINT_URL") ||
    `https://s3.${region}.amazonaws.com`;
  return { endpoint: readEndpoint(endpoint, variable), bucket, prefix, region, ...readCredentials(first) };
}

/** Writes an address for people: where it is, and nothing of who asks. */
export function describeS3({ endpoint, bucket, prefix }: S3Address): string {
  return `${endpoint}/${bucket}/${prefix}`;
}

type Credentials = Pick<S3Address, "accessKey" | "secretKey" | "sessionToken">;

function readCredentials(first: (...names: string[]) => string | undefined): Credentials {
  const ofMinio = { accessKey: first("MINIO_ACCESS_KEY"), secretKey: first("MINIO_SECRET_KEY") };
  const ofAws = { accessKey: first("AWS_ACCESS_KEY_ID"), secretKey: first("AWS_SECRET_ACCESS_KEY") };
  for (const { accessKey, secretKey } of [ofMinio, ofAws]) {
    if (accessKey === undefined || secretKey === undefined) continue;
    return {
      accessKey,
      secretKey,
      sessionToken: accessKey === ofAws.accessKey ? first("AWS_SESSION_TOKEN") : undefined,
    };
  }
  throw problem("set MINIO_ACCESS_KEY and MINIO_SECRET_KEY, or AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY");
}

/** An endpoint may come without a scheme, as `MINIO_ENDPOINT` usually does: `minio:9000`. */
function readEndpoint(text: string, variable: (name: string) => string | undefined): string {
  const scheme = /^(true|1|yes)$/i.test(variable("MINIO_SECURE") ?? "") ? "https" : "http";
  const url = URL.parse(/^https?:\/\//i.test(text) ? text : `${scheme}://${text}`);
  if (url === null || url.username !== "" || url.password !== "" || url.search !== "" || url.hash !== "") {
    throw problem("the endpoint is not a URL such as http://localhost:9000");
  }
  return url.href.replace(/\/+$/, "");
}

function problem(what: string): TypeError {
  return new TypeError(`Cannot read the address of an S3 store: ${what}`);
}
