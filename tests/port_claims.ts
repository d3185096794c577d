/**
 * Ports for processes that are started again on the same ones.
 *
 * @module
 */

const HOST = "127.0.0.1";
/** Holds a port for us without being in the way of the process that is to have it. */
const CLAIM_HOST = "127.0.0.99";
/** Below the range from which the system takes ports by itself, and away from the documented ones. */
const FIRST_PORT = 22_000;
const PORTS = 10_000;

/** Free ports by name. A claimed one is given to nobody else who claims ports, until it is released. */
export class PortClaims {
  readonly #ports = new Map<string, number>();
  readonly #claims: Deno.Listener[] = [];

  /** The port of a name; a free one when it is asked for first. */
  port(name: string): number {
    let port = this.#ports.get(name);
    if (port === undefined) this.#ports.set(name, port = this.#claim());
    return port;
  }

  /** Gives all of them back. */
  release(): void {
    for (const claim of this.#claims) claim.close();
    this.#claims.length = 0;
  }

  #claim(): number {
    for (;;) {
      const port = FIRST_PORT + Math.floor(Math.random() * PORTS);
      const claim = tryListen(CLAIM_HOST, port);
      if (claim === "in-use") continue;
      if (isFree(port)) {
        // Without that address on the machine it is left to chance that nobody else takes the port.
        if (claim !== "unavailable") this.#claims.push(claim);
        return port;
      }
      if (claim !== "unavailable") claim.close();
    }
  }
}

function isFree(port: number): boolean {
  const listener = tryListen(HOST, port);
  if (typeof listener === "string") return false;
  listener.close();
  try {
    Deno.listenDatagram({ transport: "udp", hostname: HOST, port }).close();
    return true;
  } catch (error) {
    if (error instanceof Deno.errors.AddrInUse) return false;
    throw error;
  }
}

function tryListen(hostname: string, port: number): Deno.Listener | "in-use" | "unavailable" {
  try {
    return Deno.listen({ hostname, port });
  } catch (error) {
    if (error instanceof Deno.errors.AddrInUse) return "in-use";
    if (error instanceof Deno.errors.AddrNotAvailable) return "unavailable";
    throw error;
  }
}
