/**
 * A TCP relay that breaks when it is told to: between a client library and its server.
 *
 * @module
 */

/** What becomes of connections. */
export type RelayMode =
  /** Bytes go through. */
  | "open"
  /** Nothing goes through any more, and nobody is told. */
  | "silent"
  /** New connections are closed at once. */
  | "closed";

/** A relay from a port of its own to another port of this machine. */
export class TcpRelay implements AsyncDisposable {
  /** What becomes of bytes and of new connections. */
  mode: RelayMode = "open";
  /** Called with what a client sent before it goes on; what is sent back after it returned true is held back. */
  onRequest: (bytes: Uint8Array) => boolean = () => false;
  readonly #listener: Deno.TcpListener;
  readonly #to: number;
  readonly #conns = new Set<Deno.TcpConn>();
  readonly #loops = new Set<Promise<void>>();

  /** Starts it. */
  constructor(toPort: number) {
    this.#to = toPort;
    this.#listener = Deno.listen({ hostname: "127.0.0.1", port: 0 });
    this.#track(this.#accept());
  }

  /** Its port. */
  get port(): number {
    return this.#listener.addr.port;
  }

  /** Breaks every connection off. */
  drop(): void {
    for (const conn of this.#conns) close(conn);
    this.#conns.clear();
  }

  /** Ends it. */
  async [Symbol.asyncDispose](): Promise<void> {
    this.#listener.close();
    this.drop();
    while (this.#loops.size > 0) await Promise.all(this.#loops);
  }

  async #accept(): Promise<void> {
    for await (const client of this.#listener) {
      if (this.mode === "closed") close(client);
      else this.#track(this.#relay(client));
    }
  }

  async #relay(client: Deno.TcpConn): Promise<void> {
    this.#conns.add(client);
    let server: Deno.TcpConn;
    try {
      server = await Deno.connect({ hostname: "127.0.0.1", port: this.#to });
    } catch {
      // Nobody is there: the client sees its connection end.
      close(client);
      return;
    }
    this.#conns.add(server);
    if (!this.#conns.has(client)) close(server);
    let isHeld = false;
    await Promise.all([
      this.#pass(client, server, (bytes) => {
        isHeld ||= this.onRequest(bytes);
        return true;
      }),
      this.#pass(server, client, () => !isHeld),
    ]);
    this.#conns.delete(client);
    this.#conns.delete(server);
  }

  async #pass(from: Deno.TcpConn, to: Deno.TcpConn, goesOn: (bytes: Uint8Array) => boolean): Promise<void> {
    const buffer = new Uint8Array(65_536);
    try {
      for (;;) {
        const count = await from.read(buffer);
        if (count === null) break;
        const bytes = buffer.subarray(0, count);
        if (!goesOn(bytes) || this.mode === "silent") continue;
        for (let at = 0; at < count;) at += await to.write(bytes.subarray(at));
      }
    } catch {
      // The other end is gone, or it was dropped.
    }
    close(from);
    close(to);
  }

  #track(loop: Promise<void>): void {
    const tracked = loop.finally(() => this.#loops.delete(tracked));
    this.#loops.add(tracked);
  }
}

function close(conn: Deno.TcpConn): void {
  try {
    conn.close();
  } catch {
    // It is closed already.
  }
}
