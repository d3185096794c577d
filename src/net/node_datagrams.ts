/**
 * Datagrams on `node:dgram`: for Node and Bun, and for Deno without its unstable flag.
 *
 * Node cannot be told to leave datagrams with the operating system, so they wait here, up to 1,024 of them and 4 MiB.
 * Past that the newest is dropped, as the operating system would.
 *
 * @module
 */

import { createSocket, type Socket, type SocketType } from "node:dgram";
import { lookup } from "node:dns/promises";
import { isIP, isIPv4 } from "node:net";
import { type Address, formatAddress } from "../base/address.ts";
import { Inbox } from "./inbox.ts";
import { mapHost, unmapHost } from "./mapped_host.ts";
import { MAX_DATAGRAM_BYTES, type Packet, type PacketSocket } from "./net.ts";
import { NetError } from "./net_error.ts";
import { codeOfError, toNetError } from "./system_error.ts";

/** Datagrams that may wait in one socket. */
export const MAX_WAITING_PACKETS = 1_024;

/** Bytes that may wait in one socket. */
export const MAX_WAITING_PACKET_BYTES = 4 * 1024 * 1024;

/** Milliseconds before the second try at a taken port: Deno's Node compatibility frees one a little after its close. */
const RETRY_PAUSE_MS = 10;

/** Opens a datagram socket. See {@link Net.bind}. */
export async function bindNode(at: Address): Promise<PacketSocket> {
  try {
    const family = isIP(at.host) || (await lookup(at.host)).family;
    const type = family === 6 ? "udp6" : "udp4";
    const socket = await openSocket(type, at).catch(async (error) => {
      if (codeOfError(error) !== "in-use") throw error;
      await new Promise((resolve) => setTimeout(resolve, RETRY_PAUSE_MS));
      return await openSocket(type, at);
    });
    return new NodePacketSocket(socket, family === 6);
  } catch (error) {
    throw toNetError(error, `bind ${formatAddress(at)}`);
  }
}

function openSocket(type: SocketType, at: Address): Promise<Socket> {
  const socket = createSocket(type);
  return new Promise((resolve, reject) => {
    const onError = (error: Error): void => {
      // Node leaves it open.
      socket.close();
      reject(error);
    };
    socket.once("error", onError);
    socket.bind({ address: at.host, port: at.port, exclusive: true }, () => {
      socket.off("error", onError);
      resolve(socket);
    });
  });
}

class NodePacketSocket implements PacketSocket {
  readonly address: Address;
  readonly #socket: Socket;
  readonly #isIpv6: boolean;
  readonly #inbox = new Inbox<Packet>({
    maxItems: MAX_WAITING_PACKETS,
    maxWeight: MAX_WAITING_PACKET_BYTES,
    weigh: ({ bytes }) => bytes.length,
  });
  /** Sends under way: Node forgets to call back those that a close overtakes. */
  readonly #sending = new Set<(error: Error) => void>();
  #isClosed = false;

  constructor(socket: Socket, isIpv6: boolean) {
    const { address, port } = socket.address();
    this.address = { host: unmapHost(address), port };
    this.#socket = socket;
    this.#isIpv6 = isIpv6;
    socket.on("message", ({ buffer, byteOffset, byteLength }, { address, port }) => {
      const bytes = new Uint8Array(buffer, byteOffset, byteLength);
      this.#inbox.push({ bytes, from: { host: unmapHost(address), port } });
    });
    socket.on("error", (error) => this.#onError(error));
  }

  [Symbol.asyncIterator](): AsyncIterator<Packet> {
    return this.#inbox[Symbol.asyncIterator]();
  }

  async send(bytes: Uint8Array, to: Address): Promise<void> {
    const what = `send to ${formatAddress(to)}`;
    if (this.#isClosed) throw new NetError("closed", what);
    if (bytes.length > MAX_DATAGRAM_BYTES) throw new NetError("too-large", what);
    try {
      await this.#send(bytes, this.#isIpv6 && isIPv4(to.host) ? mapHost(to.host) : to.host, to.port);
    } catch (error) {
      if (this.#isClosed) throw new NetError("closed", what, { cause: error });
      // Bun passes on that an earlier datagram found nobody. Arrival is not promised.
      if (codeOfError(error) !== "refused") throw toNetError(error, what);
    }
  }

  close(): void {
    if (this.#isClosed) return;
    this.#isClosed = true;
    this.#inbox.close();
    this.#socket.close();
    for (const reject of this.#sending) reject(new Error("the socket was closed"));
    this.#sending.clear();
  }

  #send(bytes: Uint8Array, host: string, port: number): Promise<void> {
    return new Promise((resolve, reject) => {
      this.#sending.add(reject);
      this.#socket.send(bytes, port, host, (error) => {
        this.#sending.delete(reject);
        if (error) reject(error);
        else resolve();
      });
    });
  }

  #onError(error: Error): void {
    // Of one datagram, such as an answer that nobody is there; the socket goes on.
    if (codeOfError(error) !== "other") return;
    this.#inbox.fail(toNetError(error, `receive at ${formatAddress(this.address)}`));
  }
}
