/**
 * Who may change something over HTTP: this machine, and whoever knows the token.
 *
 * @module
 */

import { type Address, formatAddress, isLoopback } from "../base/address.ts";
import { fieldOf, type HttpFields } from "../protocol/http_fields.ts";
import { type HttpRequest, type HttpResponse, jsonResponse } from "../protocol/http.ts";

/** What a role was told about who may change something. */
export interface AccessOptions {
  /** What others than this machine must know: 1 to 4,096 characters, visible ASCII. Default: none, and they may not. */
  token?: string | undefined;
  /** Whether everybody may, without a token. Default: false. */
  insecure?: boolean | undefined;
}

/** The longest token. */
const MAX_TOKEN_LENGTH = 4_096;

/** Fields by which a proxy says that it speaks for somebody else. */
const PROXIED: readonly string[] = ["forwarded", "x-forwarded-for", "x-real-ip", "via"];

/** Decides who may change something. */
export class Access {
  readonly #token: string | undefined;
  readonly #isInsecure: boolean;

  /**
   * Takes the rules.
   *
   * @throws {RangeError} if the token is empty, too long, or not visible ASCII.
   */
  constructor({ token, insecure = false }: AccessOptions) {
    if (token !== undefined && (!/^[\x21-\x7e]+$/.test(token) || token.length > MAX_TOKEN_LENGTH)) {
      throw new RangeError(`Cannot take the token: expected 1 to ${MAX_TOKEN_LENGTH} visible ASCII characters`);
    }
    this.#token = token;
    this.#isInsecure = insecure;
  }

  /**
   * Checks that a role may be opened at an address.
   *
   * @throws {RangeError} if it is open to others than this machine, and neither a token nor `insecure` says how.
   */
  checkOpening(at: Address): void {
    if (isLoopback(at.host) || this.#token !== undefined || this.#isInsecure) return;
    throw new RangeError(
      `Cannot serve at ${
        formatAddress(at)
      }: it is open to others than this machine, and there is no token (or --insecure)`,
    );
  }

  /**
   * Decides on a request that changes something.
   *
   * Shape: 401 to others than this machine without the token; 403 to a page of some other site in a browser on this
   * machine.
   *
   * @returns the answer, if it may not.
   */
  refusalOf({ headers, peer }: Pick<HttpRequest, "headers" | "peer">): HttpResponse | undefined {
    const site = fieldOf(headers, "sec-fetch-site");
    const knowsToken = this.#knowsToken(headers);
    if (!knowsToken && (site === "cross-site" || site === "same-site")) {
      return jsonResponse(403, { detail: "Cannot change anything: a page of another site asks for it" });
    }
    // What a proxy on this machine hands on comes from anywhere.
    const isOwn = isLoopback(peer.host) && !PROXIED.some((name) => fieldOf(headers, name) !== undefined);
    if (isOwn || knowsToken || this.#isInsecure) return undefined;
    const refusal = jsonResponse(401, { detail: "Cannot change anything: it needs the token (Authorization: Bearer)" });
    return { ...refusal, headers: [...refusal.headers, ["www-authenticate", "Bearer"]] };
  }

  #knowsToken(headers: HttpFields): boolean {
    const [, shown] = /^Bearer +([\x21-\x7e]+)$/i.exec(fieldOf(headers, "authorization") ?? "") ?? [];
    return shown !== undefined && this.#token !== undefined && isSame(shown, this.#token);
  }
}

/** The fields by which a request shows the token. */
export function tokenFields(token: string | undefined): [name: string, value: string][] {
  return token === undefined ? [] : [["authorization", `Bearer ${token}`]];
}

/** Compares in a time that does not tell how much of it was right. */
function isSame(shown: string, wanted: string): boolean {
  let difference = shown.length ^ wanted.length;
  for (let at = 0; at < shown.length; at++) difference |= shown.charCodeAt(at) ^ wanted.charCodeAt(at % wanted.length);
  return difference === 0;
}
