/**
 * The meta server of the edge lab: the rules of `src/core/meta_file.ts`, and as little else as it takes.
 *
 * @module
 */

import { parseAddress } from "../src/base/address.ts";
import { sleep } from "../src/base/clock.ts";
import { withDeadline } from "../src/base/deadline.ts";
import type { VirtualClock } from "../src/base/virtual_clock.ts";
import {
  bytesOf,
  holdVersion,
  type MetaFile,
  noteHolder,
  publishVersion,
  purgeFile,
  releaseHolder,
  splitHolders,
} from "../src/core/meta_file.ts";
import type { HttpServer } from "../src/net/http.ts";
import { releaseBody } from "../src/net/http_framing.ts";
import { readBody } from "../src/net/memory_http.ts";
import { writeEdgePath } from "../src/protocol/edge_name.ts";
import type { HttpFields } from "../src/protocol/http_fields.ts";
import { type HttpRequest, type HttpResponse, jsonResponse } from "../src/protocol/http.ts";
import { failure } from "../src/services/http_failure.ts";
import { type LabWorld, META } from "./edge_lab_store.ts";

const LEASE_MS = 8_000;

/** The path of a file at a node. */
export function targetOf(name: string): string {
  return `/cdn/cache/${writeEdgePath(name)}`;
}

/** A meta server, with the rules of `src/core/meta_file.ts` and a catalogue that outlives it. */
export class LabMeta {
  readonly files = new Map<string, MetaFile>();
  /** Requests in order: `POST /meta/hold`. */
  readonly asked: string[] = [];
  readonly #lab: LabWorld;
  readonly #nodes = new Map<number, { readonly address: string; beatMs: number }>();
  #server: HttpServer | undefined;

  constructor(lab: LabWorld) {
    this.#lab = lab;
  }

  /** Starts it. Nodes have as much time as if they had been heard just now. */
  async start(): Promise<void> {
    for (const node of this.#nodes.values()) node.beatMs = this.#lab.clock.now();
    this.#server = await this.#lab.http.serve(META, (request) => this.#answer(request));
  }

  /** Stops it. */
  async stop(): Promise<void> {
    await this.#server?.close();
    this.#server = undefined;
  }

  /** Forgets every node and every file. */
  forget(): void {
    this.#nodes.clear();
    this.files.clear();
  }

  /** The nodes that hold the present version of a file. */
  holders(name: string): readonly number[] {
    const file = this.files.get(name);
    return file === undefined ? [] : splitHolders(file).current;
  }

  async #answer(request: HttpRequest): Promise<HttpResponse> {
    this.asked.push(`${request.method} ${request.target}`);
    const text = new TextDecoder().decode(await readBody({ status: 200, headers: [], body: request.body }));
    const body = JSON.parse(text);
    switch (request.target) {
      case "/meta/register":
        return this.#register(body.IP);
      case "/meta/heartbeat":
        return this.#heartbeat(body);
      case "/meta/hold":
        return this.#hold(body);
      case "/meta/publish":
        for (const file of body.files) await this.#publish(file, body.cdn_id);
        return jsonResponse(200, { files: [] });
      case "/meta/purge": {
        const file = this.files.get(body.file_name);
        if (file !== undefined) {
          this.files.set(file.name, purgeFile(file));
          await this.#invalidate(file.name);
        }
        return jsonResponse(200, { status: "success" });
      }
      default:
        return jsonResponse(200, { status: "success" });
    }
  }

  #register(address: string): HttpResponse {
    for (const [id, node] of this.#nodes) if (node.address === address) return jsonResponse(200, { cdn_id: id });
    const id = this.#nodes.size + 1;
    this.#nodes.set(id, { address, beatMs: -Infinity });
    return jsonResponse(200, { cdn_id: id });
  }

  #heartbeat(
    { cdn_id: id, cdn_address: address, dropped }: { cdn_id: number; cdn_address: string; dropped: string[] },
  ): HttpResponse {
    const node = this.#nodes.get(id);
    if (node === undefined || node.address !== address) return failure(404, "Register again");
    node.beatMs = this.#lab.clock.now();
    for (const name of dropped) {
      const file = this.files.get(name);
      if (file !== undefined && splitHolders(file).stale.includes(id)) {
        this.#keep(name, releaseHolder(file, id, undefined));
      }
    }
    const stale = [...this.files.values()].filter((file) => splitHolders(file).stale.includes(id)).map(({ name }) =>
      name
    );
    return jsonResponse(200, { status: "success", lease_ms: LEASE_MS, stale });
  }

  #hold(
    body: {
      file_name: string;
      file_hash: string;
      timestamp: string;
      sha256: string;
      generation: number;
      cdn_id: number;
    },
  ): HttpResponse {
    if (!this.#nodes.has(body.cdn_id)) return failure(404, "Register again");
    const version = {
      hash: body.file_hash,
      timestamp: body.timestamp,
      sha256: body.sha256,
      generation: body.generation,
    };
    const { file, verdict } = holdVersion(this.files.get(body.file_name), version, {
      nodeId: body.cdn_id,
      nowMs: this.#lab.clock.unixMs(),
    });
    this.#keep(body.file_name, file);
    return jsonResponse(200, { verdict });
  }

  async #publish(
    file: { file_name: string; file_hash: string; timestamp: string; sha256: string; generation: number },
    nodeId: number | undefined,
  ): Promise<void> {
    const name = file.file_name;
    const { sha256, generation, timestamp, file_hash: hash } = file;
    const version = { name, hash, timestamp, sha256, generation };
    const published = publishVersion(this.files.get(name), version, this.#lab.clock.unixMs());
    const isPresent = nodeId !== undefined && bytesOf(published.file) === sha256;
    this.#keep(name, isPresent ? noteHolder(published.file, nodeId, sha256) : published.file);
    await this.#invalidate(name);
  }

  /** Waits until nobody serves older bytes: each holder has said so, or its lease is over. */
  async #invalidate(name: string): Promise<void> {
    const file = this.files.get(name);
    if (file === undefined) return;
    const client = this.#lab.http.client(META.host);
    const clock: VirtualClock = this.#lab.clock;
    await Promise.all(
      splitHolders(file).stale.map(async (id) => {
        const held = file.holders.get(id);
        const node = this.#nodes.get(id);
        while (node !== undefined && clock.now() < node.beatMs + LEASE_MS + 1_000) {
          try {
            const below: HttpFields = file.generation === undefined || held === "purged"
              ? []
              : [["x-generation-below", String(file.generation)]];
            const question = { method: "DELETE", target: targetOf(name), headers: below };
            const options = { deadlineMs: 1_000, what: "invalidate" };
            const answer = await withDeadline(clock, options, (signal) => {
              return client.ask(parseAddress(node.address), question, { signal });
            });
            await releaseBody(answer.body);
            if (answer.status === 200 || answer.status === 404) {
              const now = this.files.get(name);
              if (now !== undefined) this.#keep(name, releaseHolder(now, id, held));
              return;
            }
          } catch {
            // Again, until its lease is over.
          }
          await sleep(clock, 200);
        }
      }),
    );
  }

  #keep(name: string, file: MetaFile | undefined): void {
    if (file === undefined) this.files.delete(name);
    else this.files.set(name, file);
  }
}
