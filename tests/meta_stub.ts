/**
 * As much of a meta server as a store talks to: what it was told, and when it answers.
 *
 * @module
 */

import type { HttpHandler } from "../src/net/http.ts";
import { deleteRequest } from "../src/protocol/edge_json.ts";
import { publishRequest, type StoredVersion } from "../src/protocol/edge_meta_json.ts";
import { type HttpRequest, type HttpResponse, jsonResponse } from "../src/protocol/http.ts";
import { wholeBody } from "../src/services/request_body.ts";

/** What a meta server knows. */
export class MetaStub {
  /** Versions by name. */
  readonly files = new Map<string, StoredVersion>();
  /** What it was told, in order: `publish a 17`, `publish a 17 by 3`, `delete a`. */
  readonly told: string[] = [];
  /** Awaited before an answer. */
  gate: () => Promise<void> = () => Promise.resolve();
  /** What it answers instead. */
  refusal: HttpResponse | undefined;

  /** Serves it. */
  readonly handler: HttpHandler = async (request) => {
    if (this.refusal !== undefined) return this.refusal;
    await this.gate();
    switch (`${request.method} ${request.target}`) {
      case "POST /meta/publish":
        return await this.#publish(request);
      case "DELETE /meta/delete":
        return await this.#delete(request);
      case "GET /meta/files":
        return jsonResponse(200, {
          files: [...this.files.values()].map(({ file_name, file_hash, timestamp }) => {
            return { name: file_name, hash: file_hash, timestamp, created_at: "2026-01-01T00:00:00Z" };
          }),
        });
    }
    return jsonResponse(404, { detail: "Not Found" });
  };

  async #publish(request: HttpRequest): Promise<HttpResponse> {
    const { files, cdn_id } = publishRequest.parse(JSON.parse(await textOf(request)));
    const answers = files.map((file) => {
      const { file_name, generation } = file;
      this.told.push(`publish ${file_name} ${generation}${cdn_id === undefined ? "" : ` by ${cdn_id}`}`);
      const known = this.files.get(file_name);
      if (known !== undefined && known.generation >= generation) {
        return { file_name, kind: known.generation === generation ? "same" : "outdated" };
      }
      this.files.set(file_name, file);
      return { file_name, kind: known === undefined ? "new" : "changed" };
    });
    return jsonResponse(200, { files: answers });
  }

  async #delete(request: HttpRequest): Promise<HttpResponse> {
    const { file_name } = deleteRequest.parse(JSON.parse(await textOf(request)));
    this.told.push(`delete ${file_name}`);
    if (!this.files.delete(file_name)) return jsonResponse(404, { detail: "File not found" });
    return jsonResponse(200, { status: "success" });
  }
}

async function textOf(request: HttpRequest): Promise<string> {
  return new TextDecoder().decode(await wholeBody(request, 1e7));
}
